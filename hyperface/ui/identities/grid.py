"""Packed identities as faces: the grid identities × variations, and the closest pair of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperface.ui.identities.portrayed import Portrayed, face
from hyperface.ui.parts.pictures import chooser, escape
from hyperface.ui.parts.terms import term

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class IdentityRow:
    """One identity of the grid."""

    number: int  # its place in the run, from 0
    images: torch.Tensor  # (k, 3, h, w), one for each style
    cosines: Sequence[float]  # k, of each picture's embedding to the requested one
    neighbor: int  # the identity of the run that is nearest to it
    neighbor_angle: float  # degrees
    who: Sequence[Portrayed | None]  # k, whom each picture enlarges; None: nobody


@dataclass(frozen=True)
class ClosestPair:
    """The two identities of a run that are nearest to each other, drawn in one style."""

    numbers: tuple[int, int]
    images: tuple[torch.Tensor, torch.Tensor]  # (3, h, w) each
    requested_angle: float  # degrees, between the packed embeddings
    drawn_angle: float  # degrees, between the embeddings of the two pictures
    who: tuple[Portrayed | None, ...]  # whom each picture enlarges
    difference: str  # HTML of what differs, in words; may be empty


def identity_grid(rows: Sequence[IdentityRow], style_seeds: Sequence[int]) -> str:
    """HTML table: an identity to a row, a style to a column."""
    head = "".join(f'<div role="columnheader">style {escape(seed)}</div>' for seed in style_seeds)
    body = "".join(_row(row, style_seeds) for row in rows)
    return (
        f'<div class="hf-grid" role="table" aria-label="Identities and their variations" '
        f'style="--styles:{len(style_seeds)}">'
        f'<div class="hf-grid-row hf-grid-head" role="row"><div role="columnheader">identity</div>{head}</div>'
        f'{body}</div><p class="hf-note">{_CAPTION}</p>'
    )


_CAPTION = (
    f"{term('likeness', 'Likeness')}: the mean cosine between the packed {term('embedding')} and those of the row’s "
    "pictures, embedded again by the recogniser, in percent. Nearest: the closest other identity of the packing, and "
    f"the {term('angle')} to it. A column has one {term('style')}."
)


def _row(row: IdentityRow, style_seeds: Sequence[int]) -> str:
    mean = sum(row.cosines) / len(row.cosines)
    cells = "".join(
        f'<div role="cell">{_variation(row.number, seed, image, cosine, who)}</div>'
        for seed, image, cosine, who in zip(style_seeds, row.images, row.cosines, row.who, strict=True)
    )
    return (
        '<div class="hf-grid-row" role="row"><div class="hf-grid-label" role="rowheader">'
        f"<b>Identity {row.number}</b>"
        f'<span class="hf-number" title="Mean cosine of the pictures, embedded again, to the requested embedding">'
        f"likeness: {100 * mean:.0f} %</span>"
        f'<span class="hf-meter" aria-hidden="true"><span style="width:{100 * max(mean, 0):.0f}%"></span></span>'
        f'<span class="hf-muted hf-number">nearest: {chooser(row.neighbor, str(row.neighbor))} at '
        f"{row.neighbor_angle:.1f}°</span>"
        f"</div>{cells}</div>"
    )


def _variation(number: int, seed: int, image: torch.Tensor, cosine: float, who: Portrayed | None) -> str:
    text = f"Identity {number}, style {seed}: cosine {cosine:.2f} to the request"
    return face(image, text, who, title=text)


def closest_pair(pair: ClosestPair) -> str:
    """HTML figure of the run's closest pair with its angle as requested and as drawn."""
    first, second = (
        f'<div class="hf-pair-face">{face(image, f"Identity {number}", who)}<span>Identity {number}</span></div>'
        for number, image, who in zip(pair.numbers, pair.images, pair.who, strict=True)
    )
    return (
        '<h2 class="hf-heading">The two closest identities of this packing</h2>'
        f'<figure class="hf-pair">{first}<div class="hf-pair-angle">'
        f'<b class="hf-number">{pair.requested_angle:.1f}°</b><span>requested</span>'
        f'<b class="hf-number hf-second">{pair.drawn_angle:.1f}°</b><span>as drawn</span></div>{second}</figure>'
        f"{pair.difference}"
    )
