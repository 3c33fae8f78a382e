"""Starting the verbs as processes of their own, which outlive the page and the server."""

from __future__ import annotations

import os
import subprocess
import sys

from hyperface.errors import RunError
from hyperface.files import write_atomic
from hyperface.runs import Run
from hyperface.ui.parts.context import AppContext

MOST_AT_ONCE = 2  # runs at work; more would only slow each other down


def check_free(context: AppContext) -> None:
    """RunError if enough is going on already."""
    busy = [run.title for run in context.runs() if not context.is_demo(run) and run.status().active]
    if len(busy) >= MOST_AT_ONCE:
        raise RunError(f"{len(busy)} runs are at work already ({'; '.join(busy)}). Wait for one, or stop it.")


def start(context: AppContext, run: Run) -> Run:
    """Begin, or continue, the work of a run folder in a detached process. What it prints goes to the run's log.txt."""
    if context.is_demo(run):
        raise RunError("This run ships with HyperFace and stays as it is. Start one of your own.")
    if run.status().state == "running":
        raise RunError(f"{run.title} is at work already.")
    try:
        write_atomic(run.path / "launched", str(os.getpid()).encode())  # `starting` from here on, seen from any page
        (run.path / "status.json").unlink(missing_ok=True)
        with (run.path / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "hyperface", run.verb, "--resume", str(run.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C at the server is not meant for it
                env={**os.environ, "HYPERFACE_RUNS": str(context.runs_folder)},
            )
        write_atomic(run.path / "launched", str(process.pid).encode())
    except OSError as error:
        raise RunError(f"The work could not be started ({error.strerror}).") from error
    return run
