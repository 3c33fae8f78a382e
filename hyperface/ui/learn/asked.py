"""Reading what a lesson's script asks for."""

from __future__ import annotations

from hyperface.errors import InputError
from hyperface.ui.parts.run_view import Question


def whole(question: Question, name: str) -> int:
    """A whole number of the question; InputError if it is none."""
    value = question.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"The lesson's {name} is a whole number; got {value!r}.")
    return value


def number(question: Question, name: str) -> float:
    """A number of the question; InputError if it is none."""
    value = question.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InputError(f"The lesson's {name} is a number; got {value!r}.")
    return float(value)
