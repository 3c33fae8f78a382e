"""The curves of a training while it goes on and afterwards: one component whose value is the run's name.

Of A against B, both are drawn, whichever of the two is chosen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from hyperface.errors import RunError
from hyperface.jobs import train
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_picker import lineage_line
from hyperface.ui.parts.run_view import PROGRESS_HTML, Question, answers, columns, control_functions, status_news
from hyperface.ui.parts.scripts import component_script

FOLDER = Path(__file__).parent

SERIES = ("step", "epoch", "loss", "accuracy", "learning_rate", "validation", "images_per_second")


def train_view(context: AppContext, value: str | None) -> gr.HTML:
    """The component. Its `ended` event fires when a followed run has come to an end."""

    @answers
    def news(question: Question) -> dict[str, Any]:
        return train_news(context, question)

    return gr.HTML(
        value,
        html_template=(FOLDER / "view.html").read_text(encoding="utf-8").replace("@progress", PROGRESS_HTML),
        js_on_load=component_script("trainView", events=("ended",)),
        apply_default_css=False,
        elem_id="train-view",
        server_functions=[news, *control_functions(context)],
    )


def train_news(context: AppContext, question: Question) -> dict[str, Any]:
    """What is new in a training since the question's cursor; all of it without a cursor."""
    try:
        run = context.run(str(question.get("run")))
    except RunError as error:
        return {"gone": str(error), "cursor": None}
    status = status_news(context, run)  # before the figures: what it says is over has all its figures written
    other = train.partner_of(run)
    cursor = question.get("cursor")
    own_cursor, other_cursor = cursor or (0, 0)
    rows, own_cursor = run.metrics_from(int(own_cursor))
    news = {"more": False, "status": status, "metrics": columns(rows, SERIES), "against": None}
    if other is not None:
        rows, other_cursor = other.metrics_from(int(other_cursor))
        news["against"] = {"metrics": columns(rows, SERIES), "status": status_news(context, other)}
    news["cursor"] = [own_cursor, other_cursor]
    if cursor is None:
        news["lineage"] = lineage_line(context, run) + ("" if other is None else lineage_line(context, other))
        news["epochs"] = run.options.get("epochs")
    return news
