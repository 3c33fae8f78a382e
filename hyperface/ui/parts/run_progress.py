"""A run followed on the page: its state, bar, time left, and the buttons that stop and continue it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_view import PROGRESS_HTML, Question, answers, control_functions, status_news
from hyperface.ui.parts.scripts import component_script


def run_progress(context: AppContext, *, elem_id: str) -> gr.HTML:
    """A component whose value is the name of a run; None shows nothing.

    It fires `advanced` as a run gets on, and `finished` when a run that was at work no longer is, however it ended. It
    goes on by itself after a lost connection or a restarted server: the run is followed by its folder.
    """

    @answers
    def news(question: Question) -> dict[str, Any]:
        return {"status": status_news(context, context.run(str(question.get("run"))))}

    return gr.HTML(
        None,
        html_template=PROGRESS_HTML,
        js_on_load=component_script("runProgress", events=("advanced", "finished")),
        server_functions=[news, *control_functions(context)],
        apply_default_css=False,
        elem_id=elem_id,
    )
