"""Whose turn it is: runs that wait in their folders, begun one after the other, in fair turn between visitors.

A run that waits has a file that says so, so that its place outlives the page and the server. It holds a ticket: one
more than the visitor's last, and no less than those of whom waits longest, so that a visitor with ten runs and one with
a single run take turns. Whatever looks and begins holds a lock, of this process and, where there is one, of the folder.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hyperface.errors import HyperFaceError, RunError
from hyperface.files import check_regular, parse_json, write_atomic
from hyperface.runs import RUNNING, STARTING, WAITING, Run, Worker, mark_launched, open_run
from hyperface.serving.disk import Disk
from hyperface.serving.ending import Endings
from hyperface.serving.limits import Limits
from hyperface.serving.owners import owner_of
from hyperface.serving.sweeping import Sweeper
from hyperface.words import duration

try:
    import fcntl
except ImportError:  # not on Windows, where one server uses a folder
    fcntl = None  # type: ignore[assignment]

LOCK = ".turns"  # a file in the runs folder, which servers that share the folder hold in turn
LARGEST = 1000  # bytes of a ticket
EVERY = 0.5  # seconds between looks at whose turn it is
LOOKED_AFTER_EVERY = 10  # looks between those at how long runs are at work, what they take, and which are old
TAKEN_BACK = "Taken back before it was begun."


@dataclass(frozen=True, order=True)
class Place:
    """A run's place: by ticket, then first come."""

    ticket: int
    joined: int  # nanoseconds since 1970
    name: str
    owner: str


