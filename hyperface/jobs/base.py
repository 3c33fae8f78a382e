"""What the verbs have in common: telling the terminal, or a program, how the work goes; and common arguments."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from hyperface.errors import HyperFaceError, InputError, RunError
from hyperface.runs import DONE, RUNNING, Run, delete, open_run


class Console:
    """A progress bar on stderr for people, or JSON lines on stdout for programs (`--json`)."""

    def __init__(self, *, json_lines: bool = False, output: TextIO | None = None) -> None:
        self.json_lines = json_lines
        self._output = output if output is not None else sys.stdout
        self._bar: tqdm | None = None

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

    def step(self, done: int, figures: dict[str, Any]) -> None:
        """One step of the current stage. figures: shown after the bar, or written whole."""
        if self.json_lines:
            self.event("step", done=done, **figures)
        elif self._bar is not None:
            shown = {key: f"{value:.4g}" if isinstance(value, float) else value for key, value in figures.items()}
            self._bar.set_postfix(shown, refresh=False)
            self._bar.update(done - self._bar.n)

    def end(self) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def say(self, text: str, **fields: Any) -> None:
        """A line for people; programs get the fields instead, where there are any."""
        self.end()
        if not self.json_lines:
            print(text, file=self._output, flush=True)
        elif fields:
            self.event("message", **fields)

    def warn(self, text: str) -> None:
        """Something that is probably not as meant: a line on stderr, and an event for programs."""
        self.end()
        self.event("warning", message=text)
        if not self.json_lines:
            print(f"warning: {text}", file=sys.stderr, flush=True)

    def event(self, event: str, **fields: Any) -> None:
        """One JSON line, only with --json."""
        if self.json_lines:
            print(json.dumps({"event": event, **fields}), file=self._output, flush=True)


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


def duration(seconds: float) -> str:
    """A time in words."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} seconds"
    if seconds < 5400:
        return f"{round(seconds / 60)} minutes"
    return f"{seconds / 3600:.1f} hours"


def resumable(path: Path, verb: str) -> Run:
    """The run to continue. RunError if it is another verb's, or is being worked on."""
    run = open_run(path)
    if run.verb != verb:
        raise RunError(f"{path} is a run of `{run.verb}`. Continue it with `python -m hyperface {run.verb} --resume`.")
    status = run.status()
    if status.state == RUNNING and status.pid != os.getpid():
        raise RunError(f"{path} is being worked on by process {status.pid}. Wait for it, or stop it first.")
    return run


def begin(run: Run, console: Console, perform: Callable[[Run, Console], None]) -> None:
    """Perform a run that was just created; if it fails before its first step, its folder goes again."""
    try:
        perform(run, console)
    except HyperFaceError:
        if not run.metrics() and not run.results():
            delete(run)
        raise


def already_done(run: Run, console: Console) -> bool:
    """Whether there is nothing left to continue, which is then said."""
    if run.status().state != DONE:
        return False
    console.event("done", run=str(run.path), state=DONE, results=run.results())
    console.say(f"{run.path} is finished: there is nothing to continue.")
    return True


def require(condition: bool, message: str) -> None:
    """InputError with this message unless the condition holds."""
    if not condition:
        raise InputError(message)


def is_run(path: str | Path) -> bool:
    """Whether a path is a run folder."""
    return (Path(path) / "config.json").is_file()
