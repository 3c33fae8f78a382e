"""The Evaluate tab: how well models verify faces, beside the published figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from hyperface.errors import InputError
from hyperface.ui.evaluate.benchmarks import NO_BENCHMARK, benchmark_choices, check_benchmark
from hyperface.ui.evaluate.charts import det_chart, roc_chart
from hyperface.ui.evaluate.evaluations import DLIB, Evaluated, damaged_evaluations, evaluations, model_choices
from hyperface.ui.evaluate.files import result_files
from hyperface.ui.evaluate.guess import at_line, guess_view, guessed_with
from hyperface.ui.evaluate.leakage_panel import leakage_panel
from hyperface.ui.evaluate.results import (
    curves_of,
    details_of,
    models_table,
    note_text,
    overview_of,
    pair_counts,
    published_of,
)
from hyperface.ui.evaluate.searches_panel import searches_panel
from hyperface.ui.evaluate.study_panel import study_panel
from hyperface.ui.evaluate.worth_panel import worth_panel
from hyperface.ui.parts import worker
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.downloads import downloads
from hyperface.ui.parts.events import EACH, LATEST, QUIET, Given, Updates
from hyperface.ui.parts.gradio_internals import changing_checkboxes, changing_dropdown
from hyperface.ui.parts.plots import chart
from hyperface.ui.parts.questions import number
from hyperface.ui.parts.remembered import remember
from hyperface.ui.parts.run_picker import keeping
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.terms import term
from hyperface.ui.parts.toasts import toasts
from hyperface.ui.story.chain import chain_of

THRESHOLD = "The cosine above which a pair counts as one person. It starts where most pairs are decided rightly."
LOADING = '<p class="hf-note">Reading the results…</p>'
LINE = '<h2 class="hf-heading hf-apart">Where to draw the line: all pairs of the benchmark</h2>'
OVERVIEW = '<h2 class="hf-heading hf-apart">How often each model is right</h2>'


@dataclass(frozen=True)
class Choices:
    """What is evaluated, and the run that does it."""

    models: gr.CheckboxGroup
    benchmark: gr.Dropdown
    progress: gr.HTML


@dataclass(frozen=True)
class Summary:
    """All chosen models on the benchmark. saving: the buttons that save their results."""

    overview: gr.HTML
    saving: gr.HTML
    note: gr.HTML
    table: gr.HTML
    roc: gr.HTML
    det: gr.HTML


@dataclass(frozen=True)
class Closer:
    """One model looked at closer. looked_at: which, kept beside `chosen` as a page may still send a choice that the
    drop-down has no longer. guess: some pairs that the visitor answers first. threshold: above it pairs count as one
    person."""

    chosen: gr.Dropdown
    looked_at: gr.State
    guess: gr.HTML
    scores: gr.HTML
    threshold: gr.Slider
    counts: gr.HTML
    wrong: gr.HTML


@dataclass(frozen=True)
class Parts:
    """Everything that the tab shows."""

    choices: Choices
    summary: Summary
    closer: Closer
    published: gr.HTML


def build(page: AppPage, tab: gr.Tab) -> None:
    """Lay out the tab. tab: opened fires its select event."""
    context = page.context
    with gr.Row(elem_classes=["hf-columns", "hf-content-first"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            models = changing_checkboxes(
                label="Models",
                info="The shipped recogniser, and those trained on the Train tab.",
                elem_id="evaluate-models",
            )
            benchmark = changing_dropdown(label="Benchmark", interactive=True, elem_id="evaluate-benchmark")
            start = gr.Button("Evaluate", variant="primary", elem_id="evaluate-start")
            start_all = gr.Button("Evaluate on all benchmarks", size="md", elem_id="evaluate-all")
        with gr.Column(scale=3, min_width=320):
            choices = Choices(models, benchmark, run_progress(context, elem_id="evaluate-progress"))
            remember(page.blocks, "evaluate", choices, but=["models", "progress"])  # models follow the packing
            note = gr.HTML(apply_default_css=False, elem_id="evaluate-note")
            closer = _closer(context)
            summary = _summary(context, note)
            with gr.Accordion("Beside the published results", open=False, elem_id="evaluate-beside"):
                published = gr.HTML(apply_default_css=False, elem_id="evaluate-published")
            searches_panel(context, tab)
            study_panel(context, tab)
            worth_panel(context, tab)
            leakage_panel(context, tab)
    _show_results(page, tab, Parts(choices, summary, closer, published))

    def begin(given: Given) -> str:
        name = given[benchmark]
        return start_evaluating(context, given[models], [name] if name else [])

    def begin_all(chosen: Sequence[str]) -> str:
        return start_evaluating(context, chosen, [name for _, name in benchmark_choices()])

    start.click(toasts(begin), {models, benchmark}, choices.progress, **QUIET)
    start_all.click(toasts(begin_all), models, choices.progress, **QUIET)


def _summary(context: AppContext, note: gr.HTML) -> Summary:
    gr.HTML(OVERVIEW, apply_default_css=False)
    overview = gr.HTML(LOADING, apply_default_css=False, elem_id="evaluate-overview", min_height=96)
    with gr.Accordion("Details of this benchmark", open=False, elem_id="evaluate-details"):
        table = gr.HTML(apply_default_css=False, elem_id="evaluate-results")
        saving = downloads(result_files(context), elem_id="evaluate-downloads")
    with gr.Accordion("Every threshold at once: ROC and DET", open=False, elem_id="evaluate-curves"), gr.Row():
        with gr.Column(min_width=300, elem_classes=["hf-tight"]):
            gr.HTML(f'<h2 class="hf-heading">{term("ROC")}</h2>', apply_default_css=False)
            roc = chart(label="True accepts against false accepts, a curve for each model", height=320)
        with gr.Column(min_width=300, elem_classes=["hf-tight"]):
            gr.HTML(f'<h2 class="hf-heading">{term("DET")}</h2>', apply_default_css=False)
            det = chart(label="False non-matches against false matches, a curve for each model", height=320)
    return Summary(overview, saving, note, table, roc, det)


def _closer(context: AppContext) -> Closer:
    chosen = changing_dropdown(label="The model that you play against", visible=False, elem_id="evaluate-closer")
    guess = guess_view(context)
    gr.HTML(LINE, apply_default_css=False)
    with gr.Row():
        with gr.Column(scale=3, min_width=300, elem_classes=["hf-tight"]):
            scores = chart(label="Cosines of same-person and different-person pairs", height=300)
        with gr.Column(scale=2, min_width=300, elem_classes=["hf-tight"]):
            threshold = gr.Slider(
                -0.2, 1, 0.5, step=0.01, label="Threshold", info=THRESHOLD, elem_id="evaluate-threshold"
            )
            counts = gr.HTML(apply_default_css=False, elem_id="evaluate-counts")
    with gr.Accordion("The pairs that it gets most wrong", open=False, elem_id="evaluate-worst"):
        wrong = gr.HTML(apply_default_css=False, elem_id="evaluate-mistakes")
    return Closer(chosen, gr.State(None), guess, scores, threshold, counts, wrong)


def _show_results(page: AppPage, tab: gr.Tab, parts: Parts) -> None:
    context = page.context
    choices, summary, closer = parts.choices, parts.summary, parts.closer
    models, benchmark, progress = choices.models, choices.benchmark, choices.progress

    def refresh(given: Given) -> Updates:
        tried = to_test(context, given[page.packing])
        return refreshed(context, choices, given[models], given[benchmark], given[progress], tried)

    def test(name: str | None) -> Updates:
        tried = to_test(context, name)
        return {models: gr.update(choices=model_choices(context), value=tried), closer.looked_at: tried[-1]}

    def show(given: Given) -> Updates:
        updates = shown(context, parts, given[models], given[benchmark], given[closer.looked_at])
        return {**updates, last: [given[models], given[benchmark]]}

    def choose(given: Given) -> Any:
        """The same, where others are chosen: a drop-down that is left as it was says that it was used."""
        return gr.skip() if given[last] == [given[models], given[benchmark]] else show(given)

    def look(given: Given) -> Any:
        """Scores and mistakes of one model."""
        model = given[closer.chosen]
        if model == given[closer.looked_at]:
            return gr.skip()
        found = found_on(context, given[models], given[benchmark])
        return {closer.looked_at: model, **at_best_threshold(context, closer, found, model, given[benchmark])}

    def judge(given: Given) -> Updates:
        """The same at another threshold."""
        found, line = found_on(context, given[models], given[benchmark]), given[closer.threshold]
        return {
            **details(closer, found, given[closer.looked_at], line),
            closer.guess: at_line(given[closer.guess], line),
        }

    def moved(given: Given, event: gr.EventData) -> Updates:
        """The same, where it was moved beside the visitor's guesses."""
        line = number(getattr(event, "line", None), "threshold", 0.5)
        found = found_on(context, given[models], given[benchmark])
        return {
            **details(closer, found, given[closer.looked_at], line),
            closer.guess: at_line(given[closer.guess], line),
            closer.threshold: line,
        }

    last = gr.State(None)  # models and benchmark whose results were shown
    asked: set[Block] = {models, benchmark, closer.looked_at}
    detailed: list[Block] = [closer.scores, closer.counts, closer.wrong]
    at_threshold = [closer.guess, closer.threshold, *detailed]
    everything: list[Block] = [summary.overview, summary.saving, summary.note, summary.table, summary.roc, summary.det]
    everything += [parts.published, closer.chosen, closer.looked_at, last, *at_threshold]
    refreshing: list[Block] = [models, benchmark, progress]
    opened = tab.select(toasts(refresh), {page.packing, *refreshing}, refreshing, **QUIET)
    set_up = page.strip.test(test, page.packing, [models, closer.looked_at], **QUIET)
    for event in (opened.then, set_up.then, progress.finished):
        event(toasts(show), asked, everything, **LATEST)
    for event in (models.input, benchmark.input):
        event(toasts(choose), {*asked, last}, everything, **LATEST)
    closer.chosen.input(toasts(look), {*asked, closer.chosen}, [closer.looked_at, *at_threshold], **LATEST)
    judged = {*asked, closer.threshold, closer.guess}
    closer.threshold.input(toasts(judge), judged, [closer.guess, *detailed], **LATEST)
    closer.guess.moved(toasts(moved), {*asked, closer.guess}, at_threshold, **EACH)