class Turns:
    """The runs of a folder that wait. begin: starts the work of one. Every method may be called from any thread."""

    def __init__(self, folder: Path, limits: Limits, begin: Callable[[Run], object]) -> None:
        self.folder, self.limits, self._begin = folder, limits, begin
        self.disk = Disk(folder, limits)
        self._sweeper = Sweeper(self.disk, limits)
        self._endings = Endings()
        self._lock = threading.RLock()
        self._over: dict[str, int] = {}  # runs that were not at work when their status was written last, and when
        self._seen: tuple[float, list[Place]] = (-EVERY, [])

    def places(self) -> list[Place]:
        """Who waits, in the order of their turns. Only their folders are looked into, however many others there are."""
        waiting = []
        for path in self.folder.glob(f"*/{WAITING}"):
            with contextlib.suppress(RunError):
                run = open_run(path.parent)
                waiting += [run] if run.status().state == WAITING else []
        return sorted(place for place in map(_place, waiting) if place is not None)

    def before(self, run: Run) -> int:
        """How many have their turn before a run that waits, as of a moment ago: every page that waits asks."""
        looked, places = self._seen
        if time.monotonic() - looked >= EVERY or run.name not in {place.name for place in places}:
            places = self.places()
            self._seen = time.monotonic(), places
        return next((i for i, place in enumerate(places) if place.name == run.name), 0)

    @contextlib.contextmanager
    def joining(self, owner: str) -> Iterator[Callable[[Run], None]]:
        """A block in which the visitor's run may be made and given to what the block is given: it waits from then on,
        or is begun at once if it is its turn. RunError, before the block, where too many wait."""
        with self._alone():
            self.disk.check(owner)
            places = self.places()
            own = sum(place.owner == owner for place in places)
            if self.limits.waiting_each is not None and own >= self.limits.waiting_each:
                raise RunError(f"{own} of your runs wait for their turn already. Wait for one, or take one back.")
            if self.limits.waiting is not None and len(places) >= self.limits.waiting:
                raise RunError(f"{len(places)} runs wait already, as many as this server lets wait. Try again later.")
            yield lambda run: self._join(run, owner, places)
            self.advance()

    def leave(self, run: Run) -> bool:
        """Take back a run that waits; False for one that does not."""
        with self._alone():
            if run.status().state != WAITING:
                return False
            (run.path / WAITING).unlink(missing_ok=True)
            Worker(run).postpone(TAKEN_BACK)
            return True

    def advance(self) -> None:
        """Begin those whose turn it is, as long as one more may be at work."""
        with self._alone():
            places = self.places()
            at_work = Counter(owner_of(run.path) for run in self._at_work()) if places else Counter[str]()
            for place in places:
                if self.limits.runs is not None and at_work.total() >= self.limits.runs:
                    return
                if self.limits.runs_each is not None and at_work[place.owner] >= self.limits.runs_each:
                    continue
                self._start(open_run(self.folder / place.name))
                at_work[place.owner] += 1

    def end_overdue(self) -> None:
        """End what is at work for longer than is allowed: it is asked to, and made to where it does not."""
        most = self.limits.seconds
        if most is None:
            return
        why = f"Stopped after {duration(most)}, the most that a run may take on this server."
        at_work = self._at_work()
        for run in at_work:
            with contextlib.suppress(OSError, ValueError, HyperFaceError):
                if run.seconds_at_work() > most:
                    self._endings.end(run, why)
        names = {run.name for run in at_work}
        for run in self._endings.asked():
            if run.name not in names:
                self._endings.over(run, why)

    def look_after(self) -> None:
        """What is done every few seconds: end what takes too long or too much, sweep what is old."""
        for work in (self.end_overdue, self.disk.stop_what_is_over, self._sweep):
            with contextlib.suppress(OSError, HyperFaceError):  # a folder that cannot be read now may be, later
                work()

    def keep_going(self) -> threading.Thread:
        """Look whose turn it is, and after the runs, until the process ends."""

        def work() -> None:
            for look in itertools.count():
                with contextlib.suppress(OSError, HyperFaceError):
                    if any(self.folder.glob(f"*/{WAITING}")):
                        self.advance()
                if look % LOOKED_AFTER_EVERY == 0:
                    self.look_after()
                time.sleep(EVERY)

        thread = threading.Thread(target=work, name="turns", daemon=True)
        thread.start()
        return thread

    def _sweep(self) -> None:
        with self._alone():  # nothing is begun, or continued, while it is being deleted
            self._sweeper.sweep()

    def _at_work(self) -> list[Run]:
        """The runs at work. One that was over is not looked into again until its status is written again."""
        over, self._over = self._over, {}
        found = []
        for run_folder in self.folder.glob("*/config.json"):
            path = run_folder.parent
            written = _written(path)
            if written is not None and over.get(path.name) == written:
                self._over[path.name] = written
                continue
            with contextlib.suppress(RunError):
                run = open_run(path)
                state = run.status().state
                if state in (RUNNING, STARTING):
                    found.append(run)
                elif written is not None and state != WAITING:
                    self._over[path.name] = written
        return found

    def _join(self, run: Run, owner: str, places: list[Place]) -> None:
        base = min((place.ticket for place in places), default=1) - 1
        ticket = max((place.ticket for place in places if place.owner == owner), default=base) + 1
        last = max((place.joined for place in places), default=0)
        content = {"ticket": ticket, "joined": max(time.time_ns(), last + 1)}  # also where the clock was set back
        write_atomic(run.path / WAITING, json.dumps(content).encode())

    def _start(self, run: Run) -> None:
        try:
            mark_launched(run, os.getpid())  # first: no page may find that it neither waits nor is about to start
            (run.path / WAITING).unlink(missing_ok=True)  # before its work: a kill in between must not begin it twice
            self._begin(run)
        except Exception as error:
            (run.path / WAITING).unlink(missing_ok=True)
            expected = isinstance(error, HyperFaceError)
            Worker(run).postpone(str(error) if expected else "It could not be started: the server's log says why.")
            if not expected:
                raise

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            if fcntl is None or getattr(self, "_held", False):
                yield
                return
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / LOCK).open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._held = True
                try:
                    yield
                finally:
                    self._held = False
                    fcntl.flock(file, fcntl.LOCK_UN)  # a process forked meanwhile has it open still


def _written(folder: Path) -> int | None:
    """When the status of a run was written, nanoseconds since 1970; None where none is."""
    try:
        return (folder / "status.json").stat().st_mtime_ns
    except OSError:
        return None


def _place(run: Run) -> Place | None:
    """None for one that has just been begun. A ticket that cannot be read counts as the first."""
    path = run.path / WAITING
    try:
        check_regular(path, largest=LARGEST)
        told = parse_json(path.read_bytes())
        return Place(int(told["ticket"]), int(told["joined"]), run.name, owner_of(run.path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return Place(0, 0, run.name, owner_of(run.path))
