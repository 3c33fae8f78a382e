"""From a photo's face to its nearest packed identity: what the generator draws for the face, and on the way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import Packed, gallery_of
from hyperface.ui.parts.pictures import escape, picture
from hyperface.ui.photos.comparing import SeenFaces, zones_of

if TYPE_CHECKING:
    import torch

WALKED = 3  # faces at most that are walked from: each takes as many pictures as there are shares
STYLES = range(4)  # in which the face itself is drawn, to walk in the one that suits it
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the way


@dataclass(frozen=True)
class Way:
    """number: of the face, from 1. face: (3, 112, 112). identity: the nearest, `angle` degrees away. images:
    (k, 3, h, w), drawn at SHARES of the way. likeness: k cosines of their embeddings to the face's. least: the cosine
    from which two people are look-alikes; None where that is not known."""

    number: int
    face: torch.Tensor
    identity: int
    angle: float
    images: torch.Tensor
    likeness: Sequence[float]
    least: float | None

    @property
    def has_likeness(self) -> bool:
        """Whether what is drawn for the face itself is like it, more than most strangers are."""
        return self.likeness[0] >= (0.0 if self.least is None else self.least)


def ways_text(context: AppContext, packed: Packed, seen: SeenFaces, embeddings: torch.Tensor) -> str:
    """HTML: the ways of the first faces; nothing where no generator that ships draws embeddings like theirs."""
    generator = context.artist(packed.space)
    if not generator.space.same(packed.space):
        return ""
    ways = [_way(context, packed, seen, embeddings, number) for number in range(min(WALKED, len(embeddings)))]
    return f"{_HEADING}{''.join(way_text(way, generator.title) for way in ways)}"


def _way(context: AppContext, packed: Packed, seen: SeenFaces, embeddings: torch.Tensor, number: int) -> Way:
    from hyperface import sphere
    from hyperface.realization import walk

    cosines, nearest = packed.most_alike(embeddings[[number]], 1)  # (1, 1) each
    identity = int(nearest[0, 0])
    recognizer = context.recognizer(gallery_of(context, packed.run).recognizer)
    generator = context.artist(packed.space)
    walked = walk(embeddings[number], packed.embeddings[identity], SHARES, generator, recognizer, styles=STYLES)
    zones = zones_of(context, packed)
    return Way(
        number + 1,
        seen.images[number],
        identity,
        float(sphere.angle_degrees(float(cosines[0, 0]))),
        walked.images,
        walked.likeness.tolist(),
        None if zones is None else math.cos(math.radians(zones.alike)),
    )


def way_text(way: Way, title: str) -> str:
    """HTML of one way. title: what the generator's pictures are called."""
    first, rest = 0, range(1, len(SHARES))
    told = (
        f"Whom the generator draws for face {way.number}: to the recogniser {_percent(way.likeness[first])} alike."
        if way.has_likeness
        else f"The generator has nobody who is like face {way.number} to the recogniser, so none is shown beside it."
    )
    drawn = picture(way.images[first], f"Drawn for face {way.number}") if way.has_likeness else ""
    steps = "".join(
        f"<li>{picture(way.images[k], f'{100 * SHARES[k]:.0f} percent of the way to identity {way.identity}')}"
        f"<span>{_place(way, k)}</span><span class='hf-number'>{_percent(way.likeness[k])} alike</span></li>"
        for k in rest
    )
    return (
        f'<figure class="hf-way"><div class="hf-way-first"><div class="hf-two-faces">'
        f"{picture(way.face, f'Face {way.number}')}{drawn}</div><p>{told}</p></div>"
        f'<ol class="hf-way-steps" aria-label="On the way">{steps}</ol>'
        f'<figcaption class="hf-note">Face {way.number} → identity {way.identity}, {way.angle:.0f}° away, in '
        f"{escape(title)}. The likeness is to the photo’s face, as the recogniser sees each picture. Of "
        f"{len(STYLES)} pictures drawn for the face it is the likest; the others have its style.</figcaption></figure>"
    )


def _place(way: Way, k: int) -> str:
    return f"identity {way.identity}" if SHARES[k] == 1 else f"{100 * SHARES[k]:.0f} % of the way"


def _percent(cosine: float) -> str:
    return f"{100 * cosine:.0f} %".replace("-", "−")


_HEADING = '<h2 class="hf-heading hf-apart">From your face to somebody who does not exist</h2>'
