"""The writing side of a run folder."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from hyperface import locks
from hyperface.errors import HyperFaceError, RunError
from hyperface.files import check_regular, disk_error, json_bytes, sweep, write_atomic
from hyperface.runs.folder import DONE, FAILED, RUNNING, STARTING, STOPPED, Run, RunStatus
from hyperface.runs.processes import process_started

LONGEST_REASON = 1000  # bytes of why a run is to stop


class StopRequested(Exception):  # noqa: N818 — not an error: somebody pressed Stop
    """Raised inside a worker's block when the run was asked to stop; its words, if any, say why."""


@dataclass
class Worker:
    """The writing side of a run folder, held by the one process that does its work."""

    run: Run
    on_status: Callable[[RunStatus], None] | None = None
    status_interval: float = 0.25  # seconds between writes of the status
    _status: RunStatus = field(default_factory=lambda: RunStatus(RUNNING))
    _written: float = 0.0
    _metrics: FileIO | None = None

    @property
    def path(self) -> Path:
        return self.run.path

    @contextlib.contextmanager
    def working(self) -> Iterator[Worker]:
        """The block in which the work is done: however it ends, the status says so. RunError, before anything is
        touched, if another process, or another thread of this one, works on the run.

        Ctrl-C, SIGTERM and a stop request end it as `stopped`; an error ends it as `failed` with the error's message.
        The exceptions go on to the caller, StopRequested excepted.
        """
        with self._alone():
            sweep(self.path)
            if self.run.status().state != STARTING:  # who pressed Stop since it was launched is heard
                self._forget_stop()
            previous = _interrupt_on_sigterm()
            try:
                self._set(RunStatus(RUNNING), now=True)
                self._metrics = _open_metrics(self.path / "metrics.jsonl")
                yield self
                self._set(RunStatus(DONE, 1.0, 0.0), now=True)
            except (StopRequested, KeyboardInterrupt, GeneratorExit) as stop:
                message = str(stop) if isinstance(stop, StopRequested) and str(stop) else self._status.message
                self._set(RunStatus(STOPPED, self._status.progress, None, message), now=True)
                if not isinstance(stop, StopRequested):
                    raise
            except HyperFaceError as error:
                self._fail(str(error))
                raise
            except BaseException as error:
                self._fail(
                    f"An unexpected error ended the run: {type(error).__name__}: {error}. Its log has the details."
                )
                raise
            finally:
                if self._metrics is not None:
                    self._metrics.close()
                self._forget_stop()
                if previous is not None:
                    signal.signal(signal.SIGTERM, previous)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """The folder's lock, which ends with this process, however it ends."""
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(locks.held(self.path))
            except BlockingIOError as error:
                pid = self.run.status().pid
                who = "another process" if pid is None else f"process {pid}"
                raise RunError(f"{self.path} is being worked on by {who}. Wait for it, or stop it first.") from error
            yield

    def _fail(self, message: str) -> None:
        """Say that an error ended the work; where even that cannot be written, the error is still the one to tell."""
        with contextlib.suppress(HyperFaceError):
            self._set(RunStatus(FAILED, self._status.progress, None, message), now=True)

    def _forget_stop(self) -> None:
        with contextlib.suppress(OSError):  # a disk that cannot be written: what matters there will say so
            (self.path / "stop").unlink(missing_ok=True)

    def postpone(self, message: str) -> None:
        """Say why the work of a new run is not begun yet: `stopped` until it is."""
        self._set(RunStatus(STOPPED, 0.0, None, message), now=True)

    def ended(self, message: str) -> None:
        """Say why the work was ended by force, by another process, as far as it had come."""
        self._set(RunStatus(STOPPED, self.run.status().progress, None, message), now=True)

    def log(self, metrics: dict[str, Any]) -> None:
        """Append one step's figures."""
        if self._metrics is None:
            raise RuntimeError("log() belongs inside working()")
        try:
            line = json.dumps(metrics, allow_nan=False, separators=(",", ":")).encode() + b"\n"
            if self._metrics.write(line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise disk_error(self.path / "metrics.jsonl", error) from error

    def forget_after(self, step: int) -> None:
        """Drop the figures of later steps, before they are done again from a checkpoint of this one."""
        if self._metrics is None:
            raise RuntimeError("forget_after() belongs inside working()")
        rows = [row for row in self.run.metrics() if row.get("step", 0) <= step]
        self._metrics.close()
        path = self.path / "metrics.jsonl"
        write_atomic(path, b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows))
        self._metrics = _open_metrics(path)

    def progress(self, share: float, seconds_left: float | None = None, message: str = "") -> None:
        """Say how far the work is, and end it here (StopRequested) if it was asked to stop."""
        self._set(RunStatus(RUNNING, min(max(share, 0.0), 1.0), seconds_left, message))
        self.check_stop()

    def check_stop(self) -> None:
        """Raise StopRequested if the run was asked to stop."""
        path = self.path / "stop"
        if path.exists():
            why = ""
            with contextlib.suppress(OSError, ValueError):
                check_regular(path, largest=LONGEST_REASON)
                why = path.read_text(encoding="utf-8")
            raise StopRequested(why)

    def write_results(self, results: dict[str, Any]) -> None:
        """Write results.json."""
        write_atomic(self.path / "results.json", json_bytes(results))

    def _set(self, status: RunStatus, *, now: bool = False) -> None:
        self._status = status
        moment = time.monotonic()
        if not now and moment - self._written < self.status_interval:
            return
        self._written = moment
        active = status.state == RUNNING
        content = {
            "state": status.state,
            "progress": status.progress,
            "seconds_left": status.seconds_left,
            "message": status.message,
            "pid": os.getpid() if active else None,
            "process_started": process_started(os.getpid()) if active else None,
            "updated": time.time(),
        }
        write_atomic(self.path / "status.json", json_bytes(content))
        if self.on_status is not None:
            self.on_status(status)


def _open_metrics(path: Path) -> FileIO:
    """Open for appending, behind the last whole line: what a kill, or a full disk, left of a line is cut off.

    Without a buffer: what a full disk did not take is not tried again when the file is closed.
    """
    try:
        file = FileIO(path, "a")
        content = path.read_bytes()
        file.truncate(content.rfind(b"\n") + 1)
    except OSError as error:
        raise disk_error(path, error) from error
    return file


def _interrupt_on_sigterm() -> Any:
    """Make SIGTERM end the work like Ctrl-C does. Only the main thread may; elsewhere nothing changes."""
    try:
        return signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:
        return None
