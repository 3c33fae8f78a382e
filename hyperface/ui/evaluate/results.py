"""What the Evaluate tab shows of models' results on a benchmark, computed from what was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.ui.evaluate.benchmarks import NO_BENCHMARK, benchmark_choices, read_benchmark
from hyperface.ui.evaluate.charts import RocCurve, score_chart
from hyperface.ui.evaluate.evaluations import Evaluated
from hyperface.ui.evaluate.published_table import OwnRow, published_table
from hyperface.ui.evaluate.report import confusion_table, overview_table, results_table
from hyperface.ui.parts.mistakes import Mistake, mistakes
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.plots import Figure
from hyperface.words import collapsed

if TYPE_CHECKING:
    from hyperface.evaluation import VerificationResult

MISTAKES = 6  # worst pairs of each kind


def note_text(name: str | None, found: Sequence[Evaluated], missing: int, damaged: Sequence[str] = ()) -> str:
    """HTML: what the benchmark asks, how many pairs it has, and how many of the chosen models have no result on it.
    damaged: why results of some of them cannot be read."""
    from hyperface.evaluation import list_benchmarks

    entry = next((entry for entry in list_benchmarks() if entry.name == name), None)
    if entry is None:
        return f'<p class="hf-note">{NO_BENCHMARK}</p>'
    pairs = ""
    if found:
        same = int(found[0].result.same.sum())
        pairs = f" {same} pairs show one person, {len(found[0].result.same) - same} show two."
    text = f'<p class="hf-note"><b>{escape(entry.title)}.</b> {escape(entry.note)}{pairs}</p>'
    text += "".join(f'<p class="hf-problems">{escape(reason)}</p>' for reason in damaged)
    missing -= len(damaged)
    if missing > 0:
        models = "One of the chosen models has" if found else "The chosen model has"
        models = models if missing == 1 else f"{missing} of the chosen models have"
        text += f'<p class="hf-problems">{models} not been evaluated on this benchmark yet: press Evaluate.</p>'
    elif not found and not damaged:
        text += '<p class="hf-problems">Choose a model on the left.</p>'
    return text


def models_table(found: Sequence[Evaluated]) -> str:
    """HTML: the results."""
    if not found:
        return '<p class="hf-note">None of the chosen models has been evaluated on this benchmark.</p>'
    return collapsed_models(found) + results_table([(item.label, item.figures) for item in found])


def collapsed_models(found: Iterable[Evaluated]) -> str:
    """HTML: a sentence for each model that gives every face the same embedding; nothing where none does."""
    labels = dict.fromkeys(item.label for item in found if item.result.collapsed)
    return "".join(f'<p class="hf-problems">{escape(collapsed(label))}</p>' for label in labels)


def overview_of(known: dict[tuple[str, str], Evaluated], models: Sequence[str], chosen: str | None) -> str:
    """HTML: every model on every benchmark that one of them was evaluated on, and which of them have collapsed."""
    evaluated = {benchmark for _, benchmark in known}
    benchmarks = [(title, name) for title, name in benchmark_choices() if name in evaluated]
    accuracy = {
        (item.label, name): (item.figures.accuracy, item.figures.accuracy_std) for (_, name), item in known.items()
    }
    labels = list(dict.fromkeys(item.label for model in models for (owner, _), item in known.items() if owner == model))
    if not labels:
        return ""
    return overview_table(labels, benchmarks, accuracy, chosen) + collapsed_models(known.values())


def curves_of(found: Sequence[Evaluated]) -> list[RocCurve]:
    """A curve for each model."""
    return [RocCurve(item.label, item.result.roc.false_accept_rate, item.result.roc.true_accept_rate) for item in found]


def pair_counts(found: Sequence[Evaluated]) -> tuple[int, int]:
    """Different-person and same-person pairs of the benchmark."""
    same = int(found[0].result.same.sum())
    return len(found[0].result.same) - same, same


@dataclass(frozen=True)
class Details:
    """One model at a threshold. scores: the histogram of all pairs. counts, mistakes: HTML."""

    scores: Figure | None = None
    counts: str = ""
    mistakes: str = ""


def details_of(found: Sequence[Evaluated], model: str | None, cosine: float) -> Details:
    """Score histogram, counts and worst mistakes of a model; nothing where it has no result."""
    for item in found:
        if item.model == model:
            result = item.result
            counts = confusion_table(result.confusion(2 - 2 * cosine))
            return Details(score_chart(result.scores, result.same, cosine), counts, worst_mistakes(result, cosine))
    return Details()


def worst_mistakes(result: VerificationResult, cosine: float) -> str:
    """HTML: the pairs farthest on the wrong side of the threshold."""
    benchmark = read_benchmark(result.benchmark)
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
        '<div class="hf-mistake-columns">'
        f"{mistakes('One person, taken for two', shown(rejected))}"
        f"{mistakes('Two people, taken for one', shown(accepted))}</div>"
    )


def published_of(known: dict[tuple[str, str], Evaluated], models: Sequence[str]) -> str:
    """HTML: the published results, with these models in rows of their own."""
    from hyperface.evaluation import published_results

    own = []
    for model in models:
        found = {benchmark: item for (owner, benchmark), item in known.items() if owner == model}
        if found:
            accuracy = {benchmark: 100 * item.result.accuracy for benchmark, item in found.items()}
            own.append(OwnRow(next(iter(found.values())).label, accuracy))
    return WARNING + published_table(published_results(), own)


WARNING = """
<p class="hf-note">The shipped benchmarks are renders of 3-D heads, not photographs. They rank models, and show what a
model confuses, but an accuracy on them is not comparable with a figure on photographs: read the groups of this table
apart.</p>
"""
