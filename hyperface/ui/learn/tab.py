"""The Learn tab: lessons of two minutes each, in which the real thing runs."""

from __future__ import annotations

import gradio as gr

from hyperface.ui.learn.view import learn_view
from hyperface.ui.parts.app_page import AppPage


def build(page: AppPage, tab: gr.Tab) -> None:
    """Lay out the tab."""
    learn_view(page.context)
