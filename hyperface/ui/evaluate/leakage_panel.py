"""The part of the Evaluate tab that searches a dataset's people among the gallery's faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from hyperface.array_files import read_arrays
from hyperface.defaults import GALLERY
from hyperface.errors import InputError, RunError
from hyperface.runs import DONE, Run
from hyperface.ui.evaluate.charts import search_chart
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import LATEST, QUIET, Given, Updates
from hyperface.ui.parts.gradio_internals import changing_dropdown
from hyperface.ui.parts.mistakes import Mistake, mistakes
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.plots import Figure, chart
from hyperface.ui.parts.run_picker import keeping, run_title
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.toasts import toasts

RATES = [("0.1 %", 0.001), ("1 %", 0.01), ("5 %", 0.05)]
SHOWN = 12  # pairs of each kind


def leakage_panel(context: AppContext, tab: gr.Tab) -> None:
    """Lay out the panel. tab: opened fires its select event."""
    with gr.Accordion("Leakage audit: does a dataset show people of the gallery?", open=False, elem_id="leakage"):
        gr.HTML(_EXPLANATION, apply_default_css=False)
        with gr.Row():
            dataset = changing_dropdown(label="Dataset", interactive=True, elem_id="leakage-dataset")
            rate = gr.Radio(RATES, value=0.01, label="The line", info="Share of other people that reach it by chance.")
        with gr.Row(elem_classes=["hf-buttons"]):
            start = gr.Button("Audit", variant="primary", min_width=220, elem_id="leakage-start")
        progress = run_progress(context, elem_id="leakage-progress")
        told = gr.HTML(apply_default_css=False, elem_id="leakage-outcome")
        nearness = chart(label="How near searches come to a reference face", height=280)
        pictures = gr.HTML(apply_default_css=False, elem_id="leakage-pairs")

    def begin(given: Given) -> str:
        return start_auditing(context, given[dataset], given[rate])

    def show(name: str | None) -> Updates:
        audited = newest_audit(context, name)
        return {told: audited.told, nearness: audited.nearness, pictures: audited.pictures}

    opened = tab.select(toasts(lambda name: dataset_update(context, name)), dataset, dataset, **QUIET)
    for event in (opened.then, dataset.change, progress.finished):
        event(toasts(show), dataset, [told, nearness, pictures], **LATEST)
    start.click(toasts(begin), {dataset, rate}, progress, **QUIET)


def start_auditing(context: AppContext, name: str | None, fpir: float) -> str:
    """Search a dataset's people among the faces that it was packed from. Returns the run's name."""
    from hyperface.jobs import audit

    run = chosen_dataset(context, name)
    galleries = [step.options["gallery"] for step in context.lineage(run) if step.verb == "pack"]
    reference = galleries[0] if galleries else GALLERY  # the faces that it was packed from
    options = audit.AuditOptions(dataset=str(run.path), reference=reference, fpir=fpir)
    return worker.begin(context, lambda folder: audit.create(options, folder=folder)).name


def chosen_dataset(context: AppContext, name: str | None) -> Run:
    """The run of the dataset with this name, where another run can be started now. InputError where there is none."""
    if name is None:
        raise InputError("There is no dataset with images yet. Make one on the Identities or the Train tab.")
    return context.run(name)


def dataset_update(context: AppContext, name: str | None) -> dict[str, Any]:
    """An update of the drop-down to today's datasets that have images."""
    choices = [
        (run_title(context, run), run.name)
        for run in context.runs("generate")
        if not context.is_demo(run) and run.status().state == DONE  # the one that ships has no images
    ]
    return keeping(choices, name, choices[0][1] if choices else None)


@dataclass(frozen=True)
class Audited:
    """What an audit is shown as. told, pictures: HTML."""

    told: str = ""
    nearness: Figure | None = None
    pictures: str = ""


def newest_audit(context: AppContext, name: str | None) -> Audited:
    """The newest audit of the dataset with this name; nothing while there is none."""
    for run in context.runs("audit"):
        if name in run.parents and run.results():
            try:
                return _outcome(run)
            except (AttributeError, KeyError, TypeError, ValueError):
                return Audited(f"<p>The audit {escape(run.name)} is damaged. Audit again.</p>")
    return Audited()


_EXPLANATION = """
<p class="hf-note">Every image is searched among the gallery's faces. Strangers, too, come near somebody by chance; the
line is drawn where searches of other people seldom reach. A dataset that leaks nobody crosses it as seldom. Against
other sets, such as a generator's training data: <code>python -m hyperface audit --reference PATH</code>.</p>
"""


def _outcome(run: Run) -> Audited:
    from hyperface.jobs import audit

    results = run.results()
    cosine, strangers = read_arrays(run.file(audit.SEARCHES), ("cosine", "strangers"), error=RunError)
    figure = search_chart(cosine, strangers, results["line"])
    images, cosines = read_arrays(run.file(audit.PICTURES), ("images", "cosine"), error=RunError)
    pairs = [Mistake((one, other), float(near)) for (one, other), near in zip(images, cosines, strict=True)]

    above = [pair for pair in pairs if pair.cosine >= results["line"]]
    below = [pair for pair in pairs if pair.cosine < results["line"]]
    return Audited(
        f"<p>{escape(audit.sentence(results))}</p>",
        figure,
        '<div class="hf-mistake-columns">'
        f"{mistakes('Above the line: look at these', above[:SHOWN])}"
        f"{mistakes('The nearest below it', below[:SHOWN])}</div>",
    )
