"""Quantities in words, for the terminal and the page."""

from collections.abc import Sequence

FEW = 3  # reasons that are told; the rest are counted


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 90:
        whole = max(round(seconds), 1)
        return f"{whole} second" if whole == 1 else f"{whole} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"


def percent(share: float, places: int = 0) -> str:
    """A share of 1 in percent, as people read it: 0.104 is "10 %", and "10.4 %" with one place."""
    return f"{100 * share:.{places}f} %"


def damaged(reasons: Sequence[str]) -> str:
    """How many runs are damaged, and the reasons of a few, each a sentence; empty where none is."""
    if not reasons:
        return ""
    count = "1 run is" if len(reasons) == 1 else f"{len(reasons):,} runs are"
    more = f" And {len(reasons) - FEW:,} more." if len(reasons) > FEW else ""
    return f"{count} damaged. {' '.join(reasons[:FEW])}{more}"


def collapsed(model: str) -> str:
    """What is said of a model that gives every face the same embedding."""
    return (
        f"{model} gives every face the same embedding, so its figures are those of guessing: it has collapsed in "
        "training, or its weights or its pixels are not what it needs."
    )
