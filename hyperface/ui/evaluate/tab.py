"""The Evaluate tab: how well models verify faces, beside the published figures."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from hyperface.errors import InputError
from hyperface.ui.evaluate.charts import RocCurve, det_chart, roc_chart, score_chart
from hyperface.ui.evaluate.evaluations import Evaluated, evaluations, model_choices
from hyperface.ui.evaluate.leakage_panel import leakage_panel
from hyperface.ui.evaluate.published_table import RENDERED, OwnRow, published_table
from hyperface.ui.evaluate.report import Mistake, confusion_table, mistakes, overview_table, results_table
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.downloads import Download, downloads
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.plots import Figure, chart
from hyperface.ui.parts.run_picker import keeping
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.toasts import toasts

if TYPE_CHECKING:
    from hyperface.evaluation import Benchmark, VerificationResult
    from hyperface.evaluation.report import Measured

MISTAKES = 6  # worst pairs of each kind
FIRST_BENCHMARK = "rendered_everyday"


def build(context: AppContext, packing: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the tab. tab: opened fires its select event."""
    with gr.Row(elem_classes=["hf-columns"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            models = gr.CheckboxGroup(
                [],
                label="Models",
                info="The shipped recogniser, and those trained on the Train tab.",
                elem_id="evaluate-models",
            )
            benchmark = gr.Dropdown([], label="Benchmark", interactive=True, elem_id="evaluate-benchmark")
            start = gr.Button("Evaluate", variant="primary", elem_id="evaluate-start")
            start_all = gr.Button("Evaluate on all benchmarks", size="md", elem_id="evaluate-all")
        with gr.Column(scale=3, min_width=320):
            progress = run_progress(context, elem_id="evaluate-progress")
            overview = gr.HTML(_LOADING, apply_default_css=False, elem_id="evaluate-overview", min_height=96)
            saving = downloads(_files(context), elem_id="evaluate-downloads")
            note = gr.HTML(apply_default_css=False, elem_id="evaluate-note")
            table = gr.HTML(apply_default_css=False, elem_id="evaluate-results")
            with gr.Row():
                with gr.Column(min_width=300, elem_classes=["hf-tight"]):
                    gr.HTML('<h3 class="hf-heading">ROC</h3>', apply_default_css=False)
                    roc = chart(label="True accepts against false accepts, a curve for each model", height=320)
                with gr.Column(min_width=300, elem_classes=["hf-tight"]):
                    gr.HTML('<h3 class="hf-heading">DET</h3>', apply_default_css=False)
                    det = chart(label="False non-matches against false matches, a curve for each model", height=320)
            gr.HTML('<h3 class="hf-heading hf-apart">Where to draw the line</h3>', apply_default_css=False)
            closer = gr.Dropdown([], label="Scores and mistakes of", visible=False, elem_id="evaluate-closer")
            with gr.Row():
                with gr.Column(scale=3, min_width=300, elem_classes=["hf-tight"]):
                    scores = chart(label="Cosines of same-person and different-person pairs", height=300)
                with gr.Column(scale=2, min_width=300, elem_classes=["hf-tight"]):
                    threshold = gr.Slider(
                        -0.2, 1, 0.5, step=0.01, label="Threshold", info=_THRESHOLD, elem_id="evaluate-threshold"
                    )
                    counts = gr.HTML(apply_default_css=False, elem_id="evaluate-counts")
            wrong = gr.HTML(apply_default_css=False, elem_id="evaluate-mistakes")
            gr.HTML(_PUBLISHED, apply_default_css=False)
            published = gr.HTML(apply_default_css=False, elem_id="evaluate-published")
            leakage_panel(context, tab)

    # What `closer` shows: kept here too, as a page may still send a choice that the drop-down has no longer.
    looked_at = gr.State(None)
    details = [scores, counts, wrong]
    results = [overview, saving, note, table, roc, det, published, closer, looked_at, threshold, *details]

    def refresh(chosen_models: Sequence[str], chosen_benchmark: str | None, following: str | None) -> tuple:
        """Today's models, benchmarks and work going on: the page may be older than they are."""
        choices, benchmarks = model_choices(context), _benchmark_choices()
        known, names = [value for _, value in choices], [value for _, value in benchmarks]
        kept = [value for value in chosen_models if value in known]
        if not kept:
            kept = known[:2]  # dlib, and the newest trained here
        # As in `keeping`: what stays as it is is not sent.
        checked = gr.CheckboxGroup(choices=choices, **({} if kept == list(chosen_models) else {"value": kept}))
        at_work = [run.name for run in context.runs("evaluate") if run.status().active]
        return (
            checked,
            keeping(benchmarks, chosen_benchmark, next(iter(names), None)),
            following if following or not at_work else at_work[0],
        )

    def show(chosen_models: Sequence[str], name: str | None, looked_at: str | None) -> tuple:
        """Results of the models on the benchmark, where there are any."""
        known = evaluations(context, chosen_models)
        found = _on(known, chosen_models, name)
        labels = [result.label for result in found]
        picked = looked_at if looked_at in labels else next(iter(labels), None)
        return (
            _overview(known, chosen_models, name),
            list(chosen_models),
            _note(name, found),
            _table(found, len(chosen_models) - len(found)),
            roc_chart(_curves(found), *_pairs(found)[:1]) if found else None,
            det_chart(_curves(found), *_pairs(found)) if found else None,
            _published(known, chosen_models),
            gr.Dropdown(choices=labels, value=picked, visible=len(labels) > 1, interactive=True),
            picked,
            *_at_best_threshold(found, picked),
        )

    def look(chosen_models: Sequence[str], name: str | None, label: str | None) -> tuple:
        """Scores and mistakes of one model."""
        return label, *_at_best_threshold(found_on(chosen_models, name), label)

    def judge(
        chosen_models: Sequence[str], name: str | None, label: str | None, cosine: float
    ) -> tuple[Figure | None, str, str]:
        """The same at another threshold."""
        return _details(found_on(chosen_models, name), label, cosine)

    def found_on(chosen_models: Sequence[str], name: str | None) -> list[Evaluated]:
        return _on(evaluations(context, chosen_models), chosen_models, name)

    def begin(chosen_models: Sequence[str], names: Sequence[str]) -> str:
        from hyperface.jobs import evaluate

        if not chosen_models:
            raise InputError("Choose at least one model to evaluate.")
        if not names:
            raise InputError(_NO_BENCHMARK)
        worker.check_free(context)
        options = evaluate.EvaluateOptions(models=tuple(chosen_models), benchmarks=tuple(names))
        run = evaluate.create(options, folder=context.runs_folder)
        return worker.start(context, run).name

    quick = {"show_progress": "hidden", "api_visibility": "private"}  # in the queue, which toasts need
    asked = [models, benchmark, looked_at]
    opened = tab.select(toasts(refresh), [models, benchmark, progress], [models, benchmark, progress], **quick)
    for event in (opened.then, models.input, benchmark.input, progress.finished):
        event(toasts(show), asked, results, **quick)
    closer.input(toasts(look), [models, benchmark, closer], [looked_at, threshold, *details], **quick)
    threshold.input(toasts(judge), [*asked, threshold], details, trigger_mode="always_last", **quick)
    start.click(
        toasts(lambda chosen, name: begin(chosen, [name] if name else [])), [models, benchmark], progress, **quick
    )
    start_all.click(
        toasts(lambda chosen: begin(chosen, [name for _, name in _benchmark_choices()])), models, progress, **quick
    )


_THRESHOLD = "The cosine from which a pair counts as one person. It starts where most pairs are decided rightly."
_LOADING = '<p class="hf-note">Reading the results…</p>'
_NO_BENCHMARK = "There is no benchmark on this machine. Restore assets/benchmarks, which ships with HyperFace."
_PUBLISHED = '<h3 class="hf-heading hf-apart">Beside the published results</h3>'


def _benchmark_choices() -> list[tuple[str, str]]:
    """(title, name) of the benchmarks on this machine: the shipped ones in the published table's order, then others."""
    from hyperface.evaluation import list_benchmarks

    order = list(RENDERED.values())
    entries = [entry for entry in list_benchmarks() if entry.path is not None]
    entries.sort(key=lambda entry: order.index(entry.name) if entry.name in order else len(order))
    return [(entry.title, entry.name) for entry in entries]


@functools.lru_cache(maxsize=6)
def _load_benchmark(name: str) -> Benchmark:
    from hyperface.evaluation import load_benchmark

    return load_benchmark(name)


def _note(name: str | None, found: Sequence[Evaluated]) -> str:
    from hyperface.evaluation import list_benchmarks

    entry = next((entry for entry in list_benchmarks() if entry.name == name), None)
    if entry is None:
        return f'<p class="hf-note">{_NO_BENCHMARK}</p>'
    pairs = ""
    if found:
        same = int(found[0].result.same.sum())
        pairs = f" {same} pairs show one person, {len(found[0].result.same) - same} show two."
    return f'<p class="hf-note"><b>{escape(entry.title)}.</b> {escape(entry.note)}{pairs}</p>'


def _table(found: Sequence[Evaluated], missing: int) -> str:
    table = results_table([(item.label, item.figures) for item in found]) if found else ""
    if missing:
        models = "The chosen model has" if missing == 1 else f"{missing} of the chosen models have"
        table += f'<p class="hf-note">{models} not been evaluated on this benchmark yet: press Evaluate.</p>'
    return table if table else '<p class="hf-note">Choose a model on the left.</p>'


def _overview(known: dict[tuple[str, str], Evaluated], models: Sequence[str], chosen: str | None) -> str:
    """Every model on every benchmark that one of them was evaluated on."""
    evaluated = {benchmark for _, benchmark in known}
    benchmarks = [(title, name) for title, name in _benchmark_choices() if name in evaluated]
    accuracy = {
        (item.label, name): (item.figures.accuracy, item.figures.accuracy_std) for (_, name), item in known.items()
    }
    labels = list(dict.fromkeys(item.label for model in models for (owner, _), item in known.items() if owner == model))
    return overview_table(labels, benchmarks, accuracy, chosen) if labels else ""


def _files(context: AppContext) -> list[Download]:
    """What the download buttons save: all results of the chosen models."""

    def measured(models: Sequence[str]) -> list[Measured]:
        from hyperface.evaluation.report import Measured

        titles = {name: title for title, name in _benchmark_choices()}
        found = [
            Measured(item.label, titles.get(name, name), item.result, item.figures)
            for (_, name), item in evaluations(context, models or []).items()
        ]
        if not found:
            raise InputError("There is nothing to save yet: evaluate a model first.")
        return found

    def table(models: Sequence[str]) -> bytes:
        from hyperface.evaluation.report import csv_table

        return csv_table(measured(models)).encode()

    def numbers(models: Sequence[str]) -> bytes:
        entries = [
            {"model": item.model, "benchmark": item.result.benchmark, **item.figures.as_json()}
            for item in measured(models)
        ]
        return json.dumps({"evaluations": entries}, indent=1).encode()

    def page(models: Sequence[str]) -> bytes:
        from hyperface.evaluation.report import html_report

        return html_report(measured(models), title="Verification").encode()

    return [
        Download("Report with figures", "hyperface-evaluation.html", "text/html", page),
        Download("CSV", "hyperface-evaluation.csv", "text/csv", table),
        Download("JSON", "hyperface-evaluation.json", "application/json", numbers),
    ]


def _on(known: dict[tuple[str, str], Evaluated], models: Sequence[str], name: str | None) -> list[Evaluated]:
    """The models' results on the benchmark with this name."""
    return [known[model, name] for model in models if (model, name) in known]


def _curves(found: Sequence[Evaluated]) -> list[RocCurve]:
    return [RocCurve(item.label, item.result.roc.false_accept_rate, item.result.roc.true_accept_rate) for item in found]


def _pairs(found: Sequence[Evaluated]) -> tuple[int, int]:
    """Different-person and same-person pairs of the benchmark."""
    same = int(found[0].result.same.sum())
    return len(found[0].result.same) - same, same


def _at_best_threshold(found: Sequence[Evaluated], label: str | None) -> tuple:
    """The threshold of the model with this label, and what follows from it."""
    cosine = next((item.result.cosine_threshold for item in found if item.label == label), 0.5)
    return round(cosine, 2), *_details(found, label, cosine)


def _details(found: Sequence[Evaluated], label: str | None, cosine: float) -> tuple[Figure | None, str, str]:
    """Score histogram, counts and worst mistakes of the model with this label."""
    for item in found:
        if item.label == label:
            result = item.result
            counts = confusion_table(result.confusion(2 - 2 * cosine))
            return score_chart(result.scores, result.same, cosine), counts, _mistakes(result, cosine)
    return None, "", ""


def _mistakes(result: VerificationResult, cosine: float) -> str:
    """HTML: the pairs farthest on the wrong side of the threshold."""
    benchmark = _load_benchmark(result.benchmark)
    margin = result.scores - cosine  # above 0: accepted
    order = np.argsort(margin)
    rejected = [pair for pair in order if margin[pair] <= 0 and result.same[pair]][:MISTAKES]
    accepted = [pair for pair in order[::-1] if margin[pair] > 0 and not result.same[pair]][:MISTAKES]

    def shown(pairs: Sequence[int]) -> list[Mistake]:
        return [
            Mistake((benchmark.images[2 * pair], benchmark.images[2 * pair + 1]), float(result.scores[pair]))
            for pair in pairs
        ]

    return (
        '<h3 class="hf-heading hf-apart">Worst mistakes</h3><div class="hf-mistake-columns">'
        f"{mistakes('One person, taken for two', shown(rejected))}"
        f"{mistakes('Two people, taken for one', shown(accepted))}</div>"
    )


def _published(known: dict[tuple[str, str], Evaluated], models: Sequence[str]) -> str:
    from hyperface.evaluation import published_results

    own = []
    for model in models:
        found = {benchmark: item for (owner, benchmark), item in known.items() if owner == model}
        if found:
            accuracy = {benchmark: 100 * item.result.accuracy for benchmark, item in found.items()}
            own.append(OwnRow(next(iter(found.values())).label, accuracy))
    return _WARNING + published_table(published_results(), own)


_WARNING = """
<p class="hf-note">The shipped benchmarks are renders of 3-D heads, not photographs. They rank models, and show what a
model confuses, but an accuracy on them is not comparable with a figure on photographs: read the groups of this table
apart.</p>
"""
