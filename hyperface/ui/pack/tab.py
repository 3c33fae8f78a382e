"""The Pack tab: identities moving apart on the sphere."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hyperface.defaults import PAIRS
from hyperface.errors import HyperFaceError, InputError
from hyperface.jobs.pack import PackOptions, create
from hyperface.runs import DONE
from hyperface.ui.pack.ahead import work_ahead
from hyperface.ui.pack.estimates import packing_estimate
from hyperface.ui.pack.gallery_panel import gallery_panel
from hyperface.ui.pack.plain_sphere import plain_sphere
from hyperface.ui.pack.span_panel import span_panel
from hyperface.ui.pack.view import pack_view
from hyperface.ui.parts import worker
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.choices import CPU, device_choice
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE, COPIED, NEWEST, QUIET, Given, Updates, components_of, values_of
from hyperface.ui.parts.gradio_internals import changing_dropdown
from hyperface.ui.parts.remembered import remember
from hyperface.ui.parts.run_picker import keeping, picker_at, picker_update
from hyperface.ui.parts.toasts import toasts

FRAMES = 60  # of a packing that is watched: enough for five a second while a thousand people are packed
OBJECTIVE_CHOICES = [
    ("soft maximum: all close pairs at once", "soft"),
    ("the paper's: the closest pair", "paper"),
    ("the paper's, on a part drawn anew for each step", "stochastic"),
    ("each identity's nearest pair", "nearest"),
]
MOST_IDENTITIES = 10_000


@dataclass(frozen=True)
class PackControls:
    """The controls of the tab; what they are set to becomes the options of the packing that is started."""

    identities: gr.Slider
    span: gr.Slider
    alpha: gr.Slider
    steps: gr.Slider
    objective: gr.Radio
    gallery: gr.Dropdown
    learning_rate: gr.Number
    seed: gr.Number
    umap: gr.Checkbox
    device: gr.Radio


def build(page: AppPage, tab: gr.Tab) -> None:
    """Lay out the tab, which shows the run of the page's picker. tab: opened fires its select event."""
    context, packing = page.context, page.packing
    with gr.Row(elem_classes=["hf-columns", "hf-content-first"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            controls = _controls(page)
            span_panel(context, controls.span, controls.gallery)
            expected = gr.HTML(elem_classes=["hf-estimate"], apply_default_css=False, js_on_load=None)
            begin = gr.Button("Pack", variant="primary", elem_id="pack-begin")
            gallery_panel(page, controls.gallery, controls.device, lambda: gallery_choices(context))
        with gr.Column(scale=3, min_width=320):
            view = pack_view(context, packing.value)
            plain_sphere()

    def start(given: Given) -> Updates:
        name = start_packing(context, **values_of(controls, given))
        return {packing: picker_at(context, "pack", name), page.strip: {"run": name, "own": True}}

    def estimate(given: Given) -> str:
        values = values_of(controls, given)
        with suppress(HyperFaceError):  # whoever presses Pack is told
            work_ahead(context, _options(context, values))
        return packing_estimate(context, values["identities"], values["steps"], values["device"])

    def refresh(name: str | None) -> dict[str, Any]:
        return picker_update(context, "pack", name)

    def galleries(chosen: str | None) -> dict[str, Any]:
        return keeping(gallery_choices(context), chosen, PackOptions.gallery)

    told = [controls.identities.change, controls.steps.change, controls.device.change]
    first_seen = [controls.gallery.change, controls.span.change, controls.seed.change]
    moments = [page.blocks.load, tab.select, *told, *first_seen]
    gr.on(moments, estimate, components_of(controls), expected, **NEWEST)
    gr.on([page.blocks.load, tab.select], galleries, controls.gallery, controls.gallery, **AT_ONCE)
    begin.click(toasts(start), components_of(controls), [packing, page.strip], **QUIET)
    remember(page.blocks, "pack", controls, but=["device"])
    packing.change(inputs=packing, outputs=view, **COPIED)
    view.ended(refresh, packing, packing, **AT_ONCE)


def _controls(page: AppPage) -> PackControls:
    default = PackOptions()
    identities = gr.Slider(10, MOST_IDENTITIES, value=500, step=10, label="Identities", info="How many people to make.")
    span = gr.Slider(
        0,
        128,
        value=PAIRS[0].span,
        step=1,
        label="Stay where faces can be drawn",
        info="Stay inside the gallery's strongest directions, where the generator can draw. 0: anywhere.",
    )
    alpha = gr.Slider(
        0,
        2,
        value=default.alpha,
        step=0.05,
        label="Keep face-like",
        info="α: how strongly they are pulled towards random faces; 0 only moves apart.",
    )
    with gr.Accordion("More", open=False):
        steps = gr.Slider(10, 1000, value=default.steps, step=10, label="Steps", info="Moves of every identity.")
        objective = gr.Radio(
            OBJECTIVE_CHOICES,
            value=default.objective,
            label="Optimise",
            info="What pushes the points. The paper's objective is what is reported either way.",
        )
        gallery = changing_dropdown(
            gallery_choices(page.context),
            value=default.gallery,
            label="Gallery",
            info="Random faces: where the points start and what α pulls towards.",
        )
        learning_rate = gr.Number(0, label="Learning rate", info="Size of a move. 0: tuned to what is optimised.")
        umap = gr.Checkbox(
            label="Draw umap-learn's map as well",
            info="When all are packed, beside our own steady map: some 15 seconds and more.",
        )
        seed = gr.Number(default.seed, precision=0, label="Seed", info="The same seed gives the same packing.")
        device = device_choice(page.blocks, elem_id="pack-device")
    return PackControls(identities, span, alpha, steps, objective, gallery, learning_rate, seed, umap, device)


def gallery_choices(context: AppContext) -> list[tuple[str, str]]:
    """(what to show, name) of the galleries to start from: those that ship, then those made here."""
    made = [(run.title, run.name) for run in context.runs("gallery") if run.status().state == DONE]
    shipped = [(f"10,000 {pair.title}, ready-made", pair.gallery) for pair in PAIRS]
    return [*shipped, *made]


def start_packing(context: AppContext, **values: Any) -> str:
    """Start a packing with these values of the controls and return the name of its run. InputError if it cannot be."""
    options = _options(context, values)
    options.check()
    options.check_gallery(len(context.gallery(options.gallery)))
    return worker.begin(context, lambda folder: create(options, folder=folder)).name


def _options(context: AppContext, values: dict[str, Any]) -> PackOptions:
    return pack_options(**values | {"gallery": context.gallery_place(values["gallery"])})


def pack_options(
    *,
    identities: float | None,
    span: float | None,
    alpha: float,
    steps: float | None,
    objective: str,
    gallery: str,
    learning_rate: float | None,
    seed: float | None,
    umap: bool = False,
    device: str = CPU,
) -> PackOptions:
    """The controls' values as options. InputError for an empty field that cannot be."""
    if seed is None or seed < 0:
        raise InputError("The seed is empty or negative. Give a whole number, 0 or more.")
    if identities is None or steps is None:
        raise InputError("Give the number of identities and of steps.")
    return PackOptions(
        identities=int(identities),
        gallery=gallery,
        alpha=float(alpha),
        span=int(span) if span else None,
        steps=int(steps),
        objective=objective,
        learning_rate=float(learning_rate) if learning_rate else None,
        seed=int(seed),
        umap=bool(umap),
        device=device,
        frames=FRAMES,
    )
