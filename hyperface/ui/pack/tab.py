"""The Pack tab: identities moving apart on the sphere."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.context import Context

from hyperface.errors import InputError
from hyperface.jobs.pack import PackOptions, create
from hyperface.runs import DONE
from hyperface.ui.pack.plain_sphere import plain_sphere
from hyperface.ui.pack.span_panel import span_panel
from hyperface.ui.pack.view import pack_view
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.estimates import packing_estimate
from hyperface.ui.parts.run_picker import picker_at, picker_update
from hyperface.ui.parts.toasts import toasts

OBJECTIVE_CHOICES = [
    ("soft maximum: all close pairs at once", "soft"),
    ("the paper's: the closest pair", "paper"),
    ("the paper's, on a part drawn anew for each step", "stochastic"),
    ("each identity's nearest pair", "nearest"),
]
MOST_IDENTITIES = 10_000
SHIPPED_GALLERY = "gan-10k"


def build(context: AppContext, packing: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the tab. packing: the page's run picker, whose run is shown here."""
    default = PackOptions()
    with gr.Row(elem_classes=["hf-columns"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            identities = gr.Slider(
                10, MOST_IDENTITIES, value=500, step=10, label="Identities", info="How many people to make."
            )
            span = gr.Slider(
                0,
                128,
                value=40,
                step=1,
                label="Span",
                info="Stay inside the gallery's strongest directions, where the generator can draw. 0: anywhere.",
            )
            alpha = gr.Slider(
                0, 2, value=default.alpha, step=0.05, label="α", info="Pull towards the gallery; 0 only moves apart."
            )
            with gr.Accordion("More", open=False):
                steps = gr.Slider(
                    10, 1000, value=default.steps, step=10, label="Steps", info="Moves of every identity."
                )
                objective = gr.Radio(
                    OBJECTIVE_CHOICES,
                    value=default.objective,
                    label="Optimise",
                    info="What pushes the points. The paper's objective is what is reported either way.",
                )
                gallery_name = gr.Dropdown(
                    gallery_choices(context),
                    value=default.gallery,
                    label="Gallery",
                    info="Random faces: where the points start and what α pulls towards.",
                )
                learning_rate = gr.Number(
                    0, label="Learning rate", info="Size of a move. 0: tuned to what is optimised."
                )
                seed = gr.Number(default.seed, precision=0, label="Seed", info="The same seed gives the same packing.")
            span_panel(context, span, gallery_name)
            expected = gr.HTML(elem_classes=["hf-estimate"], apply_default_css=False, js_on_load=None)
            begin = gr.Button("Pack", variant="primary", elem_id="pack-begin")
        with gr.Column(scale=3, min_width=320):
            view = pack_view(context, packing.value)
            plain_sphere()

    @toasts
    def start(*values: Any) -> gr.Dropdown:
        options = _options(*values)
        options.check()
        options.check_gallery(len(context.gallery(options.gallery)))
        worker.check_free(context)
        run = create(options, folder=context.runs_folder)
        worker.start(context, run)
        return picker_at(context, "pack", run.name)

    gr.on(
        [Context.root_block.load, tab.select, identities.change, steps.change],
        lambda *values: packing_estimate(context, *values),
        [identities, steps],
        expected,
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    controls = [identities, span, alpha, steps, objective, gallery_name, learning_rate, seed]
    begin.click(start, controls, packing, show_progress="hidden", api_visibility="private")
    packing.change(lambda name: name, packing, view, show_progress="hidden", queue=False, api_visibility="private")
    view.ended(
        lambda name: picker_update(context, "pack", name),
        packing,
        packing,
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )


def gallery_choices(context: AppContext) -> list[tuple[str, str]]:
    """(what to show, name or path) of the galleries to start from: the one that ships, then those made here."""
    made = [(run.title, str(run.path)) for run in context.runs("gallery") if run.status().state == DONE]
    return [("ready-made: 10,000 faces", SHIPPED_GALLERY), *made]


def _options(
    identities: float,
    span: float,
    alpha: float,
    steps: float,
    objective: str,
    gallery: str,
    learning_rate: float | None,
    seed: float | None,
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
    )
