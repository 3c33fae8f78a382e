"""Telling the terminal, or a program, how the work goes."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from tqdm import tqdm

from hyperface.errors import HyperFaceError
from hyperface.words import duration, without_controls

if TYPE_CHECKING:
    from hyperface.datasets import Skipped

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130
LINE_SECONDS = 10.0  # between two lines of a log
LISTED = 10  # things left out that are named; the rest are counted


class Console:
    """A progress bar on stderr for people, or JSON lines on stdout for programs (`--json`).

    Where stderr is no terminal, as in a batch job's log, a line says every ten seconds how far the work is.
    """

    def __init__(self, *, json_lines: bool = False, output: TextIO | None = None) -> None:
        self.json_lines = json_lines
        self._output = output if output is not None else sys.stdout
        self._bar: tqdm[Any] | None = None
        self._stage = ("", 0, "")
        self._said, self._began = 0.0, 0.0  # when the last line was written, and the stage began
        self._first = 0  # step that it began at

    def begin(self, description: str, total: int, unit: str, initial: int = 0) -> None:
        """A new stage of the work, with its own bar."""
        self.end()
        if self.json_lines:
            self.event("stage", description=description, total=total, unit=unit)
        else:
            # disable=None: no bar where stderr is a file, such as the log of a run that the app started
            self._bar = tqdm(
                total=total, desc=description, unit=f" {unit}", initial=initial, disable=None, dynamic_ncols=True
            )
            self._stage, self._first = (description, total, unit), initial
            self._said = self._began = time.monotonic()

    def step(self, done: int, figures: dict[str, Any]) -> None:
        """One step of the current stage. figures: shown after the bar, or written whole."""
        if self.json_lines:
            self.event("step", done=done, **figures)
        elif self._bar is not None:
            shown = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in figures.items()}
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update(done - self._bar.n)
            if self._bar.disable and time.monotonic() - self._said >= LINE_SECONDS:
                self._line(done, shown)

    def _line(self, done: int, figures: dict[str, Any]) -> None:
        """How far the work is, as a line of a log."""
        self._said = time.monotonic()
        description, total, unit = self._stage
        told = [f"{description}: {done:,} of {total:,} {unit}s"]
        told += [f"{name} {value}" for name, value in figures.items()]
        if done > self._first:
            pace = (self._said - self._began) / (done - self._first)
            told.append(f"{duration(pace * (total - done))} left")
        print(", ".join(told), file=sys.stderr, flush=True)

    def end(self) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def say(self, text: str, **fields: Any) -> None:
        """A line for people; programs get the fields instead, where there are any."""
        self.end()
        if not self.json_lines:
            print(without_controls(text), file=self._output, flush=True)
        elif fields:
            self.event("message", **fields)

    def remark(self, text: str, **fields: Any) -> None:
        """As `say`, of what differs from machine to machine, such as how long it takes: people get it on stderr."""
        self.end()
        if self.json_lines:
            self.event("message", **fields)
        else:
            print(without_controls(text), file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """Something that is probably not as meant: a line on stderr, and an event for programs."""
        self.end()
        self.event("warning", message=text)
        if not self.json_lines:
            print(f"warning: {without_controls(text)}", file=sys.stderr, flush=True)

    def event(self, event: str, **fields: Any) -> None:
        """One JSON line, only with --json."""
        if self.json_lines:
            print(json.dumps({"event": event, **fields}), file=self._output, flush=True)


def report_skipped(console: Console, skipped: Skipped) -> None:
    """Name what had to be left out."""
    if not len(skipped):
        return
    console.event("skipped", count=len(skipped), reasons=skipped.reasons)
    if console.json_lines:
        return
    console.say(f"records left out: {len(skipped):,}")
    for reason in skipped.reasons[:LISTED]:
        console.say(f"  {reason}")
    if len(skipped) > LISTED:
        console.say(f"  … and {len(skipped) - LISTED:,} more")


def exit_status(work: Callable[[], None], console: Console, *, continued_by: str = "--resume") -> int:
    """Do the work and say how it ended: 0 done, 2 an error for the user (message on stderr), 130 stopped."""
    try:
        work()
    except HyperFaceError as error:
        console.end()
        console.event("error", kind=type(error).__name__, message=str(error))
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        console.end()
        print(f"stopped; what was finished is kept, and {continued_by} continues", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return 0
