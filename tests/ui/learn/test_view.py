import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.lessons import LESSONS, ball
from hyperface.ui.learn import ball as ball_page
from hyperface.ui.learn.view import ANSWERS, FOLDER, answer, template
from hyperface.ui.parts.theme import STYLE_SHEETS


class Tags(HTMLParser):
    """The tags and attributes of a page, and whether all that are opened are closed."""

    VOID = ("img", "input", "br", "path", "circle")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_has_every_lesson_and_each_can_be_opened():
    tags = Tags(template())
    assert tags.open == []
    lessons = [attributes["data-lesson"] for _, attributes in tags.found if "data-lesson" in attributes]
    rows = [attributes["data-row"] for _, attributes in tags.found if "data-row" in attributes]
    opened = {attributes["data-open"] for _, attributes in tags.found if "data-open" in attributes}
    assert lessons == rows == [each.name for each in LESSONS]
    assert opened == set(lessons) == set(ANSWERS)
    stages = re.search(r"STAGES = \{([^}]*)\}", (FOLDER / "view.js").read_text())[1]
    assert set(re.findall(r"(\w+):", stages)) == set(lessons)
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not re.search(
        r"@(?!media)\w+|\$\{|\{\{", template()
    )  # nothing is left to be filled in, or for Gradio to read


def test_lessons_that_are_not_opened_ask_for_nothing(context):
    assert len(context._parts) == 0
    template()
    assert len(context._parts) == 0


def test_points_of_the_page_are_pushed_apart(context):
    start = np.random.default_rng(2).normal(size=(7, 3)).tolist()
    frames = np.array(answer(context, {"lesson": "ball", "what": "solve", "points": start})["frames"])
    assert len(frames) <= ball_page.MOST_FRAMES
    assert ball.frame(frames[-1]).angle == pytest.approx(77.8695421, abs=0.02)
    marks = answer(context, {"lesson": "ball", "what": "marks", "count": 7})
    assert marks["best"] == 77.8695421


@pytest.mark.parametrize(
    "question",
    [
        {"lesson": "magic"},
        {"lesson": "ball"},
        {"lesson": "ball", "what": "solve", "points": "abc"},
        {"lesson": "ball", "what": "solve", "points": [[1, 2], [3]]},
        {"lesson": "ball", "what": "marks", "count": True},
        {"lesson": "ball", "what": "many", "count": 10_000},
        {"lesson": "pictures", "what": "pair", "number": 99},
        {"lesson": "pictures", "what": "pair", "number": -1},
        {"lesson": "pictures", "what": "nothing"},
    ],
)
def test_what_the_page_cannot_ask_gets_one_sentence(context, question):
    with pytest.raises(InputError, match=r"\.$"):
        answer(context, question)


def test_the_style_sheet_changes_nothing_of_other_tabs():
    def classes(path):
        return set(re.findall(r"\.(hf-[\w-]+)", path.read_text(encoding="utf-8")))

    shared = {"hf-button", "hf-face", "hf-drawing"}  # of these only what is inside a lesson
    others = set().union(*(classes(Path(path)) for path in STYLE_SHEETS if Path(path).parent.name != "learn"))
    assert classes(FOLDER / "learn.css") & others <= shared
