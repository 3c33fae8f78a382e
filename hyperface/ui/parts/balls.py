"""Points on a sphere as a component: the page's own sphere (parts/sphere/), filled from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from hyperface.errors import InputError
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.encoded import hundredths
from hyperface.ui.parts.figure_block import figure_block
from hyperface.ui.parts.packed import Packed, load_packed
from hyperface.ui.parts.people import face_sheet
from hyperface.ui.parts.questions import whole
from hyperface.ui.parts.run_view import Question, ServerFunction, answers

Ball = dict[str, Any]


@dataclass(frozen=True)
class Guests:
    """Points beside a packing's n people. angles: (m, n + m), degrees from each to the people and to each other.
    pictures: m addresses (`data:`) of their faces."""

    angles: np.ndarray
    pictures: Sequence[str]


def ball(
    value: Ball | None = None,
    *,
    label: str,
    height: int = 420,
    elem_id: str | None = None,
    context: AppContext | None = None,
) -> gr.HTML:
    """A component whose value is made by `ball_of`; None shows nothing.

    label: what it shows, read out to those who do not see it. context: where the people of a packing are looked up, for
    a ball of them: they are shown as faces, and whoever is clicked, or walked to, is chosen on the whole page.
    """
    functions = [] if context is None else _functions(context)
    return figure_block(
        "sphereView", value, _TEMPLATE, label=label, height=height, elem_id=elem_id, server_functions=functions
    )


def ball_of(
    points: np.ndarray,
    *,
    marked: Sequence[int] = (),
    words: Mapping[int, str] | None = None,
    links: np.ndarray | None = None,
    caps: float | None = None,
    people: Packed | None = None,
    guests: Guests | None = None,
) -> Ball:
    """Points (n, 3), unit rows.

    marked: those that stand out; the first is turned to the eye, when it was another one before. words: what is written
    beside some of them. links: pairs (l, 2) that an arc joins. caps: the radius in degrees of a circle around each.
    people: the packing whose people the first points are. guests: what is known of the points after them.
    """
    return {
        "points": points.round(4).ravel().tolist(),
        "marked": [int(number) for number in marked],
        "words": [[int(number), text] for number, text in (words or {}).items()],
        "links": [] if links is None else links.tolist(),
        "caps": caps,
        "people": None if people is None else {"run": people.run.name, "count": len(people)},
        "guests": None if guests is None else {"angles": hundredths(guests.angles), "pictures": list(guests.pictures)},
    }


def angles_from(context: AppContext, question: Question) -> dict[str, Any]:
    """True angles from the packed person `identity` of a run to everybody, as `hundredths` tells them."""
    packed, person = load_packed(context, str(question.get("run"))), whole(question.get("identity"), "identity")
    if not 0 <= person < len(packed):
        raise InputError(f"There is no identity {person}: they are numbered from 0 to {len(packed) - 1}.")
    return {"angles": hundredths(packed.angles_from(person))}


def _functions(context: AppContext) -> list[ServerFunction]:
    @answers
    def sheet(question: Question) -> dict[str, Any]:
        return face_sheet(context, question)

    @answers
    def angles(question: Question) -> dict[str, Any]:
        return angles_from(context, question)

    return [sheet, angles]


_TEMPLATE = """
<div class="hf-ball-box">
  <div class="hf-views" role="group" aria-label="How the sphere is shown" hidden>
    <button type="button" class="hf-view" data-view="person" aria-pressed="false">From one person</button>
    <button type="button" class="hf-view" data-view="map" aria-pressed="true">The whole map</button>
  </div>
  <div class="hf-ball-place">
    <div class="hf-ball-here" data-label="@label" style="height:@height"></div>
    <div class="hf-sphere-tip" hidden></div>
  </div>
  <p class="hf-note hf-ball-note"></p>
</div>
"""