def to_test(context: AppContext, packing: str | None) -> list[str]:
    """The shipped model, and beside it the newest that was trained on the packing with this name, else the newest."""
    chain = chain_of(context, packing)
    own = "" if chain is None or chain.training is None else chain.training.name
    trained = [value for _, value in model_choices(context) if value != DLIB]
    return [DLIB, own if own in trained else trained[0]] if trained else [DLIB]


def refreshed(
    context: AppContext,
    choices: Choices,
    chosen_models: Sequence[str],
    chosen_benchmark: str | None,
    following: str | None,
    otherwise: Sequence[str],
) -> Updates:
    """Today's models, benchmarks and work going on: the page may be older than they are. otherwise: the models where
    none is chosen."""
    offered, benchmarks = model_choices(context), benchmark_choices()
    known, names = [value for _, value in offered], [value for _, value in benchmarks]
    kept = [value for value in chosen_models if value in known] or list(otherwise)
    checked: dict[str, Any] = gr.update(choices=offered)
    if kept != list(chosen_models):  # as in `keeping`: what stays as it is is not sent
        checked["value"] = kept
    at_work = [run.name for run in context.runs("evaluate") if run.status().active]
    return {
        choices.models: checked,
        choices.benchmark: keeping(benchmarks, chosen_benchmark, next(iter(names), None)),
        choices.progress: following if following or not at_work else at_work[0],
    }


