"""Found faces beside those they resemble, and how much they resemble each other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.ui.parts.pictures import chooser, escape, picture

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
class Zones:
    """Angles between two faces, degrees: up to `same` they pass as one person, up to `alike` they are look-alikes."""

    same: float
    alike: float


@dataclass(frozen=True)
class MatchedFace:
    """A face found in a photo, with the nearest identities of the run and the nearest gallery faces."""

    number: int  # over all photos, from 1
    image: torch.Tensor  # (3, 112, 112), aligned
    confidence: float
    identities: Sequence[Match]  # nearest first
    gallery: Sequence[Match]  # nearest first


def matched_face(face: MatchedFace, zones: Zones | None = None) -> str:
    """HTML card of one face. zones: where its nearest identity stands among; None where that is not known."""
    pair = ruler(face, zones) if zones is not None and face.identities else ""
    return (
        f'<article class="hf-card" aria-label="Face {face.number}">'
        f'<div class="hf-card-crop">{picture(face.image, f"Face {face.number}, aligned")}'
        f'<h2>Face {face.number}</h2><span class="hf-muted">detector score {face.confidence:.2f}</span></div>'
        f'<div>{pair}<div class="hf-card-matches">{_shelf("Nearest packed identities", face.identities)}'
        f"{_shelf('Nearest gallery faces', face.gallery)}</div></div></article>"
    )


_FARTHEST = 100.0  # degrees: the end of the ruler


def ruler(face: MatchedFace, zones: Zones) -> str:
    """HTML: the face and its nearest identity at the two ends of a ruler of angles, with where the pair is on it."""
    nearest = face.identities[0]
    at = min(nearest.angle, _FARTHEST)
    words = (f"same person: up to {zones.same:.0f}°", f"look-alike: up to {zones.alike:.0f}°", "stranger")
    verdict = next((word for word, end in zip(words, (zones.same, zones.alike), strict=False) if at <= end), words[-1])
    ends = (0.0, zones.same, zones.alike, _FARTHEST)
    boxes = "".join(
        f'<rect x="{low:.1f}" y="8" width="{high - low:.1f}" height="5" opacity=".55"/>'
        for low, high in itertools.pairwise(ends)
    )
    shares = " ".join(f"{high - low:.1f}fr" for low, high in itertools.pairwise(ends))
    told = f"Face {face.number} and identity {nearest.number}: {nearest.angle:.0f}°, {verdict.partition(':')[0]}"
    own = picture(face.image, f"Face {face.number}")
    return (
        f'<figure class="hf-ruler">{own}<div><svg viewBox="0 0 {_FARTHEST:.0f} 14" role="img" '
        f'aria-label="{escape(told)}">{boxes}<path d="M{at:.1f} 8l-3 -6h6z"/></svg>'
        f'<div class="hf-ruler-words" style="grid-template-columns:{shares}">'
        f"{''.join(f'<span>{word}</span>' for word in words)}</div></div>"
        f"{picture(nearest.image, f'Identity {nearest.number}')}<figcaption>{escape(told)}.</figcaption></figure>"
    )


def _shelf(heading: str, matches: Sequence[Match]) -> str:
    items = "".join(
        f"<li>{picture(match.image, f'{match.kind} {match.number}, {match.angle:.0f} degrees away')}"
        f"<span>{_named(match)}</span>"
        f'<span class="hf-number"><b>{match.angle:.1f}°</b> · cos {match.cosine:.2f}</span></li>'
        for match in matches
    )
    return f"<section><h3>{escape(heading)}</h3><ul>{items}</ul></section>"


def _named(match: Match) -> str:
    """HTML of a match's number; an identity's is a button that chooses it on the whole page."""
    text = f"no. {match.number}"
    return chooser(match.number, text) if match.kind == "identity" else text


def similarity_table(cosines: Sequence[Sequence[float]], threshold: float | None, false_matches: float) -> str:
    """HTML of the cosines between all found faces: (m, m), numbered from 1. Nothing to show for one face.

    threshold: from which on two faces pass as one person, None if it is not known; it is drawn over the pairs.
    false_matches: the share of pairs of strangers that it lets pass.
    """
    count = len(cosines)
    if count < 2:
        return ""
    head = "".join(f'<th scope="col">{number}</th>' for number in range(1, count + 1))
    cells = ["".join(_cell(value, i == j, threshold) for j, value in enumerate(row)) for i, row in enumerate(cosines)]
    rows = "".join(f'<tr><th scope="row">{i + 1}</th>{row}</tr>' for i, row in enumerate(cells))
    return (
        '<h2 class="hf-heading hf-apart">How alike the faces are</h2>'
        '<div class="hf-scroll"><table class="hf-similarity">'
        f'<thead><tr><th scope="col"><span class="hf-hidden">face</span></th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{_threshold_line(cosines, threshold)}"
        f'<p class="hf-note">{_meaning(threshold, false_matches)}</p>'
    )


def _cell(cosine: float, same: bool, threshold: float | None) -> str:
    if same:
        return '<td class="hf-muted">·</td>'
    strength = f'style="--strength:{100 * min(max(cosine, 0), 1):.0f}%"'
    if threshold is None or cosine < threshold:
        return f"<td {strength}>{cosine:.2f}</td>"
    return f'<td class="hf-match" title="passes as one person" {strength}>{cosine:.2f}</td>'


_LEFT, _RIGHT, _WIDTH = -0.4, 1.0, 420  # ends of the axis, cosines, and its length in the drawing


def _threshold_line(cosines: Sequence[Sequence[float]], threshold: float | None) -> str:
    """SVG: every pair as a dot on the axis of cosines, with the threshold as a line."""
    if threshold is None:
        return ""

    def x(cosine: float) -> str:
        return f"{10 + (min(max(cosine, _LEFT), _RIGHT) - _LEFT) / (_RIGHT - _LEFT) * _WIDTH:.1f}"

    dots = "".join(
        f'<circle cx="{x(cosine)}" cy="34" r="4.5"><title>{i + 1} and {j + 1}: {cosine:.2f}</title></circle>'
        for i, row in enumerate(cosines)
        for j, cosine in enumerate(row[:i])
    )
    ticks = "".join(
        f'<line x1="{x(tick)}" x2="{x(tick)}" y1="34" y2="40"/><text x="{x(tick)}" y="52">{tick:g}</text>'
        for tick in (0.0, 0.5, 1.0)
    )
    return (
        f'<svg class="hf-threshold" viewBox="0 0 {_WIDTH + 20} 58" role="img" '
        f'aria-label="Cosines of all pairs, with the threshold at {threshold:.2f}">'
        f'<line x1="10" x2="{_WIDTH + 10}" y1="34" y2="34"/>{ticks}{dots}'
        f'<line class="hf-threshold-mark" x1="{x(threshold)}" x2="{x(threshold)}" y1="16" y2="44"/>'
        f'<text class="hf-threshold-mark" x="{x(threshold)}" y="11">threshold {threshold:.2f}</text></svg>'
    )


def _meaning(threshold: float | None, false_matches: float) -> str:
    cosine = "Cosine between the embeddings of each two: 1 is the same picture, about 0 strangers."
    if threshold is None:
        return f"{cosine} The gallery has too few faces to say from where on two pass as one person."
    return (
        f"{cosine} From {threshold:.2f} on (outlined) two faces pass as one person: of the pairs of different gallery "
        f"faces only 1 in {round(1 / false_matches):,} is that alike. Relatives, or bad photos, can cross the line "
        "either way."
    )
