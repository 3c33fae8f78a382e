"""Reading run folders: one, all, what they were made from."""

from __future__ import annotations

import contextlib
import datetime
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hyperface.errors import RunError
from hyperface.files import LARGEST_JSON, check_regular, json_bytes, parse_json, sweep, write_atomic
from hyperface.runs.processes import alive, process_started, seconds_since
from hyperface.words import one_line

FORMAT = 1
LONGEST_NUMBER = 64  # bytes of a process's number in a file

# The states, each a word for people too.
RUNNING = "running"
DONE = "done"
STOPPED = "stopped"
FAILED = "failed"
INTERRUPTED = "interrupted"  # said by a reader: the status says `running`, but its process is gone
STARTING = "starting"  # said by a reader: created, no process has reported yet
WAITING = "waiting"  # said by a reader: a file of that name says that it waits for its turn
WRITTEN = frozenset((RUNNING, DONE, STOPPED, FAILED))  # what a status file may say
MOST_NAME = 200  # bytes of a run folder's name that are looked for
MOST_TITLE = 120  # characters
MOST_WORD = 40
Shown = Callable[[Path], bool]
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
        """Whether work is going on, or about to begin, now or in its turn."""
        return self.state in (RUNNING, STARTING, WAITING)


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
            status = _status(_read_json(self.path / "status.json"))
        except (OSError, ValueError, TypeError, OverflowError):
            if os.path.lexists(self.path / WAITING):
                return RunStatus(WAITING)
            return RunStatus(STARTING if self._about_to_start() else INTERRUPTED)
        if os.path.lexists(self.path / WAITING) and not (
            status.state == RUNNING and alive(status.pid, status.process_started)
        ):
            return RunStatus(WAITING, status.progress, updated=status.updated)
        if status.state == RUNNING and not alive(status.pid, status.process_started):
            return RunStatus(INTERRUPTED, status.progress, None, status.message, status.pid, None, status.updated)
        return status

    def _about_to_start(self) -> bool:
        """Whether the process launched for it is alive, or may be launched any moment."""
        try:
            return alive(*self.launched())
        except (OSError, ValueError, OverflowError):
            # either way: where the clock was set back, it was made in what is now the future
            return abs(time.time() - _modified(self.path / "config.json")) < STARTING_SECONDS

    def launched(self) -> tuple[int, float | None]:
        """The process that the app started for it, and when that began; OSError or ValueError where there is none."""
        check_regular(self.path / "launched", largest=LONGEST_NUMBER)
        pid, *started = (self.path / "launched").read_bytes().split()
        return int(pid), float(started[0]) if started else None

    def seconds_at_work(self) -> float:
        """How long the process that the app started for it is at work, also where the clock was set meanwhile. OSError
        or ValueError if the app started none."""
        pid, started = self.launched()
        seconds = seconds_since(started) if started is not None and alive(pid, started) else None
        return time.time() - (self.path / "launched").stat().st_mtime if seconds is None else seconds

    def metrics(self) -> list[dict[str, Any]]:
        """All steps so far, oldest first."""
        return self.metrics_from(0)[0]

    def metrics_from(self, offset: int) -> tuple[list[dict[str, Any]], int]:
        """The steps after byte `offset` of the metrics file, and the offset to ask from next time."""
        try:
            check_regular(self.path / "metrics.jsonl")
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
            content = _read_json(self.path / "results.json")
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}


@dataclass(frozen=True)
class DamagedRun:
    """A folder that was a run and cannot be read as one. reason: why, in a sentence that names it."""

    path: Path
    reason: str

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name


def runs_folder() -> Path:
    """Where runs are kept: HYPERFACE_RUNS, or `runs` below the working directory."""
    return Path(os.environ.get("HYPERFACE_RUNS") or "runs").absolute()


def is_run(path: str | Path) -> bool:
    """Whether a path is a run folder."""
    return (Path(path) / "config.json").is_file()


def open_run(path: str | Path) -> Run:
    """Read a run folder. RunError if it is not one."""
    path = Path(path).absolute()
    try:
        content = _read_json(path / "config.json")
        if content["format"] > FORMAT:
            raise RunError(f"{path} was made by a newer version of HyperFace. Update to open it.")
        return Run(
            path=path,
            verb=one_line(content["verb"], MOST_WORD),
            title=one_line(content["title"], MOST_TITLE),
            created=one_line(content["created"], MOST_WORD),
            options={str(name): value for name, value in dict(content["options"]).items()},
            parents=tuple(str(parent) for parent in content["parents"]),
        )
    except FileNotFoundError as error:
        raise RunError(f"{path} is not a run folder: it has no config.json.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path} is not a readable run folder ({error}).") from error


def everything(folder: Path) -> bool:
    """Every run folder may be looked at."""
    return True


def list_runs(folders: Iterable[Path], verb: str | None = None, shown: Shown = everything) -> list[Run]:
    """The runs in these folders, newest first; what is not a run, or is damaged, is left out.

    shown: says of a run folder whether it may be looked at; another is left out.
    """
    found = []
    for entry in filter(shown, _entries(folders)):
        with contextlib.suppress(RunError):
            run = open_run(entry)
            if verb is None or run.verb == verb:
                found.append(run)
    return sorted(found, key=lambda run: (run.created, run.name), reverse=True)


