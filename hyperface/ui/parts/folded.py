"""Accordions whose content is computed only while they are open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block

from hyperface.ui.parts.events import AT_ONCE, LATEST, Given, Updates
from hyperface.ui.parts.toasts import toasts


def when_open(
    panel: gr.Accordion,
    function: Callable[[Given], Updates],
    inputs: Iterable[Block],
    outputs: Sequence[Block],
    *,
    also: Sequence[Any],
    show_progress: str = "hidden",
) -> None:
    """Call the function when the panel is opened, and at the events `also` while it is open."""
    opened = gr.State(False)

    def guarded(given: Given) -> Any:
        return function(given) if given[opened] else gr.skip()

    opening = panel.expand(lambda: True, outputs=opened, **AT_ONCE)
    panel.collapse(lambda: False, outputs=opened, **AT_ONCE)
    for event in (opening.then, *also):
        event(toasts(guarded), {opened, *inputs}, outputs, **(LATEST | {"show_progress": show_progress}))
