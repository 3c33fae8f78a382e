"""What a session is about now: events that began before have nothing more to say.

Gradio's own `cancels` reaches the newest event of a kind alone, and fails where that one is about to end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """Kept in a session's gr.State, which hands every event of the session the same one."""

    def __init__(self) -> None:
        self._taken = 0

    def take(self) -> None:
        """Give up whatever is under way."""
        self._taken += 1

    def until_next(self, steps: Iterable[T]) -> Iterator[T]:
        """The steps of an event that begins now, until somebody takes the next turn."""
        turn = self._taken
        for step in steps:
            if self._taken != turn:
                return
            yield step