def damaged_runs(folders: Iterable[Path], shown: Shown = everything) -> list[DamagedRun]:
    """What `list_runs` leaves out of these folders although it was a run: it has a config.json. By name."""
    found = []
    for entry in filter(shown, _entries(folders)):
        if not os.path.lexists(entry / "config.json"):
            continue
        try:
            open_run(entry)
        except RunError as error:
            found.append(DamagedRun(entry, str(error).replace(str(entry.absolute()), entry.name)))
    return sorted(found, key=lambda run: run.name)


def _entries(folders: Iterable[Path]) -> Iterator[Path]:
    """What lies in these folders and is not hidden; folders that cannot be read have nothing in them."""
    for folder in folders:
        try:
            entries = list(folder.iterdir())
        except OSError:
            continue
        yield from (entry for entry in entries if not entry.name.startswith("."))


def find_run(name: str, folders: Iterable[Path], shown: Shown = everything) -> Run:
    """The run with this name in the first folder that has it; RunError if none has, or it may not be looked at."""
    if not isinstance(name, str):  # a page may ask for anything
        raise RunError("The name of a run is a text.")
    plain = name.isprintable() and not name.startswith(".") and Path(name).name == name
    if not plain or not 0 < len(name.encode()) <= MOST_NAME:
        raise RunError(f"{name[:40]!r} is not the name of a run.")
    for folder in folders:
        if (folder / name / "config.json").is_file() and shown(folder / name):
            return open_run(folder / name)
    raise RunError(f"There is no run {name!r}. It may have been deleted.")


def lineage(run: Run, folders: Iterable[Path], shown: Shown = everything) -> list[Run]:
    """The run and those it was made from, oldest ancestor first. Parents that are gone, or not shown, are left out."""
    folders = list(folders)
    found: dict[str, Run] = {}

    def visit(current: Run) -> None:
        if current.name in found:
            return
        found[current.name] = current
        for parent in current.parents:
            with contextlib.suppress(RunError):
                visit(find_run(parent, [current.path.parent, *folders], shown))

    visit(run)
    return list(reversed(found.values()))


def request_stop(run: Run, why: str = "") -> None:
    """Ask the run's worker to stop; it does so at its next step and leaves what it has. why: what its status says."""
    write_atomic(run.path / "stop", why.encode())


def mark_launched(run: Run, pid: int) -> None:
    """Say that a process begins the work of a run: it is `starting` from here on, seen from any page. What it was asked
    before, such as to stop, is over."""
    (run.path / "stop").unlink(missing_ok=True)
    write_launched(run, pid)
    (run.path / "status.json").unlink(missing_ok=True)


def write_launched(run: Run, pid: int) -> None:
    """Name the process: its number, and when it started, which tells it from a later one's."""
    started = process_started(pid)
    write_atomic(run.path / "launched", (f"{pid}" if started is None else f"{pid} {started}").encode())


def rename(run: Run, title: str) -> None:
    """List the run under another title. RunError for an empty one."""
    title = one_line(title, MOST_TITLE)
    if not title:
        raise RunError("A run needs a name to be listed under.")
    path = run.path / "config.json"
    try:
        content = _read_json(path)
    except (OSError, ValueError) as error:
        raise RunError(f"{run.path} is not a readable run folder ({error}).") from error
    write_atomic(path, json_bytes({**content, "title": title}))


def delete(run: Run) -> None:
    """Remove a run folder and all in it. RunError while its work is going on."""
    if run.status().active:
        raise RunError(f"The run {run.name} is still at work. Stop it first.")
    doomed = run.path.with_name(f".deleted-{run.name}-{secrets.token_hex(4)}")
    run.path.rename(doomed)  # at once out of every listing, whatever becomes of the removal
    shutil.rmtree(doomed, ignore_errors=True)


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

    Args:
        verb: what the run does.
        options: what it was asked for, as JSON can hold it.
        title: how it is listed.
        parents: names of the runs that it is made from.
        slug: what its folder's name ends in; random if empty.
        path: where exactly; an existing folder must be empty but for a log.
        folder: in which a new name `<verb>-<time>-<slug>` is taken otherwise; `runs_folder()` if not given.

    Returns:
        The run, just made.

    Raises:
        RunError: The folder cannot be made, or holds something: no run writes over another.
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
        sweep(path)
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
    write_atomic(path / "config.json", json_bytes(content))
    return open_run(path)


def _read_json(path: Path) -> Any:
    """OSError for what is no ordinary file, ValueError for what is no JSON."""
    check_regular(path, largest=LARGEST_JSON)
    return parse_json(path.read_bytes())


def _status(content: dict[str, Any]) -> RunStatus:
    """A status as it is written. ValueError, TypeError or OverflowError for another."""
    status = RunStatus(**{key: content[key] for key in RunStatus.__dataclass_fields__ if key in content})
    if status.state not in WRITTEN:
        raise ValueError(f"unknown state {status.state!r}")
    numbers = (status.seconds_left, status.process_started)
    if not math.isfinite(status.progress + status.updated) or not all(each is None or each >= 0 for each in numbers):
        raise ValueError("its numbers are none")
    return replace(status, pid=None if status.pid is None else _pid(status.pid), message=str(status.message))


def _pid(value: object) -> int:
    """The number of a process; ValueError for what cannot be one."""
    if not isinstance(value, int) or not 0 < value < 2**31:
        raise ValueError(f"{value!r} is no process")
    return value


def _json_lines(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.splitlines():
        with contextlib.suppress(ValueError):
            entry = parse_json(line)
            if isinstance(entry, dict):
                yield entry


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
