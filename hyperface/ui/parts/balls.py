"""Points on a sphere as a component: the page's own sphere (parts/sphere/), filled from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np

from hyperface.ui.parts.scripts import component_script

Ball = dict[str, Any]


def ball(value: Ball | None = None, *, label: str, height: int = 420, elem_id: str | None = None) -> gr.HTML:
    """A component whose value is made by `ball_of`; None shows nothing.

    label: what it shows, read out to those who do not see it. Somebody who is clicked, or walked to, fires `picked`
    (see `plots.picked_point`) with the point's number.
    """
    return gr.HTML(
        value,
        html_template=f'<div class="hf-ball-here" data-label="{label}" style="height:{height}px"></div>',
        js_on_load=component_script("sphereView", events=("picked",)),
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["hf-chart-block"],
    )


def ball_of(
    points: np.ndarray,
    *,
    marked: Sequence[int] = (),
    words: Mapping[int, str] | None = None,
    links: np.ndarray | None = None,
    front: int | None = None,
) -> Ball:
    """Points (n, 3), unit rows.

    marked: those that stand out. words: what is written beside some of them. links: pairs (l, 2) that an arc joins.
    front: the one that is turned to the eye, when it was another one before.
    """
    return {
        "points": points.round(4).ravel().tolist(),
        "marked": [int(number) for number in marked],
        "words": [[int(number), text] for number, text in (words or {}).items()],
        "links": [] if links is None else links.tolist(),
        "front": front,
    }
