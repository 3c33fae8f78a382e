"""Verification results as HTML: the table of models, and the pairs a model gets most wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hyperface.ui.pictures import escape, picture


@dataclass(frozen=True)
class ResultRow:
    """One model on the benchmark. Shares in [0, 1]; threshold as a cosine."""

    model: str
    accuracy: float
    accuracy_std: float
    folds: Sequence[float]
    auc: float
    threshold: float
    true_accepts: str  # TAR at the lowest FAR that the pairs allow, in words


@dataclass(frozen=True)
class Mistake:
    """A pair on the wrong side of the threshold. images: uint8 (112, 112, 3) each."""

    images: tuple[np.ndarray, np.ndarray]
    cosine: float


def results_table(rows: Sequence[ResultRow]) -> str:
    """HTML table: a model to a row."""
    heads = ("Model", "Accuracy", "Folds", "AUC", "True accepts", "Threshold")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row.model)}</th>'
        f"<td><b>{100 * row.accuracy:.2f} %</b> ± {100 * row.accuracy_std:.2f}</td>"
        f"<td>{_folds(row.folds)}</td><td>{row.auc:.4f}</td><td>{escape(row.true_accepts)}</td>"
        f"<td>cosine {row.threshold:.2f}</td></tr>"
        for row in rows
    )
    return (
        '<div class="hf-scroll" tabindex="0" role="region" aria-label="Results"><table class="hf-results">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _folds(folds: Sequence[float]) -> str:
    """The ten folds as dots on a line from 50 to 100 %: their spread at a glance."""
    dots = "".join(f'<circle cx="{4 + 92 * min(max(2 * fold - 1, 0), 1):.1f}" cy="8" r="3.2"/>' for fold in folds)
    spoken = f"Folds from {100 * min(folds):.1f} to {100 * max(folds):.1f} percent"
    return (
        f'<svg class="hf-folds" viewBox="0 0 100 16" role="img" aria-label="{spoken}"><title>{spoken}</title>'
        f'<line x1="4" y1="8" x2="96" y2="8"/>{dots}</svg>'
    )


def mistakes(heading: str, pairs: Sequence[Mistake]) -> str:
    """HTML: pairs side by side with their cosines, the worst first."""
    if not pairs:
        return f'<section><h4>{escape(heading)}</h4><p class="hf-note">None.</p></section>'
    items = "".join(
        f"<li><div>{''.join(picture(image, 'One image of the pair') for image in pair.images)}</div>"
        f'<span class="hf-number">cosine {pair.cosine:.2f}</span></li>'
        for pair in pairs
    )
    return f'<section><h4>{escape(heading)}</h4><ul class="hf-mistakes">{items}</ul></section>'
