import importlib

import pytest

from hyperface.errors import InputError
from hyperface.lessons import LESSONS, ball, lesson


def test_every_lesson_has_a_module_of_its_name_and_can_be_guessed():
    assert len({each.name for each in LESSONS}) == len(LESSONS)
    for each in LESSONS:
        importlib.import_module(f"hyperface.lessons.{each.name}")
        assert 0 <= each.right < len(each.choices) >= 3
        assert len(set(each.choices)) == len(each.choices)
        assert each.question.endswith("?")
        assert each.answer.endswith(".")
        assert lesson(each.name) is each


def test_points_on_a_ball_come_as_far_as_the_lesson_says():
    told = lesson("ball")
    for count in (4, 6, 12, 24):
        best = ball.marks(count).best_known
        assert f"{best:.1f}° for {count}".replace(".0°", "°") in told.answer
    assert f"a formula gives {ball.marks(24).bound:.1f}°" in told.further
    assert f"For 15 points nobody knows: {ball.marks(15).best_known:.1f}°" in told.further


def test_another_name_is_refused():
    with pytest.raises(InputError, match="There are: pictures"):
        lesson("magic")
