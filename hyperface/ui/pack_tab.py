"""The Pack tab."""

from __future__ import annotations

import gradio as gr

from hyperface.ui.context import AppContext


def build(context: AppContext, packing: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the tab. packing: the page's run picker; tab: opened fires its select event."""
    gr.HTML('<p class="hf-empty">Pack</p>', apply_default_css=False)
