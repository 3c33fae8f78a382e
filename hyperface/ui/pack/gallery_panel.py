"""The part of the Pack tab that makes another gallery: who draws its faces, and whose sphere they are packed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hyperface import offers
from hyperface.defaults import GALLERY_GENERATOR, PAIRS, recognizer_for
from hyperface.errors import InputError
from hyperface.offers import capital, check_offered
from hyperface.ui.parts import worker
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.choices import CPU, offer
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE, LATEST, QUIET, Given, Updates, components_of, values_of
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.toasts import toasts
from hyperface.words import duration

MOST_FACES = 20_000
SHIPPED = {pair.gallery_generator: pair.title for pair in PAIRS}
NOTE = (
    "A packing starts from these faces and lies on the sphere of what sees them; its people are drawn by a generator "
    "for the same recogniser, such as Arc2Face for the ArcFace that it was trained with."
)


@dataclass(frozen=True)
class GalleryControls:
    """What they are set to becomes the options of the gallery that is made."""

    generator: gr.Dropdown
    recognizer: gr.Dropdown
    count: gr.Slider
    device: gr.Radio  # the tab's


def gallery_panel(
    page: AppPage, gallery: gr.Dropdown, device: gr.Radio, choices: Callable[[], list[tuple[str, str]]]
) -> None:
    """Lay out the panel. gallery: the tab's choice, which takes the new one; choices: what it offers then. device: the
    tab's choice of where to compute."""
    context = page.context
    with gr.Accordion("Another gallery", open=False, elem_id="gallery-panel"):
        gr.HTML(f'<p class="hf-note">{NOTE}</p>', apply_default_css=False)
        controls = _controls(page, device)
        expected = gr.HTML(apply_default_css=False, elem_id="gallery-estimate")
        begin = gr.Button("Make the gallery", elem_id="gallery-begin")
        progress = run_progress(context, elem_id="gallery-progress")

    def start(given: Given) -> Updates:
        return {progress: start_gallery(context, **values_of(controls, given))}

    def made(name: str) -> dict[str, Any]:
        run = context.run(name)
        return gr.update(choices=choices(), value=run.name) if run.results() else gr.update(choices=choices())

    begin.click(toasts(start), components_of(controls), [progress], **QUIET)
    progress.finished(toasts(made), progress, gallery, **QUIET)
    controls.generator.change(usual_recognizer, controls.generator, controls.recognizer, **AT_ONCE)
    asked = [controls.generator, controls.count, controls.device]
    moments = [controls.generator.change, controls.count.change, controls.device.change]
    gr.on(moments, estimate, asked, expected, queue=False, **LATEST)


def _controls(page: AppPage, device: gr.Radio) -> GalleryControls:
    generator = gr.Dropdown(
        [(capital(title), name) for name, title in SHIPPED.items()],
        value=GALLERY_GENERATOR,
        label="Faces drawn by",
        elem_id="gallery-generator",
    )
    offer(page.blocks, offers.gallery_generators, generator, "What can draw faces", elem_id="gallery-offers")
    recognizer = gr.Dropdown(
        [(pair.recognizer, pair.recognizer) for pair in PAIRS],
        value=recognizer_for(GALLERY_GENERATOR),
        label="Seen by",
        info="Whose sphere is packed.",
        elem_id="gallery-recognizer",
    )
    offer(page.blocks, offers.recognizers, recognizer, "What can see faces", elem_id="recognizer-offers")
    count = gr.Slider(10, MOST_FACES, value=1000, step=10, label="Faces", info="A packing may have as many people.")
    return GalleryControls(generator, recognizer, count, device)


def usual_recognizer(generator: str) -> str:
    """Who sees a gallery's faces if nobody says: of one that ships, its pair's; of others, the ArcFace that a generator
    on this machine draws, if there is one, else the first pair's."""
    if generator not in SHIPPED:
        there = [found.name for found in offers.recognizers() if found.available]
        for name in ("arc2face-arcface", "antelopev2", "buffalo_l"):
            if name in there:
                return name
    return recognizer_for(generator)


def estimate(generator: str, count: float, device: str) -> str:
    """One line of HTML: how long it will take, about, and how that is known."""
    found = next((each for each in offers.gallery_generators(device) if each.name == generator), None)
    if found is None or found.rate is None:
        return ""
    text = f"{int(count):,} faces: about {duration(count * found.rate.seconds)} to draw ({found.rate.origin})."
    return f'<p class="hf-note" role="status">{escape(text)}</p>'


def start_gallery(context: AppContext, *, generator: str, recognizer: str, count: float | None, device: str) -> str:
    """Make a gallery as the controls are set. Returns the run's name. InputError if something is missing for it."""
    from hyperface.jobs import gallery

    if count is None:
        raise InputError("Say how many faces the gallery is to have.")
    check_offered(offers.gallery_generators(device), generator)
    check_offered(offers.recognizers(), recognizer)
    options = gallery.GalleryOptions(
        generator=generator,
        recognizer=recognizer,
        count=int(count),
        device=device,
        precision="float32" if device == CPU else "fastest",
    )
    return worker.begin(context, lambda folder: gallery.create(options, folder=folder)).name