def shown(
    context: AppContext, parts: Parts, models: Sequence[str], benchmark: str | None, looked_at: str | None
) -> Updates:
    """Results of the models on the benchmark, where there are any."""
    summary, closer = parts.summary, parts.closer
    known = evaluations(context, models)
    found, damaged = _on(known, models, benchmark), damaged_evaluations(context, models, benchmark)
    offered = [(label, model) for label, model in model_choices(context) if model in models]
    picked = looked_at if looked_at in models else next((model for model in models if model != DLIB), None)
    picked = picked or next(iter(models), None)
    return {
        summary.overview: overview_of(known, models, benchmark),
        summary.saving: list(models),
        summary.note: note_text(benchmark, found, len(models) - len(found), damaged),
        summary.table: models_table(found),
        summary.roc: roc_chart(curves_of(found), pair_counts(found)[0]) if found else None,
        summary.det: det_chart(curves_of(found), *pair_counts(found)) if found else None,
        parts.published: published_of(known, models),
        closer.chosen: gr.update(choices=offered, value=picked, visible=len(offered) > 1, interactive=True),
        closer.looked_at: picked,
        **at_best_threshold(context, closer, found, picked, benchmark),
    }


def at_best_threshold(
    context: AppContext, closer: Closer, found: Sequence[Evaluated], model: str | None, benchmark: str | None
) -> Updates:
    """The threshold of a model on the benchmark with this name, and what follows from it."""
    own = next((item for item in found if item.model == model), None)
    cosine = 0.5 if own is None else own.result.cosine_threshold
    label = next((label for label, value in model_choices(context) if value == model), "The model")
    return {
        closer.guess: guessed_with(model, label, benchmark, own),
        closer.threshold: round(cosine, 2),
        **details(closer, found, model, cosine),
    }


def details(closer: Closer, found: Sequence[Evaluated], model: str | None, cosine: float) -> Updates:
    """Score histogram, counts and worst mistakes of a model at a threshold."""
    shown = details_of(found, model, cosine)
    return {closer.scores: shown.scores, closer.counts: shown.counts, closer.wrong: shown.mistakes}


def found_on(context: AppContext, models: Sequence[str], benchmark: str | None) -> list[Evaluated]:
    """The models' results on the benchmark with this name."""
    return _on(evaluations(context, models), models, benchmark)


def _on(known: dict[tuple[str, str], Evaluated], models: Sequence[str], name: str | None) -> list[Evaluated]:
    return [known[model, name] for model in models if name is not None and (model, name) in known]


def start_evaluating(context: AppContext, models: Sequence[str], benchmarks: Sequence[str]) -> str:
    """Evaluate models, as `model_choices` has them, on these benchmarks, by their names. Returns the run's name."""
    from hyperface.jobs import evaluate

    if not models:
        raise InputError("Choose at least one model to evaluate.")
    if not benchmarks:
        raise InputError(NO_BENCHMARK)
    for name in benchmarks:
        check_benchmark(name)
    loaded = tuple(model if model == DLIB else str(context.run(model).path) for model in models)
    options = evaluate.EvaluateOptions(models=loaded, benchmarks=tuple(benchmarks))
    return worker.begin(context, lambda folder: evaluate.create(options, folder=folder)).name
