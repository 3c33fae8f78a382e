"""Numbers and lists in what a script of the page asks or tells: JSON holds anything."""

from __future__ import annotations

from hyperface.errors import InputError


def whole(value: object, name: str, otherwise: int | None = None) -> int:
    """The value if it is a whole number; `otherwise` for none at all; InputError, naming it, for anything else."""
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"The {name} is a whole number; it was {said(value)}.")
    return value


def number(value: object, name: str, otherwise: float | None = None) -> float:
    """The same of any number."""
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InputError(f"The {name} is a number; it was {said(value)}.")
    return float(value)


def wholes(value: object, name: str) -> list[int]:
    """A list of whole numbers; an empty one for none at all. InputError, naming it, for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"The {name} are a list; it was {said(value)}.")
    return [whole(item, name) for item in value]


def said(value: object) -> str:
    """What was sent, in a few characters."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
