"""What the views of a run at work have in common: the progress block and the questions the page asks about a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hyperface.errors import HyperFaceError, InputError
from hyperface.jobs import placement
from hyperface.runs import DONE, FAILED, INTERRUPTED, RUNNING, STARTING, STOPPED, WAITING, Run
from hyperface.serving import sweeping
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.folders import without_folders
from hyperface.ui.parts.imports import import_once
from hyperface.ui.parts.telling import message_of
from hyperface.words import duration

PROGRESS_HTML = """
<div class="hf-progress" data-state="">
  <span class="hf-progress-said" role="status"></span>
  <div class="hf-progress-head">
    <b class="hf-progress-state"></b><span class="hf-progress-text"></span>
    <button type="button" class="hf-button hf-stop">Stop</button>
    <button type="button" class="hf-button hf-continue">Continue</button>
  </div>
  <div class="hf-progress-track" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100"
    aria-valuenow="0"><span></span></div>
</div>
"""

TITLES = {
    WAITING: "Waiting",
    STARTING: "Starting",
    RUNNING: "Running",
    DONE: "Finished",
    STOPPED: "Stopped",
    FAILED: "Failed",
    INTERRUPTED: "Interrupted",
}
Question = dict[str, Any]
ServerFunction = Callable[[Question], dict[str, Any]]


def answers(function: ServerFunction) -> ServerFunction:
    """Decorator of functions that the page's script calls: an error for people becomes {"error": message}."""

    def answer(question: Question) -> dict[str, Any]:
        import_once()
        try:
            if not isinstance(question, dict):
                raise InputError("That is no question of the page's.")
            return function(question)
        except HyperFaceError as error:
            return {"error": message_of(error)}

    answer.__name__ = function.__name__
    return answer


def control_functions(context: AppContext) -> list[ServerFunction]:
    """The functions behind the progress block's buttons: `stop` and `resume`, each asked with {"run": name}."""

    @answers
    def stop(question: Question) -> dict[str, Any]:
        worker.stop(context, str(question.get("run")))
        return {}

    @answers
    def resume(question: Question) -> dict[str, Any]:
        worker.resume(context, str(question.get("run")))
        return {}

    return [stop, resume]


def status_news(context: AppContext, run: Run) -> dict[str, Any]:
    """A run's status for the page, with `can_continue` and, where a worker died, the end of its log."""
    status = run.status()
    title = TITLES.get(status.state, "")
    message = "" if status.message == f"{title}." else status.message  # as runs of earlier versions say it
    if status.state == INTERRUPTED and not message:
        message = _last_line(run) or "Its process is gone."
    if status.state == WAITING:
        before = worker.turns(context).before(run)
        message = f"{before} before it" if before else "next in turn"
    if context.limits.shared:
        message = without_folders(message, context.runs_folder)
    left = f"{duration(status.seconds_left)} left" if status.active and status.seconds_left is not None else ""
    return {
        "state": status.state,
        "active": status.active,
        "title": title,
        "text": " · ".join(filter(None, (message, left, placement.told(run), sweeping.warning(run)))),
        "progress": status.progress,
        "can_continue": status.state in (STOPPED, FAILED, INTERRUPTED) and not context.is_demo(run),
    }


def columns(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    """Steps as one list for each name; None where a step lacks it or it is no number."""
    return {name: [_number(row.get(name)) for row in rows] for name in names}


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.6g}")


def _last_line(run: Run) -> str:
    try:
        lines = (run.path / "log.txt").read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f"The last line of its log: {lines[-1][:300]}" if lines else ""
