"""How long a verb would take (`--estimate`): its own work, begun where nothing is kept, until its pace is known."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hyperface.jobs.console import Console
from hyperface.jobs.job import Job
from hyperface.runs import Run
from hyperface.words import duration

WATCHED = 3.0  # seconds of a stage, after its first step, in which what is made once (compiling, loading) is done
SHORT = 10.0  # seconds: a stage that has no more left is waited for, to see the next


class PaceKnown(BaseException):
    """What long is known now, which ends the work. Not an error: nothing on the way may take it for one."""

    def __init__(self, seconds: float, about: str) -> None:
        super().__init__(about)
        self.seconds, self.about = seconds, about


class Watching(Console):
    """A silent console that ends the work as soon as its stages show how long it takes. alike: stages like one another
    that the work has, such as one for each model."""

    def __init__(self, alike: int = 1) -> None:
        super().__init__()
        self._began = time.monotonic()
        self._alike = alike
        self._about: tuple[str, int, str] = ("", 0, "")
        self._start: tuple[int, float] | None = None  # of the stage: steps that were done, and when

    def begin(self, description: str, total: int, unit: str, initial: int = 0) -> None:
        self._about, self._start = (description, total, unit), None

    def step(self, done: int, figures: dict[str, Any]) -> None:
        now = time.monotonic()
        if self._start is None:
            self._start = (done, now)
            return
        description, total, unit = self._about
        first, since = self._start
        if done <= first or now - since < WATCHED:
            return
        pace = (now - since) / (done - first)
        left = pace * (total - done) + pace * total * (self._alike - 1)
        if left > SHORT:
            times = f", {self._alike} times" if self._alike > 1 else ""
            about = f"{description}: {total:,} {unit}s at {pace:.2g} s each{times}"
            raise PaceKnown(now - self._began + left, about)

    def end(self) -> None:
        pass

    def say(self, text: str, **fields: Any) -> None:
        if "seconds" in fields:  # work that says itself how long it takes
            raise PaceKnown(float(fields["seconds"]), text.partition(": ")[2])

    def remark(self, text: str, **fields: Any) -> None:
        pass

    def event(self, event: str, **fields: Any) -> None:
        pass


def estimate(work: Callable[[Console, Path], None], console: Console, *, alike: int = 1) -> None:
    """Say how long some work takes. work: called with a console and an empty folder, which is all it may write to.

    What comes after the stage whose pace is seen is not counted, and said so: stages are not known before they begin.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hyperface-estimate-") as folder:
        try:
            work(Watching(alike), Path(folder))
        except PaceKnown as known:
            text = f"about {duration(known.seconds)}, up to the end of {known.about}"
            console.say(text, seconds=known.seconds, about=known.about)
            return
    seconds = time.monotonic() - began
    console.say(
        f"about {duration(seconds)}: it has just been done, and thrown away", seconds=seconds, about="all of it"
    )


def estimate_run(job: Job, make: Callable[[Path], Run], console: Console, *, alike: int = 1) -> None:
    """The same of a run. make: makes its folder at a path."""

    def work(watching: Console, folder: Path) -> None:
        job.perform(make(folder / "run"), watching)

    estimate(work, console, alike=alike)
