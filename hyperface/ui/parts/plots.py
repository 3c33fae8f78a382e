"""Charts as plain Plotly figures ({"data": …, "layout": …}), and the component that draws them.

Colours are the theme's: write "series-1" … "series-5" or "series-muted", and the page fills in what fits light or dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from hyperface.ui.parts.figure_block import figure_block

Figure = dict[str, Any]


def chart(
    figure: Figure | None = None, *, label: str, height: int = 280, elem_id: str | None = None, **options: Any
) -> gr.HTML:
    """A component whose value is a figure; an event handler returns a new figure to change it.

    One Plotly graph is kept alive, so that only what changed is drawn again. label: what the chart shows, read out to
    those who do not see it. A click on a point that has customdata fires `picked`
    (see `picked_point`).
    """
    return figure_block(
        "chartView", figure, _TEMPLATE, label=label, height=height, elem_id=elem_id, events=("picked",), **options
    )


_TEMPLATE = '<div class="hf-chart" role="img" aria-label="@label" style="height:@height"></div>'


def picked_point(event: gr.EventData) -> Any:
    """The customdata of the point that a `picked` event is about."""
    return getattr(event, "point", None)


def line(
    x: Sequence[float], y: Sequence[float | None], name: str, color: str = "series-1", **trace: Any
) -> dict[str, Any]:
    """One line of a chart; None in y is a gap."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "name": name,
        "line": {"color": color, "width": 2},
        **trace,
    }


def line_chart(lines: Sequence[dict[str, Any]], *, x_title: str, y_title: str, **layout: Any) -> Figure:
    """Lines over a common axis."""
    return {
        "data": list(lines),
        "layout": {"xaxis": {"title": {"text": x_title}}, "yaxis": {"title": {"text": y_title}}, **layout},
    }
