"""Lesson 1 for the page: a pair of pictures, and the numbers that the recogniser makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperface.drawing import data_url
from hyperface.errors import InputError
from hyperface.lessons import pictures
from hyperface.ui.learn.heads import cast_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said
from hyperface.ui.parts.run_view import Question


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """begin: how many pairs there are, and where the line is. pair: pair `number`, from 0."""
    what, number = question.get("what"), question.get("number", 0)
    if what not in ("begin", "pair"):
        raise InputError(f"The lesson cannot be asked {said(what)}.")
    if not isinstance(number, int) or not 0 <= number < pictures.COUNT:
        raise InputError(f"There are pairs 0 to {pictures.COUNT - 1}; {number!r} was asked for.")
    generator = cast_of(context).people
    asked = context.cached(("lesson pictures", "questions"), lambda: pictures.questions(generator))
    if what == "begin":
        line = context.cached(("lesson pictures", "line"), lambda: pictures.line(generator))
        return {"count": len(asked), "line": line}
    return context.cached(("lesson pictures", number), lambda: _told(context, asked[number]))


def _told(context: AppContext, question: pictures.Question) -> dict[str, Any]:
    cast = cast_of(context)
    pair = pictures.answer(question, cast.people, cast.recognizer)
    return {
        "images": [data_url(picture) for picture in pair.pictures],
        "numbers": np.round(pair.embeddings.numpy(), 4).tolist(),
        "same": question.same,
        "kind": question.kind,
        "angle": pair.angle,
    }
