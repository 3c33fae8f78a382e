"""A process that loads HyperFace once and forks off another for each call of the command line, which is killed at a
moment that was chosen, or which a disk refuses what it writes.

Run as a program it answers questions, a line of JSON each (see `Calls.ask`), until its input ends.
"""

from __future__ import annotations

import contextlib
import errno
import json
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"}


@dataclass(frozen=True)
class Fault:
    """What befalls a call. seconds: it is killed so long after it began. write: it is killed as it is about to change
    the folder for this time, counted from 1. refused: that change fails with this errno, and all later ones do if
    `lasting`. save_seconds: between two checkpoints."""

    seconds: float | None = None
    write: int | None = None
    refused: int | None = None
    lasting: bool = True
    save_seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """status: of the exit, −9 if killed. writes: how often it changed the folder. said: all that it printed."""

    status: int
    seconds: float
    writes: int
    said: str


class Calls:
    """The process, from outside. Its calls use one thread, so that the same call gives the same bytes."""

    def __init__(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def ask(self, arguments: Sequence[object], folder: Path, fault: Fault | None = None) -> Outcome:
        """Call the command line with these arguments; changes of what is in `folder` are counted."""
        question = {
            "arguments": [str(each) for each in arguments],
            "folder": str(folder),
            "fault": asdict(fault or Fault()),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        return Outcome(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()


def _serve() -> None:
    from hyperface import closed_loop, datasets, generators, studies  # noqa: F401  # what every call would load
    from hyperface.jobs.pack import work  # noqa: F401

    shared = mmap.mmap(-1, 8)  # what a call counts is read here, also after its kill
    for line in sys.stdin:
        question = json.loads(line)
        fault = Fault(**question["fault"])
        shared[:8] = bytes(8)
        said = Path(question["folder"]).with_suffix(".said")
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _call(question["arguments"], question["folder"], fault, shared, said)
        with contextlib.suppress(OSError):  # it has done so itself
            os.setpgid(pid, pid)
        status = _end_of(pid, None if fault.seconds is None else began + fault.seconds)
        seconds = time.monotonic() - began
        count = int.from_bytes(shared[:8], "little")
        print(json.dumps(asdict(Outcome(status, seconds, count, said.read_text(errors="replace")))), flush=True)


def _call(arguments: list[str], folder: str, fault: Fault, shared: mmap.mmap, said: Path) -> None:
    """In the new process; it never comes back."""
    os.setpgid(0, 0)  # it is killed together with what it begins
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.stdin, status = open(0), 1  # noqa: SIM115
    try:
        from hyperface.cli import main
        from hyperface.jobs import driver

        driver.SAVE_SECONDS = fault.save_seconds
        sys.addaudithook(_watch(folder, fault, shared))
        status = main(arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _watch(folder: str, fault: Fault, shared: mmap.mmap) -> Any:
    """An audit hook that counts changes of what is in a folder, and kills or refuses."""

    def hook(event: str, details: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = details
            if not (flags & WRITES or (isinstance(mode, str) and set(mode) & set("wax+"))):
                return
        elif event in CHANGES:
            path = details[0]
        else:
            return
        if not isinstance(path, str | bytes | os.PathLike) or not os.fsdecode(path).startswith(folder):
            return
        if "status.json" in os.fsdecode(path) and fault.refused is None:
            return  # how often it is written depends on the time
        count = int.from_bytes(shared[:8], "little") + 1
        shared[:8] = count.to_bytes(8, "little")
        if fault.write is None or count < fault.write:
            return
        if fault.refused is None:
            os.killpg(0, signal.SIGKILL)
        if fault.lasting or count == fault.write:
            if fault.refused == errno.ENOSPC and event in ("os.remove", "os.rmdir"):
                return  # a full disk lets go of what it has
            raise OSError(fault.refused, os.strerror(fault.refused), os.fsdecode(path))

    return hook


def _end_of(pid: int, moment: float | None) -> int:
    """Wait for a process, and kill it and all that it began at the moment; how it ended."""
    while moment is not None and time.monotonic() < moment:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    if moment is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    _serve()
