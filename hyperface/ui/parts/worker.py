"""Starting the verbs as processes of their own, which outlive the page and the server."""

from __future__ import annotations

from hyperface.errors import RunError
from hyperface.jobs import places
from hyperface.runs import Run
from hyperface.ui.parts.context import AppContext

MOST_AT_ONCE = 2  # runs at work; more would only slow each other down


def check_free(context: AppContext) -> None:
    """RunError if enough is going on already."""
    busy = [run.title for run in context.runs() if not context.is_demo(run) and run.status().active]
    if len(busy) >= MOST_AT_ONCE:
        raise RunError(f"{len(busy)} runs are at work already ({'; '.join(busy)}). Wait for one, or stop it.")


def start(context: AppContext, run: Run) -> Run:
    """Begin, or continue, the work of a run folder in a process of its own."""
    if context.is_demo(run):
        raise RunError("This run ships with HyperFace and stays as it is. Start one of your own.")
    places.start(run, runs_folder=context.runs_folder)
    return run
