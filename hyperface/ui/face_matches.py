"""Found faces beside those they resemble, and how much they resemble each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.ui.pictures import escape, picture

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Match:
    """A known face that a found face was compared with."""

    kind: str  # what it is: "identity" or "gallery face"
    number: int
    image: np.ndarray | torch.Tensor  # uint8 (h, w, 3), or float (3, h, w) in [0, 1]
    cosine: float
    angle: float  # degrees


@dataclass(frozen=True)
class MatchedFace:
    """A face found in a photo, with the nearest identities of the run and the nearest gallery faces."""

    number: int  # over all photos, from 1
    image: torch.Tensor  # (3, 112, 112), aligned
    confidence: float
    identities: Sequence[Match]  # nearest first
    gallery: Sequence[Match]  # nearest first


def matched_face(face: MatchedFace) -> str:
    """HTML card of one face."""
    return (
        f'<article class="hf-card" aria-label="Face {face.number}">'
        f'<div class="hf-card-crop">{picture(face.image, f"Face {face.number}, aligned")}'
        f'<b>Face {face.number}</b><span class="hf-muted">detector score {face.confidence:.2f}</span></div>'
        f'<div class="hf-card-matches">{_shelf("Nearest packed identities", face.identities)}'
        f"{_shelf('Nearest gallery faces', face.gallery)}</div></article>"
    )


def _shelf(heading: str, matches: Sequence[Match]) -> str:
    items = "".join(
        f"<li>{picture(match.image, f'{match.kind} {match.number}, {match.angle:.0f} degrees away')}"
        f"<span>no. {match.number}</span>"
        f'<span class="hf-number"><b>{match.angle:.1f}°</b> · cos {match.cosine:.2f}</span></li>'
        for match in matches
    )
    return f"<section><h4>{escape(heading)}</h4><ul>{items}</ul></section>"


def similarity_table(cosines: Sequence[Sequence[float]]) -> str:
    """HTML table of the cosines between all found faces: (m, m), numbered from 1. Nothing to show for one face."""
    count = len(cosines)
    if count < 2:
        return ""
    head = "".join(f'<th scope="col">{number}</th>' for number in range(1, count + 1))
    rows = "".join(
        f'<tr><th scope="row">{i + 1}</th>{"".join(_cell(value, i == j) for j, value in enumerate(row))}</tr>'
        for i, row in enumerate(cosines)
    )
    return (
        '<h3 class="hf-heading hf-apart">How alike the faces are</h3>'
        '<div class="hf-scroll"><table class="hf-similarity">'
        f'<thead><tr><th scope="col"><span class="hf-hidden">face</span></th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        '<p class="hf-note">Cosine between the embeddings of each two: 1 is the same picture, about 0 strangers.</p>'
    )


def _cell(cosine: float, same: bool) -> str:
    if same:
        return '<td class="hf-muted">·</td>'
    return f'<td style="--strength:{100 * min(max(cosine, 0), 1):.0f}%">{cosine:.2f}</td>'
