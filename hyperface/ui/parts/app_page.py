"""What the tabs of the page have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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

    @property
    def packing_shown(self) -> list[Any]:
        """The events after which something else is known of the packing: another one is chosen, or it has ended."""
        return [self.packing.change, self.strip.ended]  # the strip's script raises it
