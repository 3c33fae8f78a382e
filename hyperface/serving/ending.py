"""The end of what is at work for too long: it is asked to stop, and ended where it does not.

A process is ended only if it is really the one that works on this run: it started when the run says that it did, and
was started to work on this folder. Where that cannot be told, as on systems without /proc, it goes on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from hyperface.errors import HyperFaceError
from hyperface.runs import Run, Worker, request_stop
from hyperface.runs.processes import alive, process_started

ASKED_SECONDS = 60.0  # between being asked to stop and SIGTERM
ENDED_SECONDS = 20.0  # between SIGTERM and SIGKILL
WORKS = b"hyperface.jobs"  # a word of the command of whatever works on a run


class Endings:
    """Those that were asked to stop, and for how long. Used by one thread. send: a signal to a process."""

    def __init__(self, send: Callable[[int, int], None] = os.kill, clock: Callable[[], float] = time.monotonic) -> None:
        self._send, self._clock = send, clock
        self._asked: dict[str, tuple[Run, float]] = {}  # when
        self._ended: set[str] = set()

    def end(self, run: Run, why: str) -> None:
        """One more look at a run that is to end, while it is at work. why: what its status will say."""
        asked = self._asked.get(run.name)
        if asked is None:
            self._asked[run.name] = (run, self._clock())
            request_stop(run, why)
            return
        waited = self._clock() - asked[1]
        if waited >= ASKED_SECONDS:
            process, hard = worker_of(run), waited >= ASKED_SECONDS + ENDED_SECONDS
            due = hard or run.name not in self._ended  # a second SIGTERM would cut off what it saves after the first
            if process is not None and due:
                with contextlib.suppress(OSError):  # it has just ended
                    self._send(process, signal.SIGKILL if hard else signal.SIGTERM)
                self._ended.add(run.name)

    def over(self, run: Run, why: str) -> None:
        """The run is no longer at work. Where it was ended, its status says why from now on."""
        self._asked.pop(run.name, None)
        if run.name in self._ended:
            self._ended.discard(run.name)
            with contextlib.suppress(OSError, HyperFaceError):
                Worker(run).ended(why)

    def asked(self) -> list[Run]:
        """Those that were asked to stop, and may be at work still."""
        return [run for run, _ in self._asked.values()]


def worker_of(run: Run) -> int | None:
    """The number of the process that works on a run, None where none is known to."""
    status = run.status()
    pid, started = status.pid, status.process_started
    if pid is None:
        try:
            pid, started = run.launched()
        except (OSError, ValueError, OverflowError):
            return None
    if started is None or process_started(pid) != started or not alive(pid, started):
        return None
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return pid if WORKS in words and os.fsencode(run.path) in words else None
