"""The part of the Identities tab that shows where its people are on the sphere, and lets one be picked there."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
import numpy as np

from hyperface.errors import HyperFaceError
from hyperface.ui.parts import globe
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import LATEST, Given, Updates
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.packed import load_packed
from hyperface.ui.parts.plots import Figure, chart, picked_point

POINTS_SHOWN = 2000


def sphere_panel(context: AppContext, packing: gr.Dropdown, first: gr.Number, identities: gr.Slider) -> None:
    """Lay out the panel. packing: the page's run picker. first, identities: which ones the grid shows; a click on the
    sphere sets the first."""
    with gr.Accordion("Pick one on the sphere", open=False, elem_id="identity-sphere") as panel:
        sphere = chart(label="Where the identities are on the sphere; a click picks one", height=420)

    def show(given: Given) -> Updates:
        return {sphere: sphere_of(context, given[packing], given[first], given[identities])}

    def pick(event: gr.EventData) -> int:
        return int(picked_point(event))

    also = [packing.change, first.change, identities.release]
    when_open(panel, show, [packing, first, identities], [sphere], also=also)
    sphere.picked(pick, outputs=first, **LATEST)


def sphere_of(context: AppContext, name: str | None, first: float | None, count: int) -> Figure | None:
    """The sphere of the packing with this name, `count` identities from the first one marked; None without one."""
    try:
        packed = load_packed(context, name)
    except HyperFaceError:  # the grid says so already
        return None
    start = min(max(int(first or 0), 0), len(packed) - 1)  # the number may be of the packing chosen before
    return picking_figure(packed.points, range(start, min(start + count, len(packed))))


def picking_figure(points: np.ndarray, marked: Sequence[int]) -> Figure:
    """Points (n, 3), unit rows, on a globe; the marked ones large. A point's customdata is its number.

    Of very many an even part is shown. It is seen from above the first marked one.
    """
    chosen = np.linspace(0, len(points) - 1, min(len(points), POINTS_SHOWN)).round().astype(int)
    groups = ((np.setdiff1d(chosen, marked), 3.5, "series-1", 1.0), (np.array(marked, int), 8, "series-2", 1.02))
    data = globe.background()
    for numbers, size, color, height in groups:
        data.append(
            {
                "type": "scatter3d",
                "mode": "markers",
                **globe.coordinates(height * points[numbers]),
                "customdata": numbers.tolist(),
                "text": [f"Identity {number}" for number in numbers.tolist()],
                "hovertemplate": "%{text}<extra></extra>",
                "marker": {"size": size, "color": color},
            }
        )
    scene = globe.scene(1.5 * points[marked[0]]) | {"uirevision": "kept"}  # who turned the globe keeps it where it is
    layout = {"scene": scene, "hovermode": "closest", "showlegend": False}
    return {"data": data, "layout": layout}
