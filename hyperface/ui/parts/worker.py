"""The one door to what changes runs: begun, continued, stopped, renamed and deleted by those whose they are.

The work is done by processes of its own, which outlive the page and the server.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hyperface import runs
from hyperface.errors import RunError
from hyperface.jobs import places
from hyperface.jobs.registry import JOBS
from hyperface.runs import Run
from hyperface.ui.parts.context import AppContext

MOST_AT_ONCE = 2  # runs at work; more would only slow each other down


def check_free(context: AppContext) -> None:
    """RunError if enough is going on already."""
    busy = [run.title for run in context.runs() if not context.is_demo(run) and run.status().active]
    if len(busy) >= MOST_AT_ONCE:
        raise RunError(f"{len(busy)} runs are at work already ({'; '.join(busy)}). Wait for one, or stop it.")


def begin(context: AppContext, make: Callable[[Path], Run]) -> Run:
    """Make a run folder, the visitor's who asks, and begin its work. make: given the folder that it is to lie in.

    RunError if it cannot be begun, and whatever `make` raises.
    """
    check_free(context)
    run = make(context.runs_folder)
    context.claim(JOBS[run.verb].belonging(run))
    return start(context, run)


def start(context: AppContext, run: Run) -> Run:
    """Begin, or continue, the work of a run folder in a process of its own."""
    places.start(run, runs_folder=context.runs_folder)
    return run


def resume(context: AppContext, name: str) -> Run:
    """Continue the visitor's run with this name."""
    run = changeable(context, name)
    check_free(context)
    return start(context, run)


def stop(context: AppContext, name: str) -> None:
    """Ask the work of the visitor's run with this name to stop."""
    runs.request_stop(changeable(context, name))


def rename(context: AppContext, name: str, title: str) -> None:
    """List the visitor's run with this name under another title. RunError for an empty one."""
    runs.rename(changeable(context, name), title)


def delete(context: AppContext, name: str) -> None:
    """Remove the visitor's run with this name. RunError while its work is going on."""
    runs.delete(changeable(context, name))


def changeable(context: AppContext, name: str) -> Run:
    """The visitor's run with this name. RunError for one that is not there, is another's, or ships."""
    run = context.run(name)
    if context.is_demo(run):
        raise RunError("This run ships with HyperFace and stays as it is. Start one of your own.")
    return run
