"""The page of ten questions: each is answered by a lesson that exists, and every lesson answers one."""

import re
from pathlib import Path

from hyperface.lessons import LESSONS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def anchor(title: str) -> str:
    """Of a heading, as the site makes it."""
    return re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title.lower())).strip("-")


def test_ten_questions_are_answered_and_each_says_which_lesson_shows_it():
    page = (DOCS / "explanation" / "questions.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (\d+)\. (.+)$", page, flags=re.MULTILINE)[1:]
    questions = list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
    assert [int(number) for number, _, _ in questions] == list(range(1, 11))
    shown = set()
    for _, question, answer in questions:
        assert question.endswith("?") or "." in question
        text, links = answer.strip().split("Shown in: ")
        assert len(text.split()) > 20
        found = re.findall(r"\[([^\]]+)\]\(lessons\.md#([\w-]+)\)", links)
        assert found
        for title, place in found:
            assert title in {each.title for each in LESSONS}
            assert place == anchor(title)
            shown.add(title)
    assert shown == {each.title for each in LESSONS}


def test_the_page_about_the_lessons_has_them_in_order():
    page = (DOCS / "explanation" / "lessons.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", page, flags=re.MULTILINE) == [each.title for each in LESSONS]


def test_every_lesson_leads_to_a_page_of_the_documentation():
    navigation = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    for each in LESSONS:
        page, title = each.read
        assert f": {page}\n" in navigation, page
        assert title
