"""Reading what a lesson's script asks for."""

from __future__ import annotations

from hyperface.ui.parts import questions
from hyperface.ui.parts.run_view import Question


def whole(question: Question, name: str) -> int:
    """A whole number of the question; InputError if it is none."""
    return questions.whole(question.get(name), f"lesson's {name}")


def number(question: Question, name: str) -> float:
    """A number of the question; InputError if it is none."""
    return questions.number(question.get(name), f"lesson's {name}")
