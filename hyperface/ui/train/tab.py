"""The Train tab: a recogniser from generated images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from hyperface import offers
from hyperface.errors import InputError
from hyperface.jobs import generate, train
from hyperface.jobs.generate import GenerateOptions
from hyperface.jobs.pack import packing_space
from hyperface.jobs.train import TrainOptions
from hyperface.runs import FAILED, Run, Worker
from hyperface.ui.parts import worker
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.choices import CPU, device_choice
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE, COPIED, LATEST, QUIET, Given, Updates, components_of, values_of
from hyperface.ui.parts.gradio_internals import changing_dropdown
from hyperface.ui.parts.remembered import remember
from hyperface.ui.parts.run_picker import keeping, newest_at_load, picker_at, picker_update, run_choices, run_picker
from hyperface.ui.parts.toasts import toasts
from hyperface.ui.story.chain import chain_of
from hyperface.ui.train.estimates import NEW, measured_estimate, training_estimate
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


@dataclass(frozen=True)
class DataControls:
    """What is trained on: the dataset, the size of one that is made for it, and a second dataset to compare with."""

    dataset: gr.Dropdown
    identities: gr.Slider
    images: gr.Slider
    against: gr.Dropdown


@dataclass(frozen=True)
class TrainingControls:
    """How it is trained: what they are set to becomes the options of the run that is started."""

    epochs: gr.Slider
    backbone: gr.Dropdown
    head: gr.Radio
    schedule: gr.Radio
    batch: gr.Slider
    seed: gr.Number
    device: gr.Radio


def build(page: AppPage, tab: gr.Tab) -> None:
    """Lay out the tab. The page's picker holds the packing that a new dataset is made from."""
    context = page.context
    with gr.Row(elem_classes=["hf-columns", "hf-content-first"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            data, making = _data_controls(context)
            training = _training_controls(page)
            expected = gr.HTML(elem_classes=["hf-estimate"], apply_default_css=False, js_on_load=None)
            begin = gr.Button("Train", variant="primary", elem_id="train-begin")
        with gr.Column(scale=3, min_width=320):
            picker = run_picker(context, "train", label="Training", elem_id="training-picker")
            newest_at_load(page.blocks, context, "train", picker)
            view = train_view(context, picker.value)

    def start(given: Given) -> Updates:
        made, run = start_training(context, given[page.packing], values_of(data, given), values_of(training, given))
        return {
            picker: picker_at(context, "train", run.name),
            data.dataset: gr.update(choices=dataset_choices(context), value=made.name),
            data.against: gr.update(choices=against_choices(context)),
        }

    def refresh(given: Given) -> Updates:
        return {
            picker: picker_update(context, "train", given[picker]),
            data.dataset: keeping(dataset_choices(context), given[data.dataset], NEW),
            data.against: keeping(against_choices(context), given[data.against], NONE),
        }

    def set_up(name: str | None) -> dict[str, Any]:
        """The newest pictures of the packing with this name as what is trained on."""
        return gr.update(choices=dataset_choices(context), value=pictures_of(context, name))

    page.strip.train(set_up, page.packing, data.dataset, **AT_ONCE)
    remember(page.blocks, "train", training, but=["device"])
    remember(page.blocks, "train-size", data, but=["dataset", "against"])
    pickers: list[Block] = [picker, data.dataset, data.against]
    asked = {page.packing, *components_of(data), *components_of(training)}
    begin.click(toasts(start), asked, pickers, **QUIET)
    picker.change(inputs=picker, outputs=view, **COPIED)
    for opening in (tab.select, view.ended, page.strip.listed):
        opening(refresh, set(pickers), pickers, **AT_ONCE)
    data.dataset.change(lambda source: gr.update(visible=source == NEW), data.dataset, making, **AT_ONCE)
    _tell_estimate(context, tab, data, training, expected)


def _data_controls(context: AppContext) -> tuple[DataControls, gr.Group]:
    """The controls, and the group of those that are shown only for a new dataset."""
    dataset = changing_dropdown(
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
    against = changing_dropdown(
        against_choices(context),
        value=NONE,
        label="Against",
        info="A second dataset to train on afterwards with the same budget: which one teaches more?",
        elem_id="train-against",
    )
    return DataControls(dataset, identities, images, against), making


def _training_controls(page: AppPage) -> TrainingControls:
    device = device_choice(page.blocks, elem_id="train-device", lent=True)
    epochs = gr.Slider(1, 60, value=TrainOptions.epochs, step=1, label="Epochs", info="How often every image is seen.")
    with gr.Accordion("More", open=False):
        backbone = gr.Dropdown(BACKBONES, value="small", label="Backbone", info="The network that is trained.")
        head = gr.Radio(HEADS, value="adaface", label="Margin head", info="The loss that parts the identities.")
        schedule = gr.Radio(SCHEDULES, value="cosine", label="Learning rate", info="How it falls after its warm-up.")
        batch = gr.Slider(8, 512, value=TrainOptions.batch_size, step=8, label="Batch", info="Images in one step.")
        seed = gr.Number(0, precision=0, label="Seed", info="The same seed gives the same training.")
    return TrainingControls(epochs, backbone, head, schedule, batch, seed, device)


def _tell_estimate(
    context: AppContext, tab: gr.Tab, data: DataControls, training: TrainingControls, expected: gr.HTML
) -> None:
    """Show how long it will take, as the controls stand."""
    sizes: list[Any] = [*components_of(data), training.epochs, training.backbone, training.device]

    def asked(given: Given) -> dict[str, Any]:
        asked = ("epochs", "backbone", "device")
        return {**values_of(data, given), **{name: given[getattr(training, name)] for name in asked}}

    def estimate(given: Given) -> str:
        return training_estimate(context, **asked(given))

    def measured(given: Given) -> str:
        return measured_estimate(context, **asked(given))

    moments = [tab.select, *(control.change for control in sizes)]
    told = gr.on(moments, estimate, set(sizes), expected, queue=False, **LATEST)
    # The first time a backbone is chosen, a few steps are taken to see how fast this machine is.
    told.then(measured, set(sizes), expected, concurrency_limit=1, **LATEST)


def dataset_choices(context: AppContext) -> list[tuple[str, str]]:
    """(what to show, name): a new one first, then those that are there or on the way."""
    ready_made = {run.name for run in context.runs("generate") if context.is_demo(run)}  # ships without its images
    made = [choice for choice in run_choices(context, "generate") if choice[1] not in ready_made]
    return [("New, from the packing", NEW), *made]


def pictures_of(context: AppContext, packing: str | None) -> str:
    """The newest dataset of the packing with this name that has its images, or a new one."""
    chain = chain_of(context, packing)
    made = None if chain is None else chain.dataset
    return NEW if made is None or context.is_demo(made) else made.name


def against_choices(context: AppContext) -> list[tuple[str, str]]:
    """(what to show, name) of what a dataset can be compared with."""
    return [("Nothing: one training", NONE), *(choice for choice in dataset_choices(context) if choice[1] != NEW)]


def start_training(
    context: AppContext, packing: str | None, data: dict[str, Any], training: dict[str, Any]
) -> tuple[Run, Run]:
    """Start a training with these values of the controls, by their names. InputError if it cannot be.

    Returns the dataset's run, which is a new one where one of the packing was asked for, and the training's.
    """
    options = training_options(**training)
    made = None if data["dataset"] == NEW else context.run(data["dataset"])
    other = context.run(data["against"]) if data["against"] else None

    def make(folder: Path) -> Run:
        nonlocal made
        if made is None:
            made = new_dataset(context, packing, data["identities"], data["images"], options["device"])
            worker.adopt(context, made)
            Worker(made).postpone("The training that it is for draws it first.")
        return create_training(context, made, other, options)

    run = worker.begin(context, make)
    assert made is not None
    return made, run


def create_training(context: AppContext, data: Run, other: Run | None, options: dict[str, Any]) -> Run:
    """The run folder of a training, or those of A against B, of which the first is returned."""
    if other is None:
        return train.create(TrainOptions(dataset=str(data.path), **options), folder=context.runs_folder)
    pair = TrainOptions(dataset=str(data.path), against=str(other.path), **options)
    return train.create_pair(pair, folder=context.runs_folder)[0]


def new_dataset(
    context: AppContext, packing_name: str | None, identities: float, images: float, device: str = CPU
) -> Run:
    """A dataset's run folder, to be drawn by the training that it is for, by what draws the packing's embeddings."""
    if packing_name is None:
        raise InputError("There is no packing yet to make a dataset of. Make one in the Pack tab first.")
    packing = context.run(packing_name)
    status = packing.status()
    if status.active:
        raise InputError(f"The packing “{packing.title}” is still at work. Train when it is finished.")
    if status.state == FAILED:
        raise InputError(f"The packing “{packing.title}” failed. Choose another one above.")
    artist = context.artist_name(packing_space(packing))
    offers.check_offered(offers.generators(device), artist)
    options = GenerateOptions(
        str(packing.path),
        identities=int(identities),
        images_per_identity=int(images),
        generator=artist,
        device=device,
        precision="float32" if device == CPU else "fastest",
    )
    return generate.create(options, folder=context.runs_folder)


def training_options(
    *, epochs: float, backbone: str, head: str, schedule: str, batch: float, seed: float | None, device: str = CPU
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
        "device": device,
    }
