"""Run folders: what a piece of work was asked to do, how far it is, and what came of it.

    runs/<verb>-<time>-<slug>/
        config.json        verb, title, options, parents (the runs it was made from); written once
        status.json        state, process, progress, seconds left, message; replaced as the work goes on
        metrics.jsonl      one JSON object a step, appended in whole lines
        launched           process that the app has started for it
        stop               its presence asks the worker to stop
        results.json       figures of a finished run
        …                  checkpoint.safetensors and whatever else the verb makes

Every file is written to a temporary name first and then moved into place, so that a reader never sees half of one and
a kill at any moment leaves the last whole version. A reader takes a folder as it is: a line cut short is ignored, a
worker that is no longer alive makes the run `interrupted`, and a folder that is no run is left out of the listing.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import re
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from hyperface.errors import HyperFaceError, RunError

FORMAT = 1
RUNNING = "running"
DONE = "done"
STOPPED = "stopped"
FAILED = "failed"
INTERRUPTED = "interrupted"  # said by a reader: the status says `running`, but its process is gone
STARTING = "starting"  # said by a reader: created, no process has reported yet
ZOMBIE = -1.0
STARTING_SECONDS = 20.0  # a created run that nobody has launched is `starting` for so long, `interrupted` afterwards


@dataclass(frozen=True)
class RunStatus:
    """How far a run is. progress: share in [0, 1]. seconds_left: None while unknown. updated: seconds since 1970."""

    state: str
    progress: float = 0.0
    seconds_left: float | None = None
    message: str = ""
    pid: int | None = None
    process_started: float | None = None  # tells a process from a later one with the same number
    updated: float = 0.0

    @property
    def active(self) -> bool:
        """Whether work is going on, or about to begin."""
        return self.state in (RUNNING, STARTING)


@dataclass(frozen=True)
class Run:
    """A run folder, read. options: the verb's arguments. parents: names of the runs it was made from."""

    path: Path
    verb: str
    title: str
    created: str  # ISO 8601, UTC
    options: dict[str, Any]
    parents: tuple[str, ...]

    @property
    def name(self) -> str:
        """The folder's name, which is how other runs refer to it."""
        return self.path.name

    def file(self, name: str) -> Path:
        """Path of one of its files; RunError if it is not (yet) there."""
        path = self.path / name
        if not path.is_file():
            raise RunError(f"The run {self.name} has no {name}. Its work may not have come that far: see its status.")
        return path

    def status(self) -> RunStatus:
        """The state now; a vanished process counts as interrupted."""
        try:
            content = json.loads((self.path / "status.json").read_bytes())
            status = RunStatus(**{key: content[key] for key in RunStatus.__dataclass_fields__ if key in content})
        except (OSError, ValueError, TypeError):
            return RunStatus(STARTING if self._about_to_start() else INTERRUPTED)
        if status.state == RUNNING and not _alive(status.pid, status.process_started):
            return RunStatus(INTERRUPTED, status.progress, None, status.message, status.pid, None, status.updated)
        return status

    def _about_to_start(self) -> bool:
        """Whether the process launched for it is alive, or may be launched any moment."""
        try:
            return _alive(int((self.path / "launched").read_bytes()), None)
        except (OSError, ValueError):
            return time.time() - _modified(self.path / "config.json") < STARTING_SECONDS

    def metrics(self) -> list[dict[str, Any]]:
        """All steps so far, oldest first."""
        return self.metrics_from(0)[0]

    def metrics_from(self, offset: int) -> tuple[list[dict[str, Any]], int]:
        """The steps after byte `offset` of the metrics file, and the offset to ask from next time."""
        try:
            with (self.path / "metrics.jsonl").open("rb") as file:
                file.seek(offset)
                content = file.read()
        except OSError:
            return [], offset
        whole = content[: content.rfind(b"\n") + 1]
        return list(_json_lines(whole)), offset + len(whole)

    def results(self) -> dict[str, Any]:
        """The figures of a finished run; empty before."""
        try:
            content = json.loads((self.path / "results.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}


def runs_folder() -> Path:
    """Where runs are kept: HYPERFACE_RUNS, or `runs` below the working directory."""
    return Path(os.environ.get("HYPERFACE_RUNS") or "runs").absolute()


def open_run(path: str | Path) -> Run:
    """Read a run folder. RunError if it is not one."""
    path = Path(path).absolute()
    try:
        content = json.loads((path / "config.json").read_bytes())
        if content["format"] > FORMAT:
            raise RunError(f"{path} was made by a newer version of HyperFace. Update to open it.")
        return Run(
            path=path,
            verb=str(content["verb"]),
            title=str(content["title"]),
            created=str(content["created"]),
            options=dict(content["options"]),
            parents=tuple(str(parent) for parent in content["parents"]),
        )
    except FileNotFoundError as error:
        raise RunError(f"{path} is not a run folder: it has no config.json.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{path} is not a readable run folder ({error}).") from error


def list_runs(folders: Iterable[Path], verb: str | None = None) -> list[Run]:
    """The runs in these folders, newest first; what is not a run is left out."""
    found = []
    for folder in folders:
        try:
            entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        except OSError:
            continue
        for entry in entries:
            with contextlib.suppress(RunError):
                run = open_run(entry)
                if verb is None or run.verb == verb:
                    found.append(run)
    return sorted(found, key=lambda run: (run.created, run.name), reverse=True)


def find_run(name: str, folders: Iterable[Path]) -> Run:
    """The run with this name in the first folder that has it; RunError if none has."""
    if not name or Path(name).name != name:
        raise RunError(f"{name!r} is not the name of a run.")
    for folder in folders:
        if (folder / name / "config.json").is_file():
            return open_run(folder / name)
    raise RunError(f"There is no run {name!r}. It may have been deleted.")


def lineage(run: Run, folders: Iterable[Path]) -> list[Run]:
    """The run and those it was made from, oldest ancestor first. Parents that are gone are left out."""
    folders = list(folders)
    found: dict[str, Run] = {}

    def visit(current: Run) -> None:
        if current.name in found:
            return
        found[current.name] = current
        for parent in current.parents:
            with contextlib.suppress(RunError):
                visit(find_run(parent, [current.path.parent, *folders]))

    visit(run)
    return list(reversed(found.values()))


def request_stop(run: Run) -> None:
    """Ask the run's worker to stop; it does so at its next step and leaves what it has."""
    write_atomic(run.path / "stop", b"")


def delete(run: Run) -> None:
    """Remove a run folder and all in it. RunError while its work is going on."""
    if run.status().active:
        raise RunError(f"The run {run.name} is still at work. Stop it first.")
    doomed = run.path.with_name(f".deleted-{run.name}-{secrets.token_hex(4)}")
    run.path.rename(doomed)  # at once out of every listing, whatever becomes of the removal
    shutil.rmtree(doomed, ignore_errors=True)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, finds either the old content or the new one. RunError if it cannot."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path with the same suffix to write to; moved to `path` when the block ends well, else removed."""
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise RunError(f"{path} could not be written ({error.strerror or error}). Free some space.") from error
    finally:
        temporary.unlink(missing_ok=True)


class StopRequested(Exception):  # noqa: N818 — not an error: somebody pressed Stop
    """Raised inside a worker's block when the run was asked to stop."""


@dataclass
class Worker:
    """The writing side of a run folder, held by the one process that does its work."""

    run: Run
    on_status: Callable[[RunStatus], None] | None = None
    status_interval: float = 0.25  # seconds between writes of the status
    _status: RunStatus = field(default_factory=lambda: RunStatus(RUNNING))
    _written: float = 0.0
    _metrics: BinaryIO | None = None

    @property
    def path(self) -> Path:
        return self.run.path

    @contextlib.contextmanager
    def working(self) -> Iterator[Worker]:
        """The block in which the work is done: however it ends, the status says so.

        Ctrl-C, SIGTERM and a stop request end it as `stopped`; an error ends it as `failed` with the error's message.
        The exceptions go on to the caller, StopRequested excepted.
        """
        (self.path / "stop").unlink(missing_ok=True)
        previous = _interrupt_on_sigterm()
        self._set(RunStatus(RUNNING), now=True)
        self._metrics = _open_metrics(self.path / "metrics.jsonl")
        try:
            yield self
            self._set(RunStatus(DONE, 1.0, 0.0), now=True)
        except (StopRequested, KeyboardInterrupt, GeneratorExit) as stop:
            self._set(RunStatus(STOPPED, self._status.progress, None, "Stopped."), now=True)
            if not isinstance(stop, StopRequested):
                raise
        except HyperFaceError as error:
            self._set(RunStatus(FAILED, self._status.progress, None, str(error)), now=True)
            raise
        except BaseException as error:
            message = f"An unexpected error ended the run: {type(error).__name__}: {error}. Its log has the details."
            with contextlib.suppress(HyperFaceError):  # the first error is the one to tell
                self._set(RunStatus(FAILED, self._status.progress, None, message), now=True)
            raise
        finally:
            self._metrics.close()
            (self.path / "stop").unlink(missing_ok=True)
            if previous is not None:
                signal.signal(signal.SIGTERM, previous)

    def log(self, metrics: dict[str, Any]) -> None:
        """Append one step's figures."""
        if self._metrics is None:
            raise RuntimeError("log() belongs inside working()")
        try:
            self._metrics.write(json.dumps(metrics, allow_nan=False, separators=(",", ":")).encode() + b"\n")
            self._metrics.flush()
        except OSError as error:
            raise RunError(f"The run {self.run.name} cannot be written ({error.strerror}). Free some space.") from error

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
        if (self.path / "stop").exists():
            raise StopRequested

    def write_results(self, results: dict[str, Any]) -> None:
        """Write results.json."""
        write_atomic(self.path / "results.json", _json_bytes(results))

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
            "process_started": _process_started(os.getpid()) if active else None,
            "updated": time.time(),
        }
        write_atomic(self.path / "status.json", _json_bytes(content))
        if self.on_status is not None:
            self.on_status(status)


def create(
    verb: str,
    options: dict[str, Any],
    *,
    title: str,
    parents: Iterable[str] = (),
    slug: str = "",
    path: Path | None = None,
    folder: Path | None = None,
) -> Run:
    """Make a run folder and its config.json.

    path: where exactly; otherwise a new name `<verb>-<time>-<slug>` in `folder` (`runs_folder()`). An existing path
    must be empty but for a log, else RunError: no run writes over another.
    """
    now = datetime.datetime.now(datetime.UTC)
    if path is None:
        suffix = re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")[:40] or secrets.token_hex(2)
        stem = f"{verb}-{now:%Y%m%d-%H%M%S}-{suffix}"
        parent = folder if folder is not None else runs_folder()
        path = parent / stem
        while path.exists():
            path = parent / f"{stem}-{secrets.token_hex(2)}"
    path = path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        taken = sorted(entry.name for entry in path.iterdir() if entry.name != "log.txt")
    except OSError as error:
        raise RunError(f"The run folder {path} cannot be made ({error.strerror}). Name another one.") from error
    if taken:
        raise RunError(f"{path} is not empty ({taken[0]} is in it). Name a new folder, or resume it.")
    content = {
        "format": FORMAT,
        "verb": verb,
        "title": title,
        "created": now.isoformat(timespec="microseconds"),
        "options": options,
        "parents": list(parents),
    }
    write_atomic(path / "config.json", _json_bytes(content))
    return open_run(path)


def _json_bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"


def _json_lines(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict):
                yield entry


def _open_metrics(path: Path) -> BinaryIO:
    """Open for appending, behind the last whole line: what a kill left of a line is cut off."""
    file = path.open("ab")
    content = path.read_bytes()
    file.truncate(content.rfind(b"\n") + 1)
    return file


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _alive(pid: int | None, started: float | None) -> bool:
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, and belongs to somebody else
    actual = _process_started(pid)
    return actual is None or (actual == started if started is not None else actual != ZOMBIE)


def _process_started(pid: int) -> float | None:
    """Start time of a process in the kernel's ticks, ZOMBIE if it has ended, None where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return ZOMBIE if fields[0] == "Z" else float(fields[19])


def _interrupt_on_sigterm() -> Any:
    """Make SIGTERM end the work like Ctrl-C does. Only the main thread may; elsewhere nothing changes."""
    try:
        return signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:
        return None
