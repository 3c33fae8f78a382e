"""How long large work will take, told as soon as its first batch shows it."""

from __future__ import annotations

from hyperface.jobs.console import Console
from hyperface.words import duration

LARGE = 60.0  # seconds that are worth announcing


class Pace:
    """Says once how long each of many things takes, and so all of them."""

    def __init__(self, console: Console, thing: str) -> None:
        """thing: the noun, one of it: "picture"."""
        self._console, self._thing, self._told = console, thing, False

    def tell(self, per_second: float, left: int, processes: int = 1) -> None:
        """Say it, the first time that it is known, if what is left is large. per_second: of one process."""
        if self._told or per_second <= 0:
            return
        self._told = True
        seconds = left / per_second / processes
        if seconds > LARGE:
            shared = f", shared between {processes} processes" if processes > 1 else ""
            self._console.remark(
                f"A {self._thing} takes {1 / per_second:.2g} s here{shared}; the other {left:,} take about "
                f"{duration(seconds)}.",
                seconds_each=1 / per_second,
                seconds_left=seconds,
            )
