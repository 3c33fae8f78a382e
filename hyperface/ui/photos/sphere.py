"""The sphere of a packing with the faces of photos placed on it: "you are here"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hyperface.ui.parts.balls import Ball, ball_of


def sphere_with_faces(identities: np.ndarray, faces: np.ndarray, numbers: Sequence[int]) -> Ball:
    """Packed identities (n, 3) as points and faces (m, 3) as marked ones with their numbers; both are unit rows. The
    first face is turned to the eye."""
    first = len(identities)
    marked = range(first, first + len(faces))
    words = {place: f"face {number}" for place, number in zip(marked, numbers, strict=True)}
    return ball_of(np.concatenate([identities, faces]), marked=marked, words=words, front=first)
