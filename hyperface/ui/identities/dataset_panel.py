"""The part of the Identities tab that turns a packing into a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from hyperface.defaults import BETA
from hyperface.errors import InputError
from hyperface.runs import Run
from hyperface.ui.parts import worker
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.choices import CPU, device_choice
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE, LATEST, QUIET, Given, Updates, components_of, values_of
from hyperface.ui.parts.numbers import typed_number
from hyperface.ui.parts.packed import load_packed
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.remembered import remember
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.toasts import toasts

BETA_LABEL = "β: spread"
FAST = "fastest"  # of a GPU; on a CPU, pictures stay what they were
MAX_IMAGES_PER_IDENTITY = 200
FORMATS = [
    ("Nothing else than image files", ""),
    ("Parquet, as the Hugging Face Hub", "parquet"),
    ("WebDataset tars", "webdataset"),
    ("RecordIO, as InsightFace", "recordio"),
    ("LMDB, as Vec2Face", "lmdb"),
]


@dataclass(frozen=True)
class DatasetControls:
    """What they are set to becomes the options of the dataset that is generated."""

    identities: gr.Number
    images: gr.Slider
    beta: gr.Textbox
    seed: gr.Number
    also: gr.Dropdown
    validate: gr.Checkbox
    generator: gr.Dropdown
    device: gr.Radio


def dataset_panel(page: AppPage, generator: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the panel. generator: the tab's; tab: opened fires its select event."""
    context, packing = page.context, page.packing
    with gr.Column(elem_classes=["hf-panel"]):
        gr.HTML(_HEADING, apply_default_css=False)
        controls = _controls(page, generator)
        estimate = gr.HTML(apply_default_css=False, elem_id="dataset-estimate")
        with gr.Row(elem_classes=["hf-buttons"]):
            generate = gr.Button("Generate the dataset", variant="primary", min_width=220, elem_id="dataset-generate")
        progress = run_progress(context, elem_id="dataset-progress")
        outcome = gr.HTML(apply_default_css=False, elem_id="dataset-outcome")

    def start(given: Given) -> Updates:
        values = values_of(controls, given)
        values["beta"] = typed_number(values["beta"], BETA_LABEL)
        return {progress: start_generating(context, given[packing], **values), outcome: ""}

    asked = {packing, *components_of(controls)}
    generate.click(toasts(start), asked, [progress, outcome], **QUIET)
    progress.finished(toasts(lambda name: outcome_of(context, context.run(name))), progress, outcome, **QUIET)
    tab.select(lambda current: at_work(context, current), progress, progress, **AT_ONCE)
    remember(page.blocks, "dataset", controls, but=["device"])
    sizes = [controls.identities, controls.images]
    moments = [tab.select, controls.identities.change, controls.images.change]
    gr.on(moments, size_text, sizes, estimate, queue=False, **LATEST)


def _controls(page: AppPage, generator: gr.Dropdown) -> DatasetControls:
    with gr.Row():
        identities = gr.Number(200, label="Identities", precision=0, minimum=1, elem_id="dataset-identities")
        images = gr.Slider(1, MAX_IMAGES_PER_IDENTITY, 20, step=1, label="Images of each", elem_id="dataset-images")
        beta = gr.Textbox(label=BETA_LABEL, placeholder="the generator's own", max_lines=1, elem_id="dataset-beta")
        seed = gr.Number(0, label="Seed", precision=0, minimum=0)
    with gr.Row():
        also = gr.Dropdown(FORMATS, value="", label="Also write as", min_width=280, elem_id="dataset-format")
        validate = gr.Checkbox(False, label="Check every image in the end", elem_id="dataset-validate")
        device = device_choice(page.blocks, elem_id="dataset-device", lent=True)
    return DatasetControls(identities, images, beta, seed, also, validate, generator, device)


def start_generating(
    context: AppContext,
    name: str | None,
    *,
    identities: float | None,
    images: float | None,
    beta: float | None,
    seed: float | None,
    also: str,
    validate: bool,
    generator: str,
    device: str,
) -> str:
    """Generate a dataset of the packing with this name, as the controls are set. Returns the run's name."""
    from hyperface.jobs import generate

    packed = load_packed(context, name)
    if identities is None or images is None or seed is None:
        raise InputError("A number is missing: fill in identities, images of each and seed.")
    options = generate.GenerateOptions(
        source=str(packed.run.path),
        identities=int(identities),
        images_per_identity=int(images),
        beta=None if beta is None else float(beta),
        seed=int(seed),
        also=also or None,
        validate=validate,
        generator=context.artist_name(packed.space, generator),
        device=device,
        precision=FAST if device != CPU else "float32",
    )
    return worker.begin(context, lambda folder: generate.create(options, folder=folder)).name


def at_work(context: AppContext, current: str | None) -> str | None:
    """What to follow when the tab is opened: a dataset in the making, whoever started it."""
    going_on = [run.name for run in context.runs("generate") if run.status().active]
    return current if current or not going_on else going_on[0]


_HEADING = f"""
<h2 class="hf-heading">A dataset of these people</h2>
<p class="hf-note">The generator chosen above draws it. Every image has a style of its own, and its own embedding near
the identity's: β = {BETA:g}, which the GAN takes, turns it by about 27°, 0, which heads take, leaves all variation to
the styles, and from 0.01 people are mistaken for one another. Left empty, it is the generator's own. The work goes on
when you close the page.</p>
"""


def size_text(identities: float | None, images: float | None) -> str:
    """One line of HTML: images, and their size on disk. Nothing while a field is empty."""
    if identities is None or images is None or identities < 1:
        return ""
    from hyperface.datasets import estimate_size

    size = estimate_size(int(identities), int(images))
    return (
        f'<p class="hf-note" role="status">{int(identities) * int(images):,} images, about {_size(size)} on disk.</p>'
    )


def _size(number: float) -> str:
    return f"{number / 1e6:,.0f} MB" if number >= 1e6 else f"{max(1, number / 1e3):,.0f} kB"


def outcome_of(context: AppContext, run: Run) -> str:
    """HTML: where the dataset is, on one's own machine with its whole path, and what was found in it."""
    results = run.results()
    if not results:
        return ""
    written = results.get("also", [])
    formats = [written] if isinstance(written, str) else written  # one name in runs of earlier versions
    folder = Path(run.name) if context.limits.shared else run.path  # where it is, is nobody else's business
    also = "".join(f", and again in <code>{escape(folder / name)}</code>" for name in formats)
    told = ""
    if "findings" in results:
        items = "".join(f"<li>{escape(message)}</li>" for message in results["findings"])
        told = (
            f'<ul class="hf-problems">{items}</ul>'
            if items
            else '<p class="hf-note">Every image is as it should be.</p>'
        )
    return (
        f'<p class="hf-note">{results["images"]:,} images of {results["identities"]:,} people are in '
        f"<code>{escape(folder / 'dataset')}</code>{also}. Pick this dataset on the Train tab.</p>{told}"
    )
