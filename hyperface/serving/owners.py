"""Whose a run is: the mark of the visitor who began it, in a file of its folder that is never sent to a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hyperface.files import check_regular, write_atomic
from hyperface.runs import Run
from hyperface.serving.visitors import NOBODY

OWNER = "owner"  # the file
MARK_LETTERS = 64  # of a SHA-256, hexadecimal


def owner_of(folder: Path) -> str:
    """The mark of whoever began the run of this folder; NOBODY where it does not say."""
    path = folder / OWNER
    try:
        check_regular(path, largest=MARK_LETTERS)
        told = path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return NOBODY
    return told if len(told) == MARK_LETTERS else NOBODY


def claim(runs: Iterable[Run], owner: str) -> None:
    """Say that these runs are this visitor's. Nothing is written where nobody asks. RunError if it cannot be."""
    for run in runs if owner != NOBODY else ():
        write_atomic(run.path / OWNER, owner.encode("ascii"))
