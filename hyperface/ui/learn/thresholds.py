"""Lesson 7 for the page: the angles of pairs that were evaluated, and a small dataset searched for leaks."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperface.drawing import data_url
from hyperface.errors import InputError
from hyperface.lessons import thresholds
from hyperface.ui.evaluate.evaluations import DLIB, evaluations
from hyperface.ui.learn.asked import whole
from hyperface.ui.learn.heads import cast_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said
from hyperface.ui.parts.run_view import Question


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """begin: the pairs. search: twelve people, by `seed`."""
    what = question.get("what")
    if what == "begin":
        return context.cached("lesson thresholds", lambda: _pairs(context))
    if what == "search":
        return _search(context, whole(question, "seed"))
    raise InputError(f"The lesson cannot be asked {said(what)}.")


def _pairs(context: AppContext) -> dict[str, Any]:
    """Of the shipped recogniser, on every benchmark that it was evaluated on."""
    pairs = thresholds.pairs_of([found.result for found in evaluations(context, [DLIB]).values()])
    return {"same": np.round(pairs.same, 2).tolist(), "different": np.round(pairs.different, 2).tolist()}


def _search(context: AppContext, seed: int) -> dict[str, Any]:
    from hyperface.sphere import angle_degrees

    cast = cast_of(context)
    found = thresholds.search(cast.gallery, cast.calm, cast.recognizer, seed=seed)
    return {
        "line": angle_degrees(found.line),
        "found": [
            {
                "image": data_url(picture),
                "nearest": data_url(cast.gallery.thumbnails[nearest]),
                "degrees": angle_degrees(float(cosine)),
                "kind": kind,
            }
            for picture, nearest, cosine, kind in zip(
                found.pictures, found.nearest, found.cosine, found.kinds, strict=True
            )
        ],
    }
