"""Lesson 4, ask for anybody: what is drawn where a generator is asked for any point of the sphere, and for one in the
span of the faces that there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.errors import InputError

if TYPE_CHECKING:
    import torch

    from hyperface.generators import Generator
    from hyperface.recognizers import Recognizer

SPANS = (10, 20, 40, 80, 128)  # directions; the last is the whole sphere
FACES = 4  # asked for at a time


@dataclass(frozen=True)
class Drawn:
    """FACES requests and their pictures. pictures: uint8 (n, h, w, 3). missed: float64 (n,), degrees from each request
    to what the recogniser sees. asked_apart, drawn_apart: degrees, mean over all pairs of the requests, and of what is
    seen."""

    pictures: np.ndarray
    missed: np.ndarray
    asked_apart: float
    drawn_apart: float


def shares(gallery: torch.Tensor) -> dict[int, float]:
    """What share of how faces (n, d) differ lies in their strongest directions, for each of SPANS that they have."""
    from hyperface.packing.span import explained_share

    explained = explained_share(gallery)  # (d,)
    return {size: float(explained[size - 1]) for size in SPANS if size <= len(explained)}


def anybody(gallery: torch.Tensor, size: int, *, seed: int) -> torch.Tensor:
    """FACES random points (n, d), unit rows, inside the `size` strongest directions of the gallery (m, d).

    The same seed asks for the same points, brought into the span. InputError for a size that is not one of SPANS.
    """
    from hyperface.packing.span import principal_span
    from hyperface.sphere import random_points

    dimension = gallery.shape[1]
    if size not in SPANS or size > dimension:
        raise InputError(f"The lesson asks inside {', '.join(map(str, SPANS))} directions; {size} were asked for.")
    points = random_points(FACES, dimension, seed)
    if size == dimension:
        return points
    span = principal_span(gallery, size)
    return span.embed(span.start(points))


def draw(wanted: torch.Tensor, generator: Generator, recognizer: Recognizer, *, seed: int) -> Drawn:
    """Ask the generator for points (n, d), calmly, and let the recogniser look.

    InputError if it is not the one whose embeddings the generator draws.
    """
    from hyperface.images import to_uint8
    from hyperface.realization import realize
    from hyperface.sphere import angles

    real = realize(wanted, [seed], generator.calm(), recognizer)
    seen = real.embeddings[:, 0]  # (n, d)
    missed = np.degrees(angles(seen, wanted).numpy())
    return Drawn(to_uint8(real.images[:, 0]), missed, _apart(wanted), _apart(seen))


def _apart(rows: torch.Tensor) -> float:
    """Mean angle of all pairs of rows (n, d), degrees."""
    from hyperface.sphere import angles

    i, j = np.triu_indices(len(rows), 1)
    return float(np.degrees(angles(rows[i], rows[j]).numpy()).mean())
