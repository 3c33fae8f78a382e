"""Where the work of a run is done: inside this process, shared with others that were launched with it (`torchrun`,
`accelerate launch`), or in processes of its own, which outlive this one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hyperface.errors import HyperFaceError, RunError
from hyperface.jobs.changes import change_options
from hyperface.jobs.console import Console
from hyperface.jobs.job import Job
from hyperface.jobs.registry import JOBS
from hyperface.ranks import joined
from hyperface.runs import RUNNING, Run, mark_launched, names, open_run, write_launched


def begin(job: Job, make: Callable[[], Run], console: Console, *, device: str = "cpu") -> None:
    """Make a run folder and do its work in this process; if it fails before its first step, the folder goes again.

    Launched as one of several, the first process does so, and the others work for it.
    """

    def lead() -> None:
        run = make()
        try:
            job.perform(run, console)
        except HyperFaceError:
            if not _came_to_something(run):
                job.discard(run)
            raise

    _together(job, device, lead)


def _came_to_something(run: Run) -> bool:
    """Whether there is anything to continue: steps, results, or what a long preparation has kept."""
    kept = (names.CHECKPOINT, names.REQUESTS)
    return bool(run.metrics() or run.results() or any((run.path / name).exists() for name in kept))


def resume(path: Path, console: Console, *, verb: str | None = None, changes: dict[str, Any] | None = None) -> None:
    """Do, or continue, the work of a run folder in this process, as one of several if it was launched so.

    changes: options that it goes on with instead of its own. RunError if it is not a run of this verb, or is being
    worked on; InputError for an option that cannot be changed.
    """
    run = open_run(path)
    if verb is not None and run.verb != verb:
        raise RunError(f"{path} is a run of `{run.verb}`. Continue it with `python -m hyperface {run.verb} --resume`.")
    if run.verb not in JOBS:
        raise RunError(f"{path} is a run of `{run.verb}`, which this version cannot do.")
    job = JOBS[run.verb]

    def lead() -> None:
        status = run.status()
        if status.state == RUNNING and status.pid != os.getpid():
            raise RunError(f"{path} is being worked on by process {status.pid}. Wait for it, or stop it first.")
        job.complete(run)
        for each in job.belonging(run):
            change_options(each, job, changes or {})
        job.perform(open_run(path), console)

    _together(job, str(run.options.get("device", "cpu")), lead)


def start(run: Run, *, processes: int = 1, runs_folder: Path | None = None) -> None:
    """Do, or continue, the work of a run folder in a process of its own, or in several that share it.

    What they print goes to the run's log.txt. runs_folder: HYPERFACE_RUNS there. RunError if it is at work already, or
    cannot be started.
    """
    if run.status().state == RUNNING:
        raise RunError(f"{run.title} is at work already.")
    several = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    command = [sys.executable, "-m", *(several if processes > 1 else []), "hyperface.jobs", str(run.path)]
    environment = dict(os.environ)
    if runs_folder is not None:
        environment["HYPERFACE_RUNS"] = str(runs_folder)
    try:
        mark_launched(run, os.getpid())
        with (run.path / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the server is not meant for it
                env=environment,
            )
        write_launched(run, process.pid)
        # Waited for, it does not stay behind as a zombie while this process lives.
        threading.Thread(target=process.wait, name=f"waiting for {run.name}", daemon=True).start()
    except OSError as error:
        raise RunError(f"The work could not be started ({error.strerror}).") from error


def _together(job: Job, device: str, lead: Callable[[], None]) -> None:
    if job.follow is None:
        lead()
        return
    with joined(device, job.patience) as ranks:
        if ranks.rank > 0:
            ranks.follow(job.follow)
            return
        lead()
        ranks.dismiss()
