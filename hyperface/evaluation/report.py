"""Evaluations to keep: a CSV table, and one HTML file with table and curves that prints well."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from hyperface.drawing import STYLE, Axis, Curve, histogram, line_chart, shares
from hyperface.evaluation.figures import Figures
from hyperface.evaluation.scoring import VerificationResult
from hyperface.words import collapsed

RENDERED_NOTE = (
    "Benchmarks whose names begin with “rendered” are renders of 3-D heads, not photographs. They rank models and show "
    "what a model confuses; their accuracies are not comparable with figures on photographs."
)
PROTOCOL_NOTE = (
    "Accuracy: InsightFace's protocol, the threshold of each tenth of the pairs chosen on the other nine; ± is the "
    "spread over the folds. In grey: 95 % bootstrap intervals over the pairs. EER: equal error rate. TAR: the share of "
    "same-person pairs accepted where at most FAR of the different-person pairs are; rates that the pairs cannot tell "
    "(under ten false accepts expected) are left out."
)


@dataclass(frozen=True)
class Measured:
    """A model on a benchmark. title: the benchmark's."""

    model: str
    title: str
    result: VerificationResult
    figures: Figures


def csv_table(measured: Sequence[Measured]) -> str:
    """A row for each model and benchmark, shares in [0, 1]; cells that a benchmark cannot tell are empty."""
    rows = [{"model": item.model, "benchmark": item.result.benchmark, **item.figures.as_row()} for item in measured]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def html_report(measured: Sequence[Measured], *, title: str) -> str:
    """One page, without any file beside it: a section for each benchmark."""
    by_benchmark: dict[str, list[Measured]] = {}
    for item in measured:
        by_benchmark.setdefault(item.title, []).append(item)
    sections = "".join(_section(name, items) for name, items in by_benchmark.items())
    rendered = any(item.result.benchmark.startswith("rendered") for item in measured)
    note = f'<p class="note">{RENDERED_NOTE}</p>' if rendered else ""
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{STYLE}</style>
<h1>{escape(title)}</h1>
{note}{sections}
<p class="note">{PROTOCOL_NOTE}</p>
</html>
"""


def _section(title: str, items: Sequence[Measured]) -> str:
    result = items[0].result
    same = int(result.same.sum())
    histograms = "".join(
        f"<figure><figcaption>Scores of {escape(item.model)}</figcaption>{_scores(item)}</figure>" for item in items
    )
    warnings = "".join(f"<p>{escape(collapsed(item.model))}</p>" for item in items if item.result.collapsed)
    return (
        f"<h2>{escape(title)}</h2><p>{same:,} pairs of one person, {len(result.same) - same:,} of two.</p>{warnings}"
        f'<div class="wide">{_table(items)}</div><div class="charts">'
        f"<figure><figcaption>ROC</figcaption>{_roc(items)}</figure>"
        f"<figure><figcaption>DET</figcaption>{_det(items)}</figure>{histograms}</div>"
    )


def _table(items: Sequence[Measured]) -> str:
    fars = list(dict.fromkeys(rate.far for item in items for rate in item.figures.rates))
    names = ("", "accuracy", "AUC", "EER", *(f"TAR at FAR {100 * far:g} %" for far in fars))
    rows = []
    for item in items:
        figures = item.figures
        rates = {rate.far: rate for rate in figures.rates}
        cells = [
            f"{100 * figures.accuracy:.2f} ± {100 * figures.accuracy_std:.2f} %{_percent(figures.accuracy_interval)}",
            f"{figures.auc:.4f}<small>{figures.auc_interval[0]:.4f} to {figures.auc_interval[1]:.4f}</small>",
            f"{100 * figures.eer:.2f} %{_percent(figures.eer_interval)}",
            *(f"{100 * rates[far].tar:.2f} %{_percent(rates[far].interval)}" if far in rates else "–" for far in fars),
        ]
        body = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{escape(item.model)}</th>{body}</tr>')
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _percent(interval: tuple[float, float]) -> str:
    return f"<small>{100 * interval[0]:.2f} to {100 * interval[1]:.2f}</small>"


def _floor(items: Sequence[Measured], kind: bool) -> float:
    """One pair of this kind among all of them: the least share that a curve can show."""
    return 1 / max(1, int((items[0].result.same == kind).sum()))


def _ticks(low: float) -> list[tuple[float, str]]:
    return [tick for tick in shares(1e-4, 1e-3, 1e-2, 1e-1, 1) if tick[0] >= low * 0.999]


def _roc(items: Sequence[Measured]) -> str:
    low = _floor(items, False)
    curves = [Curve(item.model, item.result.roc.false_accept_rate, item.result.roc.true_accept_rate) for item in items]
    across = Axis("false accepts", low, 1, _ticks(low), logarithmic=True)
    up = Axis("true accepts", 0, 1, shares(0, 0.25, 0.5, 0.75, 1))
    return line_chart(curves, across, up, label="True accepts against false accepts")


def _det(items: Sequence[Measured]) -> str:
    low, lower = _floor(items, False), _floor(items, True)
    curves = [
        Curve(item.model, item.result.roc.false_accept_rate, item.result.roc.false_non_match_rate) for item in items
    ]
    across = Axis("false match rate", low, 1, _ticks(low), logarithmic=True)
    up = Axis("false non-match rate", lower, 1, _ticks(lower), logarithmic=True)
    return line_chart(curves, across, up, label="False non-matches against false matches, both logarithmic")


def _scores(item: Measured) -> str:
    scores, same = item.result.scores, item.result.same
    lowest = float(np.floor(5 * min(scores.min(), item.figures.threshold)) / 5)
    low = min(max(-1.0, lowest), 0.8)  # an axis has a length, also where all cosines are 1
    ticks = [(float(value), f"{value:.1f}") for value in np.arange(low, 1.01, 0.2)]
    return histogram(
        [("one person", scores[same]), ("two people", scores[~same])],
        Axis("cosine of the pair", low, 1, ticks),
        line=item.figures.threshold,
        bins=40,
        label=f"Cosines of the pairs; the threshold is {item.figures.threshold:.2f}",
    )
