"""The part of the Pack tab that shows how much of the gallery lies in how many directions."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np

from hyperface.defaults import pair_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import LATEST, Given, Updates
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.plots import Figure, chart, line, line_chart
from hyperface.ui.parts.toasts import toasts

MARKED_SHARE = 0.9


def span_panel(context: AppContext, span: gr.Slider, gallery: gr.Dropdown) -> None:
    """Lay out the panel. span, gallery: the controls that choose what it shows."""
    with gr.Accordion("What the span holds", open=False, elem_id="span-panel") as panel:
        told = gr.HTML(apply_default_css=False, elem_id="span-told")
        spectrum = chart(label="Share of the gallery's variance in its strongest directions", height=200)

    def shares(name: str) -> np.ndarray:
        from hyperface.packing.span import explained_share

        gallery = context.gallery(name)  # theirs: the shares of another's are not told either
        key = ("shares", context.gallery_place(name))
        return context.cached(key, lambda: explained_share(gallery.embeddings).numpy())

    def show(given: Given) -> Updates:
        held = shares(given[gallery])
        size = directions(given[span], len(held))
        return {told: held_text(held, size), spectrum: held_chart(held, size)}

    when_open(panel, show, [span, gallery], [told, spectrum], also=[span.change, gallery.change])
    gallery.change(toasts(lambda name, size: fitting(context, name, size)), [gallery, span], span, **LATEST)


def fitting(context: AppContext, gallery: str, span: float) -> dict[str, Any]:
    """An update of the span's slider for a gallery: as many directions as it has, and those that what ships for it can
    draw; what was chosen, where nothing that ships can."""
    faces = context.gallery(gallery)
    pair, most = pair_of(faces.recognizer), faces.embeddings.shape[1]
    return gr.update(maximum=most, value=min(int(span) if pair is None else pair.span, most))


def directions(span: float, most: int) -> int:
    """How many directions a span means: 0 is all of them."""
    return min(int(span), most) or most


def held_text(held: np.ndarray, size: int) -> str:
    """HTML: what the first `size` directions hold. held: (d,), the share that the first 1, 2, … directions hold."""
    enough = int(np.searchsorted(held, MARKED_SHARE)) + 1
    return (
        f'<p class="hf-note">{size} directions hold {100 * held[size - 1]:.0f} % of what sets the gallery’s faces '
        f"apart; {enough} of {len(held)} hold {100 * MARKED_SHARE:.0f} %. In the others faces hardly differ, so a "
        "difference asked for there is not drawn.</p>"
    )


def held_chart(held: np.ndarray, size: int) -> Figure:
    """The share that the first 1, 2, … directions hold, and a mark where the span ends."""
    mark = {"type": "line", "x0": size, "x1": size, "yref": "paper", "y0": 0, "y1": 1}
    return line_chart(
        [line(range(1, len(held) + 1), (100 * held).round(2).tolist(), "held")],
        x_title="Directions",
        y_title="Held, %",
        shapes=[{**mark, "line": {"dash": "dash", "width": 1.5, "color": "series-2"}}],
        showlegend=False,
    )
