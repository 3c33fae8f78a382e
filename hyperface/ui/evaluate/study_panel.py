"""The part of the Evaluate tab that asks whether packing helps: a study of several draws of people, and its figure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from hyperface.errors import RunError
from hyperface.runs import Run
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import QUIET, Given, Updates
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.toasts import toasts

DRAWS = 8


def study_panel(context: AppContext, tab: gr.Tab) -> None:
    """Lay out the panel. tab: opened fires its select event."""
    with gr.Accordion("Does packing help? Packed against random people", open=False, elem_id="study"):
        gr.HTML(_EXPLANATION, apply_default_css=False)
        with gr.Row():
            draws = gr.Slider(
                2, 24, DRAWS, step=1, label="Draws of people", info="More make the interval narrower.",
                elem_id="study-draws",
            )  # fmt: skip
            large = gr.Checkbox(
                True, label="Large benchmarks", info="3,000 pairs each, rendered once: 70 MB in the cache.",
                elem_id="study-large",
            )  # fmt: skip
        with gr.Row(elem_classes=["hf-buttons"]):
            start = gr.Button("Start the study", variant="primary", min_width=220, elem_id="study-start")
        progress = run_progress(context, elem_id="study-progress")
        figure = gr.HTML(apply_default_css=False, elem_id="study-figure")
        told = gr.HTML(apply_default_css=False, elem_id="study-outcome")

    def begin(given: Given) -> str:
        return start_study(context, round(given[draws]), large=bool(given[large]))

    def show() -> Updates:
        shown = newest_study(context)
        return {figure: shown.figure, told: shown.told}

    def at_work(following: str | None) -> str | None:
        active = [run.name for run in context.runs("study") if run.status().active]
        return following if following or not active else active[0]

    opened = tab.select(toasts(at_work), progress, progress, **QUIET)
    for event in (opened.then, progress.advanced, progress.finished):
        event(toasts(show), None, [figure, told], **QUIET)
    start.click(toasts(begin), {draws, large}, progress, **QUIET)


def start_study(context: AppContext, draws: int, *, large: bool = True) -> str:
    """Compare packed with random people. Returns the run's name."""
    from hyperface.jobs import study

    options = study.StudyOptions(draws=draws, pairs=None if large else 0)
    return worker.begin(context, lambda folder: study.create(options, folder=folder)).name


@dataclass(frozen=True)
class Studied:
    """What a study is shown as, both HTML."""

    figure: str = ""
    told: str = ""


def newest_study(context: AppContext) -> Studied:
    """The newest study that has compared something; nothing while there is none."""
    for run in context.runs("study"):
        if run.results().get("tables"):
            return _outcome(context, run)
    return Studied()


def _outcome(context: AppContext, run: Run) -> Studied:
    from hyperface.jobs import study

    try:
        figure = run.file(study.FIGURE).read_text(encoding="utf-8")
    except (OSError, RunError):  # one of an earlier version has none
        figure = ""
    report = Path(run.name if context.limits.shared else run.path) / study.REPORT  # on one's own machine, where it is
    tables = "\n\n".join(map(str, run.results()["tables"]))
    return Studied(
        f'<div class="hf-study">{figure}</div>',
        f'<div class="hf-scroll" tabindex="0" role="region" aria-label="Table of the study"><pre>{escape(tables)}</pre>'
        f'</div><p class="hf-note">{escape(run.title)}: <code>{escape(str(report))}</code></p>',
    )


_EXPLANATION = """
<p class="hf-note">For every draw, 100 random people of the gallery, and the same ones packed apart: 16 pictures of
each, a small network trained on them from scratch, and verification of people whom it never saw. The figure shows
packed minus random, with a 95 % interval over the draws: a finished study of ten draws, until you make your own. Eight
draws take about an hour on two cores; what is finished is kept.</p>
"""
