"""Quantities in words, for the terminal and the page."""

import re
import unicodedata
from collections.abc import Sequence

ISOLATED = "\u2068{}\u2069"  # Unicode's first strong isolate: what is inside keeps its direction to itself
UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u061c]")  # turn text, or take no room
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


def one_line(text: object, most: int) -> str:
    """Text that somebody else chose, as it can stand in a line among others: without what moves the cursor or turns the
    text around it, no longer than `most` characters. Text from right to left is isolated from what stands beside it."""
    seen = UNSEEN.sub("", without_controls(str(text)[: 10 * most]))
    line = " ".join(seen.split())
    line = line if len(line) <= most else f"{line[: most - 1]}…"
    turned = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in line)
    return ISOLATED.format(line) if turned else line


def without_controls(text: str) -> str:
    """Text without characters that a terminal obeys, but for the ends of lines; halves of letters become "?"."""
    plain = "".join(" " if unicodedata.category(letter) == "Cc" and letter not in "\n\t" else letter for letter in text)
    return plain.encode("utf-8", "replace").decode()
