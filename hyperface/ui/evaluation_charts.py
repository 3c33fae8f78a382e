"""The charts of a verification: ROC and DET curves, and the scores of same-person and different-person pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperface.ui.plots import Figure

COLOURS = tuple(f"series-{number}" for number in range(1, 6))
SAME_COLOUR, DIFFERENT_COLOUR = "series-1", "series-2"
BIN_WIDTH = 0.05  # cosine


@dataclass(frozen=True)
class RocCurve:
    """One model's errors at all thresholds. false_accepts, true_accepts: shares in [0, 1], both rising."""

    name: str
    false_accepts: Sequence[float]
    true_accepts: Sequence[float]


def roc_chart(curves: Sequence[RocCurve], different_pairs: int) -> Figure:
    """ROC with a logarithmic axis that ends where the pairs do: at one false accept among `different_pairs`."""
    floor = 1 / max(different_pairs, 1)
    hover = "%{y:.1%} of same-person pairs accepted<br>at %{x:.2%} false accepts"
    data = [
        _curve(number, curve.name, _above(curve.false_accepts, floor), np.round(curve.true_accepts, 6), hover)
        for number, curve in enumerate(curves)
    ]
    yaxis = {"title": {"text": "True accepts"}, "tickformat": ".0%", "range": [-0.02, 1.02], "fixedrange": True}
    return _curves(data, _logarithmic("False accepts", floor), yaxis)


def det_chart(curves: Sequence[RocCurve], different_pairs: int, same_pairs: int) -> Figure:
    """Detection error trade-off: both errors on logarithmic axes that end at one pair of their kind."""
    floor, lower = 1 / max(different_pairs, 1), 1 / max(same_pairs, 1)
    hover = "%{y:.2%} of same-person pairs rejected<br>at %{x:.2%} of the others accepted"
    data = []
    for number, curve in enumerate(curves):
        rejected = _above(1 - np.asarray(curve.true_accepts), lower)
        data.append(_curve(number, curve.name, _above(curve.false_accepts, floor), rejected, hover))
    return _curves(data, _logarithmic("False match rate", floor), _logarithmic("False non-match rate", lower))


def _above(shares: Sequence[float], floor: float) -> np.ndarray:
    """Zero has no place on a logarithmic axis."""
    return np.maximum(shares, floor / 2).round(6)


def _curve(number: int, name: str, x: np.ndarray, y: np.ndarray, hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x.tolist(),
        "y": y.tolist(),
        "name": name,
        "line": {"width": 2.5, "shape": "hv", "color": COLOURS[number % len(COLOURS)]},
        "hovertemplate": hover,
    }


def _logarithmic(title: str, floor: float) -> dict[str, Any]:
    ticks = [share for share in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0) if share >= floor]
    return {
        "title": {"text": title},
        "type": "log",
        "range": [float(np.log10(floor)), 0.0],
        "tickvals": ticks,
        "ticktext": [f"{100 * share:g} %" for share in ticks],
        "fixedrange": True,
    }


def _curves(data: list[dict[str, Any]], xaxis: dict[str, Any], yaxis: dict[str, Any]) -> Figure:
    return {"data": data, "layout": {"xaxis": xaxis, "yaxis": yaxis, "hovermode": "closest", "showlegend": True}}


def score_chart(cosines: np.ndarray, same: np.ndarray, threshold: float) -> Figure:
    """Histogram of the pairs' cosines with the threshold (a cosine) as a line. cosines, same: (pairs,)."""
    edges = np.arange(-1, 1 + BIN_WIDTH, BIN_WIDTH)  # (bins + 1,)
    centres = (edges[:-1] + edges[1:]) / 2
    data = []
    for chosen, name, colour in ((~same, "different people", DIFFERENT_COLOUR), (same, "same person", SAME_COLOUR)):
        counts, _ = np.histogram(np.clip(cosines[chosen], -1, 1), edges)
        data.append(
            {
                "type": "bar",
                "x": centres.round(4).tolist(),
                "y": counts.tolist(),
                "name": name,
                "marker": {"color": colour},
                "opacity": 0.7,
                "hovertemplate": "%{y} pairs",
            }
        )
    low = min(float(cosines.min()), threshold) - 0.1
    layout = {
        "barmode": "overlay",
        "bargap": 0.06,
        "xaxis": {"title": {"text": "Cosine of the pair"}, "range": [max(low, -1.0), 1.0], "fixedrange": True},
        "yaxis": {"title": {"text": "Pairs"}, "fixedrange": True},
        "shapes": [
            {
                "type": "line",
                "xref": "x",
                "yref": "paper",
                "x0": threshold,
                "x1": threshold,
                "y0": 0,
                "y1": 1,
                "line": {"width": 1.5, "dash": "dash", "color": "series-muted"},
            }
        ],
        "annotations": [
            {
                "x": threshold,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": f"threshold {threshold:.2f}",
                "showarrow": False,
            }
        ],
        "legend": {"x": 0, "y": 1.08},
    }
    return {"data": data, "layout": layout}
