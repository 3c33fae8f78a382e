"""Lesson 5 for the page: rows of pictures of one person, and how many scattered requests are lost."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hyperface.drawing import data_url
from hyperface.errors import InputError, require
from hyperface.lessons import variety
from hyperface.ui.learn.asked import number, whole
from hyperface.ui.learn.heads import cast_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said
from hyperface.ui.parts.run_view import Question

GENERATORS = ("gan", "heads")


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """begin: the curves. row: pictures of `person` with `beta` by `generator`."""
    what = question.get("what")
    if what == "begin":
        return context.cached("lesson variety", lambda: _curves(context))
    if what == "row":
        generator = str(question.get("generator"))
        require(generator in GENERATORS, f"The lesson draws with {' and '.join(GENERATORS)}; not with {generator!r}.")
        person, beta, cast = whole(question, "person"), number(question, "beta"), cast_of(context, generator)
        people = cast.gallery.embeddings[: variety.PEOPLE]
        row = variety.row(person, people, beta, cast.generator, cast.recognizer, seed=person)
        images = [data_url(picture) for picture in row.pictures]
        return {"images": images, "degrees": row.degrees.tolist(), "own": row.own.tolist()}
    raise InputError(f"The lesson cannot be asked {said(what)}.")


def _curves(context: AppContext) -> dict[str, Any]:
    cast = cast_of(context)
    random = cast.gallery.embeddings[: variety.PEOPLE]
    packed = variety.packed(random, cast.gallery.embeddings, cast.span)
    return {
        "people": len(random),
        "random": [asdict(variety.scatter(random, beta)) for beta in variety.BETAS],
        "packed": [asdict(variety.scatter(packed, beta)) for beta in variety.BETAS],
    }
