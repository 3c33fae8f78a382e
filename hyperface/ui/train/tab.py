"""The Train tab: a recogniser from generated images."""

from __future__ import annotations

from typing import Any

import gradio as gr

from hyperface.errors import InputError
from hyperface.jobs import generate, train
from hyperface.jobs.generate import GenerateOptions
from hyperface.jobs.train import TrainOptions
from hyperface.runs import FAILED, Run
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.estimates import NEW, measured_estimate, training_estimate
from hyperface.ui.parts.run_picker import keeping, newest_at_load, picker_at, picker_update, run_choices, run_picker
from hyperface.ui.parts.toasts import toasts
from hyperface.ui.train.view import train_view

BACKBONES = [
    ("small: for a CPU", "small"),
    ("IR-18", "ir_18"),
    ("IR-34", "ir_34"),
    ("IR-50: for a GPU", "ir_50"),
    ("IR-100: for several", "ir_100"),
]
SCHEDULES = [("Cosine, to zero", "cosine"), ("Steps, as AdaFace", "step")]
NONE = ""
HEADS = [("AdaFace", "adaface"), ("ArcFace", "arcface"), ("CosFace", "cosface")]


def build(context: AppContext, packing: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the tab. packing: the page's run picker, which a new dataset is made from."""
    with gr.Row(elem_classes=["hf-columns"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            dataset = gr.Dropdown(
                dataset_choices(context),
                value=NEW,
                label="Dataset",
                info="Make one of the packing chosen above, or take one that was made before.",
                elem_id="train-dataset",
            )
            with gr.Group(elem_classes=["hf-plain"]) as making:
                identities = gr.Slider(
                    2, 2000, value=200, step=1, label="Identities", info="The packing's first so many people."
                )
                images = gr.Slider(2, 100, value=20, step=1, label="Images of each", info="Variations of every person.")
            against = gr.Dropdown(
                against_choices(context),
                value=NONE,
                label="Against",
                info="A second dataset to train on afterwards with the same budget: which one teaches more?",
                elem_id="train-against",
            )
            epochs = gr.Slider(
                1, 60, value=TrainOptions.epochs, step=1, label="Epochs", info="How often every image is seen."
            )
            with gr.Accordion("More", open=False):
                backbone = gr.Dropdown(BACKBONES, value="small", label="Backbone", info="The network that is trained.")
                head = gr.Radio(HEADS, value="adaface", label="Margin head", info="The loss that parts the identities.")
                schedule = gr.Radio(
                    SCHEDULES, value="cosine", label="Learning rate", info="How it falls after its warm-up."
                )
                batch = gr.Slider(
                    8, 512, value=TrainOptions.batch_size, step=8, label="Batch", info="Images in one step."
                )
                seed = gr.Number(0, precision=0, label="Seed", info="The same seed gives the same training.")
            expected = gr.HTML(elem_classes=["hf-estimate"], apply_default_css=False, js_on_load=None)
            begin = gr.Button("Train", variant="primary", elem_id="train-begin")
        with gr.Column(scale=3, min_width=320):
            picker = run_picker(context, "train", label="Training", elem_id="training-picker")
            newest_at_load(context, "train", picker)
            view = train_view(context, picker.value)

    sizes = [dataset, identities, images, against, epochs, backbone]

    @toasts
    def start(source: str, other: str, *values: Any) -> tuple[gr.Dropdown, ...]:
        packing_name, count, each, *training = values
        options = _options(*training)
        worker.check_free(context)
        data = _new_dataset(context, packing_name, count, each) if source == NEW else context.run(source)
        run = _create(context, data, context.run(other) if other else None, options)
        worker.start(context, run)
        made = gr.Dropdown(choices=dataset_choices(context), value=data.name)
        return picker_at(context, "train", run.name), made, gr.Dropdown(choices=against_choices(context))

    def opened(chosen: str | None, source: str, other: str) -> tuple[gr.Dropdown, ...]:
        return picker_update(context, "train", chosen), *_datasets(context, source, other)

    quiet = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
    begin.click(
        start,
        [dataset, against, packing, identities, images, epochs, backbone, head, schedule, batch, seed],
        [picker, dataset, against],
        show_progress="hidden",
        api_visibility="private",
    )
    picker.change(lambda name: name, picker, view, **quiet)
    for opening in (tab.select, view.ended):
        opening(opened, [picker, dataset, against], [picker, dataset, against], **quiet)
    dataset.change(lambda source: gr.Group(visible=source == NEW), dataset, making, **quiet)
    estimating = {"trigger_mode": "always_last", "api_visibility": "private", "show_progress": "hidden"}
    told = gr.on(
        [tab.select, *(control.change for control in sizes)],
        lambda *values: training_estimate(context, *values),
        sizes,
        expected,
        queue=False,
        **estimating,
    )
    # The first time a backbone is chosen, a few steps are taken to see how fast this machine is.
    told.then(lambda *values: measured_estimate(context, *values), sizes, expected, concurrency_limit=1, **estimating)


def dataset_choices(context: AppContext) -> list[tuple[str, str]]:
    """(what to show, name): a new one first, then those that are there or on the way."""
    ready_made = {run.name for run in context.runs("generate") if context.is_demo(run)}  # ships without its images
    made = [choice for choice in run_choices(context, "generate") if choice[1] not in ready_made]
    return [("New, from the packing", NEW), *made]


def against_choices(context: AppContext) -> list[tuple[str, str]]:
    """(what to show, name) of what a dataset can be compared with."""
    return [("Nothing: one training", NONE), *(choice for choice in dataset_choices(context) if choice[1] != NEW)]


def _datasets(context: AppContext, chosen: str, other: str) -> tuple[gr.Dropdown, gr.Dropdown]:
    """Both drop-downs with today's datasets; what was chosen stays chosen while it exists."""
    return keeping(dataset_choices(context), chosen, NEW), keeping(against_choices(context), other, NONE)


def _create(context: AppContext, data: Run, other: Run | None, options: dict[str, Any]) -> Run:
    """The run folder of a training, or those of A against B, of which the first is returned."""
    if other is None:
        return train.create(TrainOptions(dataset=str(data.path), **options), folder=context.runs_folder)
    pair = TrainOptions(dataset=str(data.path), against=str(other.path), **options)
    return train.create_pair(pair, folder=context.runs_folder)[0]


def _new_dataset(context: AppContext, packing_name: str | None, identities: float, images: float) -> Run:
    """A dataset's run folder, to be drawn by the training that it is for."""
    if packing_name is None:
        raise InputError("There is no packing yet to make a dataset of. Make one in the Pack tab first.")
    packing = context.run(packing_name)
    status = packing.status()
    if status.active:
        raise InputError(f"The packing “{packing.title}” is still at work. Train when it is finished.")
    if status.state == FAILED:
        raise InputError(f"The packing “{packing.title}” failed. Choose another one above.")
    options = GenerateOptions(str(packing.path), identities=int(identities), images_per_identity=int(images))
    return generate.create(options, folder=context.runs_folder)


def _options(
    epochs: float, backbone: str, head: str, schedule: str, batch: float, seed: float | None
) -> dict[str, Any]:
    """The controls' values as options. InputError for an empty field that cannot be."""
    if seed is None or seed < 0:
        raise InputError("The seed is empty or negative. Give a whole number, 0 or more.")
    return {
        "epochs": int(epochs),
        "backbone": backbone,
        "head": head,
        "schedule": schedule,
        "batch_size": int(batch),
        "seed": int(seed),
    }
