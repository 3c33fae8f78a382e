"""A component that a script of the page draws into an element of its own: a chart, a sphere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.run_view import ServerFunction
from hyperface.ui.parts.scripts import component_script


def figure_block(
    function: str,
    value: dict[str, Any] | None,
    template: str,
    *,
    label: str,
    height: int,
    elem_id: str | None = None,
    events: tuple[str, ...] = (),
    server_functions: Sequence[ServerFunction] = (),
    **options: Any,
) -> gr.HTML:
    """A component whose value the function of page.js draws; an event handler returns a new one to change it.

    template: HTML with @label, what is shown, read out to those who do not see it, and @height, in pixels.
    """
    return gr.HTML(
        value,
        html_template=template.replace("@label", escape(label)).replace("@height", f"{height}px"),
        js_on_load=component_script(function, events=events),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["hf-chart-block"],
        server_functions=list(server_functions) or None,
        **options,
    )
