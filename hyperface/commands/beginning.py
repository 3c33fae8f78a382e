"""Beginning the run of a verb, or saying how long it would take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.estimating import estimate_run
from hyperface.jobs.job import Job
from hyperface.runs import Run


def begin(
    job: Job,
    make: Callable[[Path | None], Run],
    arguments: argparse.Namespace,
    console: Console,
    *,
    device: str = "cpu",
    alike: int = 1,
) -> None:
    """Make the run and do its work; with --estimate, only say how long that takes.

    make: makes the run's folder at a path, a new one in runs/ for None. alike: as of `estimating.estimate`.
    """
    if arguments.estimate:
        estimate_run(job, make, console, alike=alike)
    else:
        places.begin(job, lambda: make(arguments.run), console, device=device)
