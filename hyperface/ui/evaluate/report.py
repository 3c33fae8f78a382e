"""Verification results as HTML: tables of models, and counts at a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyperface.ui.parts.pictures import escape

if TYPE_CHECKING:
    from hyperface.evaluation import Confusion, Figures


def overview_table(
    models: Sequence[str],
    benchmarks: Sequence[tuple[str, str]],
    accuracy: dict[tuple[str, str], tuple[float, float]],
    chosen: str | None,
) -> str:
    """HTML table: models × benchmarks. models: their labels. benchmarks: (title, name). accuracy: (label, name) → mean
    and spread over the folds, shares. chosen: the benchmark looked at, whose column is marked."""

    def cell(model: str, name: str) -> str:
        mark = ' class="hf-chosen"' if name == chosen else ""
        if (model, name) not in accuracy:
            return f"<td{mark}>–</td>"
        mean, spread = accuracy[model, name]
        return f"<td{mark}><b>{100 * mean:.2f}</b> ± {100 * spread:.2f}</td>"

    head = "".join(f'<th scope="col">{escape(title)}</th>' for title, _ in benchmarks)
    body = "".join(
        f'<tr><th scope="row">{escape(model)}</th>{"".join(cell(model, name) for _, name in benchmarks)}</tr>'
        for model in models
    )
    return _table(f'<th scope="col">Accuracy, %</th>{head}', body, "Accuracy of every model on every benchmark")


def results_table(rows: Sequence[tuple[str, Figures]]) -> str:
    """HTML table: a model to a row, (label, figures), with intervals."""
    heads = ("Model", "Accuracy", "Folds", "AUC", "EER", "True accepts", "Best threshold")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(model)}</th>'
        f"<td><b>{100 * figures.accuracy:.2f} %</b> ± {100 * figures.accuracy_std:.2f}"
        f"{_interval(figures.accuracy_interval)}</td><td>{_folds(figures.folds)}</td>"
        f"<td>{figures.auc:.4f}{_interval(figures.auc_interval, 1, 4)}</td>"
        f"<td>{100 * figures.eer:.1f} %{_interval(figures.eer_interval)}</td>"
        f"<td>{_lowest_rate(figures)}</td><td>cosine {figures.threshold:.2f}</td></tr>"
        for model, figures in rows
    )
    return _table(head, body, "Results")


def _table(head: str, body: str, label: str) -> str:
    return (
        f'<div class="hf-scroll" tabindex="0" role="region" aria-label="{label}"><table class="hf-results">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _interval(interval: tuple[float, float], factor: float = 100, digits: int = 1) -> str:
    low, high = (f"{factor * edge:.{digits}f}" for edge in interval)
    return f"<small>{low} to {high}</small>"


def _lowest_rate(figures: Figures) -> str:
    """The true-accept rate at the lowest false-accept rate that the pairs can tell."""
    if not figures.rates:
        return "not enough pairs"
    rate = figures.rates[-1]
    return f"{100 * rate.tar:.1f} % at FAR {100 * rate.reached:.2g} %{_interval(rate.interval)}"


def confusion_table(counts: Confusion) -> str:
    """HTML: what becomes of the pairs at one threshold, and the two error rates."""
    same = counts.true_accepts + counts.false_rejects
    different = counts.false_accepts + counts.true_rejects
    rows = (
        ("one person", counts.true_accepts, counts.false_rejects, "FNMR", counts.false_rejects / same),
        ("two people", counts.false_accepts, counts.true_rejects, "FMR", counts.false_accepts / different),
    )
    body = "".join(
        f'<tr><th scope="row">{name}</th><td>{accepted:,}</td><td>{rejected:,}</td>'
        f"<td>{rate} {100 * share:.1f} %</td></tr>"
        for name, accepted, rejected, rate, share in rows
    )
    right = (counts.true_accepts + counts.true_rejects) / (same + different)
    heads = ("Pairs of", "accepted", "rejected", f"{100 * right:.1f} % right")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return _table(head, body, "Pairs accepted and rejected at this threshold")


def _folds(folds: Sequence[float]) -> str:
    """The ten folds as dots on a line from 50 to 100 %: their spread at a glance."""
    dots = "".join(f'<circle cx="{4 + 92 * min(max(2 * fold - 1, 0), 1):.1f}" cy="8" r="3.2"/>' for fold in folds)
    spoken = f"Folds from {100 * min(folds):.1f} to {100 * max(folds):.1f} percent"
    return (
        f'<svg class="hf-folds" viewBox="0 0 100 16" role="img" aria-label="{spoken}"><title>{spoken}</title>'
        f'<line x1="4" y1="8" x2="96" y2="8"/>{dots}</svg>'
    )
