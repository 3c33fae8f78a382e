"""The sphere of a packing with the faces of photos placed on it: "you are here"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hyperface.drawing import data_url
from hyperface.ui.parts.balls import Ball, Guests, ball_of
from hyperface.ui.parts.packed import Packed

if TYPE_CHECKING:
    import torch


def sphere_with_faces(packed: Packed, points: np.ndarray, embeddings: torch.Tensor, images: torch.Tensor) -> Ball:
    """Packed identities (n, d) as points, and after them faces as marked ones with their numbers, the first in front.

    points: (m, 3), unit rows, where the faces are shown. embeddings: (m, d). images: (m, 3, h, w), aligned.
    """
    import torch

    from hyperface import sphere
    from hyperface.images import to_uint8

    first, everybody = len(packed), torch.cat([packed.embeddings, embeddings])
    angles = [torch.rad2deg(sphere.angles(everybody, embedding)).numpy() for embedding in embeddings]  # m × (n + m,)
    return ball_of(
        np.concatenate([packed.points, points]),
        marked=range(first, first + len(points)),
        words={first + number: f"face {number + 1}" for number in range(len(points))},
        people=packed,
        guests=Guests(np.stack(angles), [data_url(image) for image in to_uint8(images)]),
    )
