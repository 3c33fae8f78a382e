"""Lesson 4 for the page: four requests within a span, and what is drawn for them."""

from __future__ import annotations

from typing import Any

from hyperface.drawing import data_url
from hyperface.errors import InputError
from hyperface.lessons import requests
from hyperface.ui.learn.asked import whole
from hyperface.ui.learn.heads import cast_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said
from hyperface.ui.parts.run_view import Question


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """begin: what share of the differences each span holds. draw: four requests in `span` directions, by `seed`."""
    what = question.get("what")
    if what == "begin":
        gallery = cast_of(context).gallery.embeddings
        shares = context.cached("lesson requests", lambda: requests.shares(gallery))
        return {"shares": {str(size): share for size, share in shares.items()}}
    if what == "draw":
        seed, cast = whole(question, "seed"), cast_of(context)
        wanted = requests.anybody(cast.gallery.embeddings, whole(question, "span"), seed=seed)
        drawn = requests.draw(wanted, cast.generator, cast.recognizer, seed=seed)
        return {
            "images": [data_url(picture) for picture in drawn.pictures],
            "missed": drawn.missed.tolist(),
            "asked": drawn.asked_apart,
            "drawn": drawn.drawn_apart,
        }
    raise InputError(f"The lesson cannot be asked {said(what)}.")
