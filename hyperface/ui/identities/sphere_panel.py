"""The part of the Identities tab that shows where its people are on the sphere, and lets one be chosen there."""

from __future__ import annotations

import gradio as gr

from hyperface.errors import HyperFaceError
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.balls import Ball, ball, ball_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import Given, Updates
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.packed import load_packed


def sphere_panel(page: AppPage, first: gr.Number, identities: gr.Slider) -> None:
    """Lay out the panel. first, identities: which ones the grid shows; whoever is chosen on the sphere leads it."""
    context, packing = page.context, page.packing
    with gr.Accordion("Choose one on the sphere", open=False, elem_id="identity-sphere") as panel:
        sphere = ball(
            label="Where the identities are on the sphere",
            height=460,
            elem_id="identities-sphere",
            context=context,
        )

    def show(given: Given) -> Updates:
        return {sphere: sphere_of(context, given[packing], given[first], given[identities])}

    also = [*page.packing_shown, first.change, identities.release]
    when_open(panel, show, [packing, first, identities], [sphere], also=also)


def sphere_of(context: AppContext, name: str | None, first: float | None, count: int) -> Ball | None:
    """The sphere of the packing with this name, `count` identities from the first one marked; None without one."""
    try:
        packed = load_packed(context, name)
    except HyperFaceError:  # the grid says so already
        return None
    start = min(max(int(first or 0), 0), len(packed) - 1)  # the number may be of the packing chosen before
    return ball_of(packed.points, marked=range(start, min(start + count, len(packed))), people=packed)
