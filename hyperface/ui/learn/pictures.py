"""Lesson 1 for the page: a pair of pictures, and the numbers that the recogniser makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from hyperface.drawing import data_url
from hyperface.errors import InputError
from hyperface.lessons import pictures
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_view import Question

if TYPE_CHECKING:
    from hyperface.generators.base import LinearPeople

GENERATOR = "heads"  # whose people are exactly the same in every picture


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """begin: how many pairs there are, and where the line is. pair: pair `number`, from 0."""
    what, number = question.get("what"), question.get("number", 0)
    if what not in ("begin", "pair"):
        raise InputError(f"The lesson cannot be asked {what!r}.")
    if not isinstance(number, int) or not 0 <= number < pictures.COUNT:
        raise InputError(f"There are pairs 0 to {pictures.COUNT - 1}; {number!r} was asked for.")
    generator = cast("LinearPeople", context.generator(GENERATOR))
    asked = context.cached(("lesson pictures", "questions"), lambda: pictures.questions(generator))
    if what == "begin":
        line = context.cached(("lesson pictures", "line"), lambda: pictures.line(generator))
        return {"count": len(asked), "line": line}
    return context.cached(("lesson pictures", number), lambda: _told(context, generator, asked[number]))


def _told(context: AppContext, generator: LinearPeople, question: pictures.Question) -> dict[str, Any]:
    recognizer = context.recognizer(context.generator(GENERATOR).recognizer)
    pair = pictures.answer(question, generator, recognizer)
    return {
        "images": [data_url(picture) for picture in pair.pictures],
        "numbers": np.round(pair.embeddings.numpy(), 4).tolist(),
        "same": question.same,
        "kind": question.kind,
        "angle": pair.angle,
    }
