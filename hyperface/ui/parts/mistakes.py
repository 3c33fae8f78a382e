"""Pairs of faces side by side: those a model gets most wrong, or that are most alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hyperface.ui.parts.pictures import escape, picture


@dataclass(frozen=True)
class Mistake:
    """A pair on the wrong side of the threshold. images: uint8 (112, 112, 3) each."""

    images: tuple[np.ndarray, np.ndarray]
    cosine: float


def mistakes(heading: str, pairs: Sequence[Mistake]) -> str:
    """HTML: pairs side by side with their cosines, the worst first."""
    if not pairs:
        return f'<section><h3>{escape(heading)}</h3><p class="hf-note">None.</p></section>'
    items = "".join(
        f"<li><div>{''.join(picture(image, 'One image of the pair') for image in pair.images)}</div>"
        f'<span class="hf-number">cosine {pair.cosine:.2f}</span></li>'
        for pair in pairs
    )
    return f'<section><h3>{escape(heading)}</h3><ul class="hf-mistakes">{items}</ul></section>'
