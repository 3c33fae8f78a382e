"""The part of the Evaluate tab that says what a dataset is worth, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import gradio as gr

from hyperface.ui.evaluate.leakage_panel import chosen_dataset, dataset_update
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import LATEST, QUIET, Given, Updates
from hyperface.ui.parts.gradio_internals import changing_dropdown
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.toasts import toasts


def worth_panel(context: AppContext, tab: gr.Tab) -> None:
    """Lay out the panel. tab: opened fires its select event."""
    with gr.Accordion("What a dataset is worth, before training on it", open=False, elem_id="worth"):
        gr.HTML(_EXPLANATION, apply_default_css=False)
        dataset = changing_dropdown(label="Dataset", interactive=True, elem_id="worth-dataset")
        with gr.Row(elem_classes=["hf-buttons"]):
            start = gr.Button("Measure", variant="primary", min_width=220, elem_id="worth-start")
        progress = run_progress(context, elem_id="worth-progress")
        told = gr.HTML(apply_default_css=False, elem_id="worth-outcome")

    def show(name: str | None) -> Updates:
        return {told: newest_worth(context, name)}

    opened = tab.select(toasts(lambda name: dataset_update(context, name)), dataset, dataset, **QUIET)
    for event in (opened.then, dataset.change, progress.finished):
        event(toasts(show), dataset, [told], **LATEST)

    def begin(given: Given) -> str:
        return start_measuring(context, given[dataset])

    start.click(toasts(begin), {dataset}, progress, **QUIET)


def start_measuring(context: AppContext, name: str | None) -> str:
    """Measure a dataset by its run's name. Returns the name of the run that does so."""
    from hyperface.jobs import measure

    options = measure.MeasureOptions(dataset=str(chosen_dataset(context, name).path))
    return worker.begin(context, lambda folder: measure.create(options, folder=folder)).name


def newest_worth(context: AppContext, name: str | None) -> str:
    """HTML of the newest measurement of the dataset with this name; nothing while there is none."""
    from hyperface.jobs.measure import sentence

    for run in context.runs("measure"):
        results = run.results()
        if name not in run.parents or not results.get("rows"):
            continue
        try:
            return f'<p class="hf-note">{escape(sentence(results))} {escape(_summary(results["rows"]))}</p>' + "".join(
                _table(by, list(rows)) for by, rows in groupby(results["rows"], lambda row: str(row["seen_by"]))
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return f'<p class="hf-note">The measurement {escape(run.name)} is damaged. Measure again.</p>'
    return ""


def _summary(rows: Sequence[dict[str, Any]]) -> str:
    wrong = sum(not row["fine"] for row in rows)
    return "Nothing asks to be done." if not wrong else f"{wrong} of {len(rows)} figures ask for something to be done."


def _table(by: str, rows: Sequence[dict[str, Any]]) -> str:
    """What one recogniser sees, or nobody in particular: unfolded where something is to be done."""
    wrong = [row for row in rows if not row["fine"]]
    title = f"As {by} sees it" if by else "Pictures and people themselves"
    body = "".join(
        f'<tr{"" if row["fine"] else " class=hf-attention"}><th scope="row">{escape(row["measure"])}</th>'
        f"<td>{escape(row['value'])}</td><td>{'' if row['fine'] else '<b>To do:</b> '}{escape(row['advice'])}</td></tr>"
        for row in rows
    )
    return (
        f'<details class="hf-worth"{" open" if wrong else ""}><summary>{escape(title)}: '
        f"{len(wrong) or 'nothing'} to do</summary>"
        '<table><thead><tr><th scope="col">Measure</th><th scope="col">Figure</th><th scope="col">Advice</th></tr>'
        f"</thead><tbody>{body}</tbody></table></details>"
    )


_EXPLANATION = """
<p class="hf-note">Two recognisers look at up to 1,000 of its people, ten pictures of each: how far people are apart,
how alike and how varied one person's pictures are, whether it shows people of the gallery, and, where the generator
knows, how balanced it is. It takes minutes. Other datasets and recognisers:
<code>python -m hyperface dataset PATH --measure</code>.</p>
"""
