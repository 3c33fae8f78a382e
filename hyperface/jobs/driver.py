"""What following long work takes, whatever the work is."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hyperface.jobs.console import Console
from hyperface.memory import freed_memory_kept
from hyperface.runs import StopRequested, Worker

SAVE_SECONDS = 15.0  # between two checkpoints
STOPS = (StopRequested, KeyboardInterrupt)

Step = TypeVar("Step")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Report:
    """What a verb tells of a step: `done` of `total`. figures: beside the bar, and in metrics.jsonl where steps are
    logged. message: in the run's status. seconds_left: where the step knows better than the driver's clock. kept: for
    metrics.jsonl alone."""

    done: int
    total: int
    figures: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    seconds_left: float | None = None
    kept: dict[str, Any] = field(default_factory=dict)


class Clock:
    """Pace since the start, and seconds left at that pace."""

    def __init__(self, done: int = 0) -> None:
        self._started = time.monotonic()
        self._first = done

    def seconds_left(self, done: int, total: int) -> float | None:
        """None before the first step is finished."""
        pace = self.pace(done)
        return None if pace is None else pace * (total - done)

    def pace(self, done: int) -> float | None:
        """Seconds a step. None before the first step is finished."""
        return (time.monotonic() - self._started) / (done - self._first) if done > self._first else None


class Driver:
    """Follows one piece of long work after the other. worker: the run's writing side; None where there is no run."""

    def __init__(self, console: Console, worker: Worker | None = None) -> None:
        self.console = console
        self.worker = worker
        self.clock = Clock()  # of the work that is being followed, from its first step on

    def follow(
        self,
        steps: Generator[Step, None, Result],
        stage: str,
        unit: str,
        report: Callable[[Step], Report],
        *,
        total: int | None = None,
        log: bool = False,
        part: tuple[float, float] = (0.0, 1.0),
        each: Callable[[Step], None] | None = None,
        save: Callable[[Step], None] | None = None,
        finish: Callable[[Step], None] | None = None,
        spoilt_by: tuple[type[Exception], ...] = (),
    ) -> Result:
        """Take all steps and return the work's result; however it ends, the work is closed.

        The bar (`stage`, counting `unit`s) begins with the first step, or at once where `total` is known before it.

        Args:
            report: what to tell of a step; called first of all.
            log: the figures of every step go into metrics.jsonl.
            part: of the run's progress, that this work is.
            each: whatever else is done with each step.
            save: called with the first step, so that others find something, and then every SAVE_SECONDS; not with the
                very last.
            finish: called with the last step, whole or stopped, or ended by an error: what there is, is kept. Where
                `save` keeps a state to go on from, that comes last of all: a kill before it does the end again, and
                after it nothing is missing.
            spoilt_by: errors after which there is nothing to keep: what was saved last stays as it is.

        Raises StopRequested before the last step if the run was asked to stop, and whatever the work raises.
        """
        last: Step | None = None
        saved = -float("inf")

        def take_all() -> Result:
            nonlocal last, saved
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    result: Result = end.value
                    return result
                told = report(step)
                if last is None and total is None:
                    self._begin(stage, unit, told.done, told.total)
                last = step
                if log and self.worker is not None:
                    self.worker.log({**told.figures, **told.kept})
                self.console.step(told.done, told.figures)
                if each is not None:
                    each(step)
                if save is not None and told.done < told.total and time.monotonic() - saved > SAVE_SECONDS:
                    save(step)
                    saved = time.monotonic()
                self._progress(told, part)

        if total is not None:
            self._begin(stage, unit, 0, total)
        try:
            with freed_memory_kept():
                result = take_all()
        except STOPS:
            if last is not None and finish is not None:
                finish(last)
            raise
        except BaseException as error:
            if last is not None and finish is not None and not isinstance(error, spoilt_by):
                try:
                    finish(last)
                except Exception as another:  # the first error is the one to tell
                    error.add_note(f"What there was could not be kept either: {another}")
            raise
        finally:
            steps.close()
        if last is not None and finish is not None:
            finish(last)
        self.console.end()
        return result

    def _begin(self, stage: str, unit: str, done: int, total: int) -> None:
        self.clock = Clock(done)
        self.console.begin(stage, total, unit, initial=done)

    def _progress(self, told: Report, part: tuple[float, float]) -> None:
        """Tell the run how far the work is; a stop that comes with the last step comes too late."""
        if self.worker is None:
            return
        first, last = part
        left = told.seconds_left
        if left is None:
            left = self.clock.seconds_left(told.done, told.total)
        share = first + (last - first) * told.done / max(told.total, 1)
        try:
            self.worker.progress(share, left if last == 1 else None, told.message)
        except StopRequested:
            if told.done < told.total:
                raise
