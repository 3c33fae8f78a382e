"""Old runs of visitors go, by age and by size, oldest first; the page says so hours before.

What ships, what is at work or waits, what is at work is made from, and what no visitor began (the owner of the server
did, by command) is never swept.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hyperface.errors import HyperFaceError
from hyperface.files import check_regular, parse_json, write_atomic
from hyperface.runs import Run, delete, list_runs
from hyperface.serving.disk import MEGABYTE, Disk
from hyperface.serving.limits import Limits
from hyperface.serving.owners import owner_of
from hyperface.serving.visitors import NOBODY

DOOMED = "doomed"  # a file in the folder of a run that is going to be deleted, which says when
LARGEST = 1000  # bytes of it
WARNING = 3 * 3600.0  # seconds between the warning and the end, at least
LEAST_WARNING = 600.0  # the same where the disk is full
FULL_ENOUGH = 0.8  # of the disk that runs may take: what is above it is swept
HOUR = 3600


@dataclass(frozen=True)
class Doom:
    """When a run is deleted, and since when the page says so: seconds since 1970."""

    at: float
    since: float


class Sweeper:
    """The finished runs of visitors in a folder. Used by one thread at a time."""

    def __init__(self, disk: Disk, limits: Limits) -> None:
        self._disk, self._limits = disk, limits

    def sweep(self) -> None:
        """Say of those that are due that they will be deleted, and delete those of which it was said for long."""
        if self._limits.hours is None and self._limits.disk is None:
            return
        now = time.time()
        runs = list_runs([self._disk.folder])
        sizes = self._disk.sizes(runs)
        spared = _needed(runs)
        mine = [run for run in runs if run.name not in spared and owner_of(run.path) != NOBODY]
        mine.sort(key=_ended)
        due = self._due(mine, sizes, now)
        full = self._limits.disk is not None and sum(sizes.values()) >= self._limits.disk * MEGABYTE
        for run in runs:
            with contextlib.suppress(OSError, HyperFaceError):  # the others are swept all the same
                _settle(run, due.get(run.name), now, full)

    def _due(self, runs: list[Run], sizes: dict[Path, int], now: float) -> dict[str, float]:
        """When each of these, the oldest first, is to go; those that may stay are left out."""
        due = {}
        if self._limits.hours is not None:
            ends = {run.name: _ended(run) + HOUR * self._limits.hours for run in runs}
            due = {name: max(end, now + WARNING) for name, end in ends.items() if end - now < WARNING}
        if self._limits.disk is not None:
            over = sum(sizes.values()) - FULL_ENOUGH * self._limits.disk * MEGABYTE
            for run in runs:
                if over <= 0:
                    break
                due.setdefault(run.name, now + WARNING)
                over -= sizes[run.path]
        return due


def doom_of(run: Run) -> Doom | None:
    """Whether, and when, a run is going to be deleted."""
    path = run.path / DOOMED
    try:
        check_regular(path, largest=LARGEST)
        told = parse_json(path.read_bytes())
        doom = Doom(float(told["at"]), float(told["since"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return doom if math.isfinite(doom.at + doom.since) else None


def warning(run: Run) -> str:
    """What is said beside a run that is going to be deleted; "" for another."""
    doom = doom_of(run)
    if doom is None:
        return ""
    hours = math.ceil((doom.at - time.time()) / HOUR)
    when = f"in {hours} hours" if hours > 1 else "within the hour"
    return f"Will be deleted {when}, or sooner if the disk fills up: download what you want to keep."


def _settle(run: Run, at: float | None, now: float, full: bool) -> None:
    """Say of a run when it is to go, take that back, or delete it."""
    doom = doom_of(run)
    if at is None:
        if doom is not None:
            (run.path / DOOMED).unlink(missing_ok=True)
    elif doom is None or doom.since > now:  # the latter where the clock was set back
        write_atomic(run.path / DOOMED, json.dumps({"at": at, "since": now}).encode())
    elif now >= doom.at or (full and now - doom.since >= LEAST_WARNING):
        delete(run)


def _needed(runs: list[Run]) -> set[str]:
    """Names of those at work or waiting, and of all that these are made from."""
    by_name = {run.name: run for run in runs}
    needed: set[str] = set()
    pending: list[Run] = [run for run in runs if run.status().active]
    while pending:
        run = pending.pop()
        if run.name not in needed:
            needed.add(run.name)
            pending += _known(run.parents, by_name)
    return needed


def _known(names: Iterable[str], by_name: dict[str, Run]) -> list[Run]:
    return [by_name[name] for name in names if name in by_name]


def _ended(run: Run) -> float:
    """When its work ended, as far as its files tell, seconds since 1970."""
    for name in ("status.json", "config.json"):
        with contextlib.suppress(OSError):
            return (run.path / name).stat().st_mtime
    return 0.0
