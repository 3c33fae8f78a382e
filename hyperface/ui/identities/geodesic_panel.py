"""The part of the Identities tab that walks from one identity to another along the great circle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import gradio as gr

from hyperface.errors import InputError
from hyperface.ui.identities.portrayed import Portrayed, difference_text, face, portraits_of
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import LATEST, Given, Updates, components_of, values_of
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.numbers import typed_number
from hyperface.ui.parts.packed import Packed, gallery_of, load_packed
from hyperface.ui.parts.toasts import toasts

if TYPE_CHECKING:
    import torch

END = "To identity"
STATIONS = 9  # faces of the strip, both ends included


@dataclass(frozen=True)
class WalkControls:
    """From which identity to which, in which style."""

    start: gr.Number
    end: gr.Textbox
    style: gr.Number
    generator: gr.Dropdown


@dataclass(frozen=True)
class Walk:
    """Places on the great circle between two identities. images: (k, 3, h, w), the faces drawn there. seen: k, degrees,
    each one's angle to the first as its picture has it. end: the identity that it leads to. angle: of the whole way,
    as asked for, degrees. who: k, whom each picture enlarges, None for nobody. difference: HTML of what the end has
    more or less of than the start."""

    images: torch.Tensor
    seen: list[float]
    end: int
    angle: float
    who: list[Portrayed | None]
    difference: str


def geodesic_panel(page: AppPage, generator: gr.Dropdown) -> WalkControls:
    """Lay out the panel. generator: the tab's. The walk begins with whoever is chosen on the page."""
    context, packing = page.context, page.packing
    with gr.Accordion("From one identity to another", open=False, elem_id="geodesic") as panel:
        with gr.Row():
            start = gr.Number(0, label="From identity", precision=0, minimum=0, elem_id="geodesic-from")
            end = gr.Textbox(label=END, placeholder="its nearest", max_lines=1, elem_id="geodesic-to")
            style = gr.Number(0, label="Style", precision=0, minimum=0)
        controls = WalkControls(start, end, style, generator)
        strip = gr.HTML(apply_default_css=False, elem_id="geodesic-strip", min_height=90)
        share = gr.Slider(0, 100, 50, step=1, label="How far along, %", elem_id="geodesic-share")
        face = gr.HTML(apply_default_css=False, elem_id="geodesic-face", min_height=160)

    def walked(given: Given, shares: list[float]) -> Walk:
        values = values_of(controls, given)
        values["end"] = typed_number(values["end"], END)
        return walk(load_packed(context, given[packing]), context, shares, **values)

    def step(given: Given) -> Updates:
        part = given[share] / 100
        return {face: face_text(part, walked(given, [0.0, part]))}

    def both(given: Given) -> Updates:
        shares = [station / (STATIONS - 1) for station in range(STATIONS)]
        return {strip: strip_text(shares, walked(given, shares)), **step(given)}

    asked = {packing, share, *components_of(controls)}
    changes = [*page.packing_shown, start.change, end.submit, end.blur, style.change, generator.change]
    when_open(panel, both, asked, [strip, face], also=changes)
    share.input(toasts(step), asked, face, **LATEST)
    return controls


def strip_text(shares: list[float], walk: Walk) -> str:
    """HTML of the faces along the way."""
    items = "".join(
        f"<li>{face(image, f'{100 * share:.0f} % along', who)}<span>{share * walk.angle:.0f}°</span></li>"
        for share, image, who in zip(shares, walk.images, walk.who, strict=True)
    )
    return (
        f'<ul class="hf-strip">{items}</ul><p class="hf-note">To identity {walk.end}, in equal steps of the requested '
        f"angle, {walk.angle:.1f}° in all. Embedded again, the two ends are {walk.seen[-1]:.1f}° apart.</p>"
        f"{walk.difference}"
    )


def face_text(share: float, walk: Walk) -> str:
    """HTML of the second of two faces, which is at this share of the way from the first."""
    shown = face(walk.images[1], "The face at this place", walk.who[1])
    return (
        f'<figure class="hf-pair"><div class="hf-pair-face">{shown}</div>'
        f'<div class="hf-pair-angle"><b class="hf-number">{walk.angle * share:.1f}°</b><span>asked for</span>'
        f'<b class="hf-number hf-second">{walk.seen[1]:.1f}°</b><span>in the picture</span></div></figure>'
    )


def walk(
    packed: Packed,
    context: AppContext,
    shares: list[float],
    *,
    start: float | None,
    end: float | None,
    style: float | None,
    generator: str | None = None,
) -> Walk:
    """Faces at these shares of the way. end: None is the one nearest to the start. InputError for another empty field,
    or an identity that is not there."""
    import torch

    from hyperface import sphere
    from hyperface.realization import realize

    if start is None or style is None:
        raise InputError("A number is missing: fill in the first identity and the style.")
    for number in (start, end):
        if number is not None and not 0 <= number < len(packed):
            raise InputError(f"Identities of this packing are numbered from 0 to {len(packed) - 1}.")
    end = int(packed.nearest[int(start)]) if end is None else end
    ends = packed.embeddings[[int(start), int(end)]]  # (2, d)
    way = sphere.geodesic(ends[:1], ends[1:], torch.tensor(shares))  # (k, d)
    recognizer = context.recognizer(gallery_of(context, packed.run).recognizer)
    name = context.artist_name(packed.space, generator)
    artist = context.artist(packed.space, name)
    drawn = realize(way, [int(style)], artist, recognizer)
    seen = torch.rad2deg(sphere.angles(drawn.embeddings[:1, 0], drawn.embeddings[:, 0]))  # (k,)
    who: list[Portrayed | None] = [None] * len(shares)
    if portraits_of(artist) is not None:
        at = Portrayed(packed.run.name, name, int(start), int(style), other=int(end))
        who = [replace(at, share=share) for share in shares]
    difference = difference_text(artist, ends[1], ends[0], (f"Identity {end:.0f}", f"identity {start:.0f}"))
    angle = float(torch.rad2deg(sphere.angles(ends[0], ends[1])))
    return Walk(drawn.images[:, 0], seen.tolist(), int(end), angle, who, difference)
