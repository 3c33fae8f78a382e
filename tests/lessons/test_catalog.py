import importlib

import pytest

from hyperface.errors import InputError
from hyperface.lessons import LESSONS, lesson


def test_every_lesson_has_a_module_of_its_name_and_can_be_guessed():
    assert len({each.name for each in LESSONS}) == len(LESSONS)
    for each in LESSONS:
        importlib.import_module(f"hyperface.lessons.{each.name}")
        assert 0 <= each.right < len(each.choices) >= 3
        assert len(set(each.choices)) == len(each.choices)
        assert each.question.endswith("?")
        assert each.answer.endswith(".")
        assert lesson(each.name) is each


def test_another_name_is_refused():
    with pytest.raises(InputError, match="There are: pictures"):
        lesson("magic")
