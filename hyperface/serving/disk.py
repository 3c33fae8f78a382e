"""How much disk runs take: of each visitor, and of all."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from hyperface.errors import RunError
from hyperface.runs import WAITING, Run, list_runs, request_stop
from hyperface.serving.limits import Limits
from hyperface.serving.owners import owner_of
from hyperface.serving.visitors import NOBODY

MEGABYTE = 1_000_000
OWN = "Your runs take {used:,} MB, and this server keeps {most:,} MB for each visitor. Delete some first."
ALL = "All runs together take {used:,} MB, as much as this server keeps. Try again when old ones were deleted."
STOPPED = "Stopped: {} What there is, can be downloaded."


class Disk:
    """The runs of a folder and their sizes. Finished ones are measured once. Every method may be called from any
    thread."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder, self._limits = folder, limits
        self._known: dict[str, tuple[int, int]] = {}  # of a finished run: when its status was written, its bytes

    @property
    def limited(self) -> bool:
        """Whether anything is looked at."""
        return self._limits.disk is not None or self._limits.disk_each is not None

    def check(self, owner: str) -> None:
        """RunError where no further run of this visitor may begin."""
        if self.limited:
            self._check(owner, self.sizes(list_runs([self.folder])))

    def stop_what_is_over(self) -> None:
        """Ask what is at work to stop where its visitor's runs, or all of them, take too much: of all, the largest."""
        if not self.limited:
            return
        runs = list_runs([self.folder])
        sizes = self.sizes(runs)
        visitors = (run for run in runs if owner_of(run.path) != NOBODY and _at_work(run))
        at_work = sorted(visitors, key=lambda run: sizes[run.path], reverse=True)
        for run in at_work:
            try:
                self._check(owner_of(run.path), sizes, run is at_work[0])
            except RunError as error:
                if not (run.path / "stop").exists():
                    request_stop(run, STOPPED.format(error))

    def sizes(self, runs: list[Run]) -> dict[Path, int]:
        """Bytes of each run's folder."""
        known = self._known
        self._known = {}
        found = {}
        for run in runs:
            written, finished = _written(run), not run.status().active
            size = known[run.name][1] if finished and known.get(run.name, (-1, 0))[0] == written else _bytes(run.path)
            if finished:
                self._known[run.name] = (written, size)
            found[run.path] = size
        return found

    def _check(self, owner: str, sizes: dict[Path, int], of_all: bool = True) -> None:
        used: Counter[str] = Counter()
        for path, size in sizes.items():
            used[owner_of(path)] += size
        for most, taken, words in (
            (self._limits.disk_each if owner != NOBODY else None, used[owner], OWN),
            (self._limits.disk if of_all else None, used.total(), ALL),
        ):
            if most is not None and taken >= most * MEGABYTE:
                raise RunError(words.format(used=taken // MEGABYTE, most=most))


def _at_work(run: Run) -> bool:
    status = run.status()
    return status.active and status.state != WAITING


def _written(run: Run) -> int:
    """When its status was written, nanoseconds; 0 where there is none."""
    try:
        return (run.path / "status.json").stat().st_mtime_ns
    except OSError:
        return 0


def _bytes(folder: Path) -> int:
    """Of all files below a folder; links are not followed, and what vanishes meanwhile is not counted."""
    total = 0
    pending = [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
