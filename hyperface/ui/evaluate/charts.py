"""The charts of evaluations: ROC and DET curves, the scores of pairs, and how near searches come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hyperface.ui.parts.plots import Figure

COLORS = tuple(f"series-{number}" for number in range(1, 6))
SAME_COLOR, DIFFERENT_COLOR = "series-1", "series-2"
BIN_WIDTH = 0.05  # cosine
EDGES = np.arange(-1, 1 + BIN_WIDTH, BIN_WIDTH)  # (bins + 1,)


@dataclass(frozen=True)
class RocCurve:
    """One model's errors at all thresholds. false_accepts, true_accepts: shares in [0, 1] (k,), both rising."""

    name: str
    false_accepts: np.ndarray
    true_accepts: np.ndarray


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
        rejected = _above(1 - curve.true_accepts, lower)
        data.append(_curve(number, curve.name, _above(curve.false_accepts, floor), rejected, hover))
    return _curves(data, _logarithmic("False match rate", floor), _logarithmic("False non-match rate", lower))


def _above(shares: np.ndarray, floor: float) -> np.ndarray:
    """Zero has no place on a logarithmic axis."""
    return np.asarray(np.maximum(shares, floor / 2).round(6))


def _curve(number: int, name: str, x: np.ndarray, y: np.ndarray, hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x.tolist(),
        "y": y.tolist(),
        "name": name,
        "line": {"width": 2.5, "shape": "hv", "color": COLORS[number % len(COLORS)]},
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
    groups = [("different people", cosines[~same], DIFFERENT_COLOR), ("same person", cosines[same], SAME_COLOR)]
    data = [_bars(name, np.histogram(*_binned(chosen))[0], color, "%{y} pairs") for name, chosen, color in groups]
    return _histogram(data, "Cosine of the pair", "Pairs", min(float(cosines.min()), threshold), threshold, "threshold")


def search_chart(cosines: np.ndarray, strangers: np.ndarray, line: float) -> Figure:
    """Histogram of searches' nearest cosines, of a dataset (n,) and of other people (m,), as shares of each."""
    groups = [("other people", strangers, DIFFERENT_COLOR), ("this dataset", cosines, SAME_COLOR)]
    data = []
    for name, chosen, color in groups:
        shares = np.histogram(*_binned(chosen))[0] / len(chosen)
        data.append(_bars(name, shares.round(5), color, "%{y:.1%} of the searches"))
    low = min(float(cosines.min()), float(strangers.min()))
    figure = _histogram(data, "Cosine to the nearest reference face", "Searches", low, line, "line")
    figure["layout"]["yaxis"]["tickformat"] = ".0%"
    return figure


def _binned(cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.clip(cosines, -1, 1), EDGES


def _bars(name: str, heights: np.ndarray, color: str, hover: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": ((EDGES[:-1] + EDGES[1:]) / 2).round(4).tolist(),
        "y": heights.tolist(),
        "name": name,
        "marker": {"color": color},
        "opacity": 0.7,
        "hovertemplate": hover,
    }


def _histogram(data: list[dict[str, Any]], x: str, y: str, low: float, line: float, name: str) -> Figure:
    """With a dashed line, called `name`, at a cosine."""
    across = {"xref": "x", "yref": "paper", "x0": line, "x1": line, "y0": 0, "y1": 1}
    dashed = {"type": "line", **across, "line": {"width": 1.5, "dash": "dash", "color": "series-muted"}}
    text = {"x": line, "y": 1, "yref": "paper", "yanchor": "bottom", "text": f"{name} {line:.2f}", "showarrow": False}
    layout = {
        "barmode": "overlay",
        "bargap": 0.06,
        "xaxis": {"title": {"text": x}, "range": [max(low - 0.1, -1.0), 1.0], "fixedrange": True},
        "yaxis": {"title": {"text": y}, "fixedrange": True},
        "shapes": [dashed],
        "annotations": [text],
        "legend": {"x": 0, "y": 1.08},
    }
    return {"data": data, "layout": layout}
