"""Accordions whose content is computed only while they are open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from hyperface.ui.parts.toasts import toasts


def when_open(
    panel: gr.Accordion,
    function: Callable[..., Any],
    inputs: list[Any],
    outputs: list[Any],
    *,
    also: list[Any],
    show_progress: str = "hidden",
) -> None:
    """Call the function when the panel is opened, and at the events `also` while it is open."""
    opened = gr.State(False)

    def guarded(is_open: bool, *values: Any) -> Any:
        if is_open:
            return function(*values)
        return gr.skip() if len(outputs) == 1 else tuple(gr.skip() for _ in outputs)

    events = {"api_visibility": "private", "show_progress": show_progress}
    opening = panel.expand(lambda: True, outputs=opened, queue=False, **events)
    panel.collapse(lambda: False, outputs=opened, queue=False, **events)
    for event in (opening.then, *also):
        event(toasts(guarded), [opened, *inputs], outputs, trigger_mode="always_last", **events)
