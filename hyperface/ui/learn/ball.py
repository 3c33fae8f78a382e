"""Lesson 2 for the page: points in, the way to a better packing out."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperface.errors import InputError
from hyperface.lessons import ball
from hyperface.lessons.ball import BallFrame
from hyperface.ui.learn.asked import whole
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said
from hyperface.ui.parts.run_view import Question

MOST_FRAMES = 80  # in one answer


def answer(_: AppContext, question: Question) -> dict[str, Any]:
    """marks: for `count` points. solve: from `points`. many: the best of many starts, for `count` points."""
    what = question.get("what")
    if what == "marks":
        marks = ball.marks(_count(question))
        return {"best": marks.best_known, "bound": marks.bound}
    if what == "solve":
        try:
            points = np.asarray(question.get("points"), np.float64)
        except (TypeError, ValueError) as error:
            raise InputError("Points on a ball are rows of three numbers.") from error
        return {"frames": told(list(ball.push_apart(points)))}
    if what == "many":
        return {"frames": told(list(ball.best_of_many(_count(question))))}
    raise InputError(f"The lesson cannot be asked {said(what)}.")


def told(frames: list[BallFrame]) -> list[list[list[float]]]:
    """The points of at most MOST_FRAMES frames, close together at first, where they move most; the last is there."""
    shown = np.unique(np.round(np.linspace(0, 1, MOST_FRAMES) ** 2 * (len(frames) - 1)).astype(int))
    return [np.round(frames[i].points, 5).tolist() for i in shown]


def _count(question: Question) -> int:
    return whole(question, "count")
