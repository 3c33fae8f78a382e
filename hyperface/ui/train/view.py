"""The curves of a training while it goes on and afterwards: one component whose value is the run's name.

Of A against B, both are drawn, whichever of the two is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from hyperface.drawing import data_url
from hyperface.errors import InputError, RunError
from hyperface.jobs import train
from hyperface.runs import Run
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said, whole
from hyperface.ui.parts.run_picker import lineage_line
from hyperface.ui.parts.run_view import PROGRESS_HTML, Question, answers, columns, control_functions, status_news
from hyperface.ui.parts.scripts import component_script
from hyperface.ui.parts.telling import message_of

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


def pairs_of(run: Run) -> list[dict[str, Any]] | None:
    """The pairs that a training's guesses are about; None before it has looked at them, and of older runs."""
    try:
        with np.load(run.path / train.PAIRS, allow_pickle=False) as kept:
            pictures, same = kept["pictures"], kept["same"].tolist()
    except (OSError, ValueError, KeyError):
        return None
    return [
        {"images": [data_url(picture) for picture in pair], "same": each}
        for pair, each in zip(pictures, same, strict=True)
    ]


def newest_guesses(rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """What was said of the pairs at the last of these steps at which they were looked at: cosines, the line, and where
    that was."""
    for row in reversed(rows):
        if "guesses" in row:
            return {"cosines": row["guesses"], "line": row["line"], "step": row["step"], "epoch": row["epoch"]}
    return None


def series_of(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The figures of steps as lists; "watched/NAME" is of a benchmark that is measured after each epoch."""
    measured = [row["watched"] if isinstance(row.get("watched"), dict) else {} for row in rows]
    named = [{f"watched/{name}": value for name, value in each.items()} for each in measured]
    names = dict.fromkeys(name for each in named for name in each)
    return columns(rows, SERIES) | columns(named, tuple(names))


def train_news(context: AppContext, question: Question) -> dict[str, Any]:
    """What is new in a training since the question's cursor; all of it without a cursor."""
    try:
        run = context.run(str(question.get("run")))
    except RunError as error:
        return {"gone": message_of(error), "cursor": None}
    status = status_news(context, run)  # before the figures: what it says is over has all its figures written
    other = train.partner_of(run)
    cursor = question.get("cursor")
    if cursor is not None and not (isinstance(cursor, list) and len(cursor) == 3):
        raise InputError(f"The cursor is what the last answer said; it was {said(cursor)}.")
    own_cursor, other_cursor, pairs_told = cursor or (0, 0, False)
    rows, own_cursor = run.metrics_from(whole(own_cursor, "cursor"))
    news = {"more": False, "status": status, "metrics": series_of(rows), "against": None}
    news["guesses"] = newest_guesses(rows)
    if news["guesses"] is not None and not pairs_told:
        news["pairs"] = pairs_of(run)
        pairs_told = news["pairs"] is not None
    if other is not None:
        rows, other_cursor = other.metrics_from(whole(other_cursor, "cursor"))
        news["against"] = {"metrics": series_of(rows), "status": status_news(context, other)}
    news["cursor"] = [own_cursor, other_cursor, pairs_told]
    if cursor is None:
        news["lineage"] = lineage_line(context, run) + ("" if other is None else lineage_line(context, other))
        news["epochs"] = run.options.get("epochs")
    return news
