"""Lesson 3 for the page: random pairs in some dimensions, the limits, and points pushed apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperface.errors import InputError
from hyperface.lessons import dimensions
from hyperface.ui.learn.asked import whole
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said
from hyperface.ui.parts.run_view import Question

MOST_FRAMES = 60  # in one answer


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """begin: all histograms and limits. push: `count` points in `dimension` dimensions."""
    what = question.get("what")
    if what == "begin":
        return context.cached("lesson dimensions", _beginning)
    if what == "push":
        way = list(dimensions.push_apart(whole(question, "count"), whole(question, "dimension")))
        shown = np.unique(np.linspace(0, len(way) - 1, MOST_FRAMES).round().astype(int))
        return {"frames": [{"closest": way[i].closest, "counts": way[i].counts.tolist()} for i in shown]}
    raise InputError(f"The lesson cannot be asked {said(what)}.")


def _beginning() -> dict[str, Any]:
    spreads = [dimensions.spread(dimension) for dimension in dimensions.DIMENSIONS]
    return {
        "spreads": [
            {"dimension": s.dimension, "counts": s.counts.tolist(), "low": s.low, "high": s.high, "near": s.near}
            for s in spreads
        ],
        "bounds": {
            str(count): [dimensions.bound(count, dimension) for dimension in dimensions.DIMENSIONS]
            for count in dimensions.COUNTS
        },
    }
