"""A person enlarged: a window over the page with a portrait that turns, sliders, and words for how the person differs.

The page asks for one picture after the other, the newest question only (portrait.js); nothing is kept for a visitor.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import gradio as gr

from hyperface.drawing import data_url
from hyperface.errors import HyperFaceError
from hyperface.ui.identities.portrayed import WORDS, face, portrayed, sitter, unbroken
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import QUIET
from hyperface.ui.parts.packed import load_packed
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.questions import number
from hyperface.ui.parts.run_view import Question, answers
from hyperface.ui.parts.scripts import component_script
from hyperface.ui.parts.toasts import show

FINE, COARSE, SMALL = 448, 224, 112  # pixels: at rest, while something moves, of the nearest person
TURN_STEP = 5  # degrees between two views
LIMITS = {"yaw": 90, "pitch": 30, "light": 90}  # largest value of a slider to either side, degrees


def portrait_view(context: AppContext) -> gr.HTML:
    """The window. A picture's button with `data-who` (`portrayed.face`), anywhere on the page, opens it."""

    @answers
    def begin(question: Question) -> dict[str, Any]:
        return beginning(context, question)

    @answers
    def draw(question: Question) -> dict[str, Any]:
        return {"image": portrait_of(context, question)}

    @answers
    def compare(question: Question) -> dict[str, Any]:
        return {"html": nearest_text(context, question)}

    view = gr.HTML(
        html_template=_template(),
        js_on_load=component_script("portraitView", events=("submit",), settings={"step": TURN_STEP}),
        server_functions=[begin, draw, compare],
        apply_default_css=False,
        elem_id="portrait-view",
    )
    view.submit(_refused, **QUIET)
    return view


def beginning(context: AppContext, question: Question) -> dict[str, Any]:
    """Who is shown, where the sliders start, and the expressions on offer, for a question {"who": …}."""
    who = portrayed(question.get("who"))
    portraits, request = sitter(context, who)
    (sitting,) = portraits.sittings(request, [who.style])
    return {
        "title": who.title,
        "note": f"Style {who.style}" + (f", β = {who.beta:g}" if who.beta else ""),
        "sitting": asdict(sitting),
        "expressions": list(portraits.expressions),
    }


def portrait_of(context: AppContext, question: Question) -> str:
    """The address (`data:`) of a portrait. question: {"who", "fine", "yaw", "pitch", "light", "age", "expression"},
    degrees, an age in [0, 1], and a name or None for the style's own expression."""
    from hyperface.images import to_uint8

    who = portrayed(question.get("who"))
    portraits, request = sitter(context, who)
    asked = {name: _number(question, name) for name in ("yaw", "pitch", "light", "age")}
    expression = question.get("expression")
    image = portraits.portrait(
        request,
        [who.style],
        size=FINE if question.get("fine") else COARSE,
        expression=None if expression is None else str(expression),
        **asked,
    )
    return data_url(to_uint8(image)[0])


def nearest_text(context: AppContext, question: Question) -> str:
    """HTML: the person that this one is compared with, and what differs: the nearest, or of a way its start."""
    from hyperface.images import to_uint8

    who = portrayed(question.get("who"))
    portraits, request = sitter(context, who)
    packed = load_packed(context, who.packing)
    if who.other is None:
        number, title = int(packed.nearest[who.identity]), "Nearest"
        told = f"Identity {number}, {float(packed.nearest_angle[who.identity]):.1f}° away"
    else:
        number, title, told = who.identity, "Beside where the way starts", f"Identity {who.identity}"
    other = replace(who, identity=number, beta=0.0, other=None, share=0.0)
    against = other.request(packed)
    image = portraits.portrait(against, [who.style], size=SMALL)
    (words,) = portraits.differences(request, against, count=WORDS)
    items = "".join(f"<li>{escape(word)}</li>" for word in unbroken(words)) or "<li>nothing to speak of</li>"
    return (
        f'<div class="hf-portrait-other">{face(to_uint8(image)[0], f"Enlarge identity {number}", other)}'
        f"<p><b>{escape(title)}</b><span>{escape(told)}</span></p></div>"
        f'<p class="hf-note">{escape(who.title)} has, beside this one, in σ over random people:</p>'
        f'<ul class="hf-portrait-words">{items}</ul>'
    )


def _number(question: Question, name: str) -> float | None:
    value = question.get(name)
    return None if value is None else number(value, f"portrait's {name}")


def _refused(event: gr.EventData) -> None:
    """A window that could not open says why as a toast."""
    show(HyperFaceError(str(getattr(event, "message", ""))))


def _slider(name: str, label: str, low: int, high: int, step: int, unit: str) -> str:
    return (
        f'<label class="hf-portrait-slider"><span>{label}</span><output></output>'
        f'<input type="range" name="{name}" min="{low}" max="{high}" step="{step}" value="0" data-unit="{unit}">'
        "</label>"
    )


def _template() -> str:
    ranges = (("yaw", "Turn"), ("pitch", "Up and down"), ("light", "Light from the side"))
    sliders = "".join(_slider(name, label, -LIMITS[name], LIMITS[name], TURN_STEP, "°") for name, label in ranges)
    return _TEMPLATE.replace("@sliders", sliders + _slider("age", "Age: from young to old", 0, 100, 5, " %"))


_TEMPLATE = """
<dialog class="hf-portrait" aria-labelledby="hf-portrait-title">
  <div class="hf-portrait-head">
    <div><h2 class="hf-heading" id="hf-portrait-title"></h2><p class="hf-note hf-portrait-note"></p></div>
    <button type="button" class="hf-button hf-portrait-close" aria-label="Close">
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3l10 10M13 3L3 13"/></svg></button>
  </div>
  <div class="hf-portrait-body">
    <div class="hf-portrait-left">
      <div class="hf-portrait-stage" tabindex="0" role="slider" aria-label="Turn the head" aria-valuemin="-90"
        aria-valuemax="90" aria-valuenow="0" autofocus><img alt="" draggable="false" decoding="sync"></div>
      <div class="hf-portrait-below">
        <p class="hf-note">Drag the picture, or press the arrow keys, to turn this person.</p>
        <button type="button" class="hf-download hf-portrait-round">Turn this person</button>
      </div>
      <p class="hf-problems hf-portrait-problem" role="alert" hidden></p>
    </div>
    <div class="hf-portrait-right">
      <div class="hf-portrait-sliders">@sliders
        <label class="hf-portrait-slider"><span>Expression</span><select name="expression"></select></label>
        <button type="button" class="hf-download hf-portrait-reset">Reset</button>
      </div>
      <div class="hf-portrait-near" aria-live="polite"></div>
    </div>
  </div>
</dialog>
"""
