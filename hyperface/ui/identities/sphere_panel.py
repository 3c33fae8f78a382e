"""The part of the Identities tab that shows where its people are on the sphere, and lets one be picked there."""

from __future__ import annotations

import gradio as gr

from hyperface.errors import HyperFaceError
from hyperface.ui.parts.balls import Ball, ball, ball_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import LATEST, Given, Updates
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.packed import load_packed
from hyperface.ui.parts.plots import picked_point


def sphere_panel(context: AppContext, packing: gr.Dropdown, first: gr.Number, identities: gr.Slider) -> None:
    """Lay out the panel. packing: the page's run picker. first, identities: which ones the grid shows; a click on the
    sphere sets the first."""
    with gr.Accordion("Pick one on the sphere", open=False, elem_id="identity-sphere") as panel:
        sphere = ball(label="Where the identities are on the sphere; a click picks one", elem_id="identities-sphere")

    def show(given: Given) -> Updates:
        return {sphere: sphere_of(context, given[packing], given[first], given[identities])}

    def pick(event: gr.EventData) -> int:
        return int(picked_point(event))

    also = [packing.change, first.change, identities.release]
    when_open(panel, show, [packing, first, identities], [sphere], also=also)
    sphere.picked(pick, outputs=first, **LATEST)


def sphere_of(context: AppContext, name: str | None, first: float | None, count: int) -> Ball | None:
    """The sphere of the packing with this name, `count` identities from the first one marked; None without one."""
    try:
        packed = load_packed(context, name)
    except HyperFaceError:  # the grid says so already
        return None
    start = min(max(int(first or 0), 0), len(packed) - 1)  # the number may be of the packing chosen before
    return ball_of(packed.points, marked=range(start, min(start + count, len(packed))), front=start)
