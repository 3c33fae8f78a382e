"""What the tabs of the page have in common."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from hyperface.ui.parts.context import AppContext


@dataclass(frozen=True)
class AppPage:
    """context: the server's. blocks: the page itself, whose `load` event fires when it is opened. packing: the run
    picker in its header, which says what every tab works on. strip: the story of that packing above the tabs."""

    context: AppContext
    blocks: gr.Blocks
    packing: gr.Dropdown
    strip: gr.HTML
