"""Numbers that may be left out. Gradio's own box for numbers cannot be empty: it begins at 0."""

from __future__ import annotations

import math

from hyperface.errors import InputError


def typed_number(text: str | float | None, label: str) -> float | None:
    """The number in a box for text; None where nothing was typed. InputError, naming the box, for anything else."""
    typed = "" if text is None else str(text).strip()
    if not typed:
        return None
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"“{label}” takes a number, or nothing; it was {typed[:20]!r}.")
    return number
