"""The part of the Identities tab that walks from one identity to another along the great circle."""

from __future__ import annotations

import gradio as gr

from hyperface.errors import InputError
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.packed import gallery_of, load_packed
from hyperface.ui.parts.pictures import picture
from hyperface.ui.parts.toasts import toasts

STATIONS = 9  # faces of the strip, both ends included


def geodesic_panel(context: AppContext, packing: gr.Dropdown) -> None:
    """Lay out the panel. packing: the page's run picker."""
    with gr.Accordion("From one identity to another", open=False, elem_id="geodesic") as panel:
        with gr.Row():
            start = gr.Number(0, label="From identity", precision=0, minimum=0, elem_id="geodesic-from")
            end = gr.Number(1, label="To identity", precision=0, minimum=0, elem_id="geodesic-to")
            style = gr.Number(0, label="Style", precision=0, minimum=0)
        strip = gr.HTML(apply_default_css=False, elem_id="geodesic-strip", min_height=90)
        share = gr.Slider(0, 100, 50, step=1, label="How far along, %", elem_id="geodesic-share")
        face = gr.HTML(apply_default_css=False, elem_id="geodesic-face", min_height=160)

    def walk(name: str | None, first: float | None, second: float | None, seed: float | None) -> str:
        shares = [station / (STATIONS - 1) for station in range(STATIONS)]
        drawn, seen, angle = _along(context, name, first, second, seed, shares)
        items = "".join(
            f"<li>{picture(image, f'{100 * share:.0f} % along')}<span>{share * angle:.0f}°</span></li>"
            for share, image in zip(shares, drawn, strict=True)
        )
        return (
            f'<ul class="hf-strip">{items}</ul><p class="hf-note">Equal steps of the requested angle, {angle:.1f}° in '
            f"all. Embedded again, the two ends are {seen[-1]:.1f}° apart.</p>"
        )

    def step(name: str | None, first: float | None, second: float | None, seed: float | None, percent: float) -> str:
        drawn, seen, angle = _along(context, name, first, second, seed, [0.0, percent / 100])
        return (
            f'<figure class="hf-pair"><div class="hf-pair-face">{picture(drawn[1], "The face at this place")}</div>'
            f'<div class="hf-pair-angle"><b class="hf-number">{angle * percent / 100:.1f}°</b><span>asked for</span>'
            f'<b class="hf-number hf-second">{seen[1]:.1f}°</b><span>in the picture</span></div></figure>'
        )

    def both(*values: float) -> tuple[str, str]:
        return walk(*values[:-1]), step(*values)

    asked = [packing, start, end, style, share]
    changes = [packing.change, start.change, end.change, style.change]
    when_open(panel, both, asked, [strip, face], also=changes)
    share.input(toasts(step), asked, face, api_visibility="private", show_progress="hidden", trigger_mode="always_last")


def _along(
    context: AppContext, name: str | None, first: float | None, second: float | None, seed: float | None, shares: list
) -> tuple:
    """Faces at these shares of the way, each one's angle to the first as seen, and the angle of the whole way asked."""
    import torch

    from hyperface import sphere
    from hyperface.realization import realize

    packed = load_packed(context, name)
    if None in (first, second, seed):
        raise InputError("A number is missing: fill in both identities and the style.")
    for number in (first, second):
        if not 0 <= number < len(packed):
            raise InputError(f"Identities of this packing are numbered from 0 to {len(packed) - 1}.")
    ends = packed.embeddings[[int(first), int(second)]]  # (2, d)
    way = sphere.geodesic(ends[:1], ends[1:], torch.tensor(shares))  # (k, d)
    recognizer = context.recognizer(gallery_of(context, packed.run).recognizer)
    drawn = realize(way, [int(seed)], context.generator(), recognizer)
    seen = torch.rad2deg(sphere.angles(drawn.embeddings[:1, 0], drawn.embeddings[:, 0]))  # (k,)
    return drawn.images[:, 0], seen.tolist(), float(torch.rad2deg(sphere.angles(ends[0], ends[1])))
