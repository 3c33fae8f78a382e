"""The one door to what changes runs: begun, continued, stopped, renamed and deleted by those whose they are.

The work is done by processes of its own, which outlive the page and the server.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from hyperface import runs
from hyperface.errors import InputError, RunError
from hyperface.jobs import placement
from hyperface.jobs.registry import JOBS
from hyperface.runs import Run
from hyperface.serving.waiting import Turns
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.gradio_internals import asking


def begin(context: AppContext, make: Callable[[Path], Run]) -> Run:
    """Make a run folder, the visitor's who asks, whose work is begun in its turn. make: given the folder that it is to
    lie in. InputError if it is larger than allowed, RunError if too many wait, and whatever `make` raises."""
    with turns(context).joining(asking()) as join:
        run = adopt(context, make(context.runs_folder))
        placement.remember(run)
        join(run)
    return run


def adopt(context: AppContext, made: Run) -> Run:
    """The run, just made, as the visitor's who asks. InputError, and it is gone again, if it is larger than allowed."""
    try:
        context.limits.check(made.options)
    except InputError:
        for each in JOBS[made.verb].belonging(made):
            shutil.rmtree(each.path, ignore_errors=True)
        raise
    context.claim(JOBS[made.verb].belonging(made))
    return made


def turns(context: AppContext) -> Turns:
    """Whose turn it is among the runs of this server."""
    return context.cached("turns", lambda: Turns(context.runs_folder, context.limits, lambda run: start(context, run)))


def start(context: AppContext, run: Run) -> Run:
    """Begin, or continue, the work of a run folder in a process of its own."""
    placement.start(run, runs_folder=context.runs_folder)
    return run


def resume(context: AppContext, name: str) -> Run:
    """Continue the visitor's run with this name, in its turn. RunError if it is at work, or waits."""
    with turns(context).joining(asking()) as join:
        run = changeable(context, name)
        if run.status().active:
            raise RunError(f"{run.title} is at work already.")
        placement.remember(run)
        join(run)
    return run


def stop(context: AppContext, name: str) -> None:
    """Ask the work of the visitor's run with this name to stop; one that waits is taken back."""
    end(context, changeable(context, name))


def end(context: AppContext, run: Run) -> None:
    """The same for a run of anybody: not for visitors."""
    if turns(context).leave(run):
        placement.forget(run)
    else:
        runs.request_stop(run)


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
