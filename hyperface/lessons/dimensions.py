"""Lesson 3, from 3 to 128 dimensions: how far apart directions at random are, and how far apart they can be."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hyperface.bounds import max_cosine_bound
from hyperface.errors import InputError

if TYPE_CHECKING:
    import torch

DIMENSIONS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
COUNTS = (10, 30, 100, 300)  # points that can be pushed apart
PAIRS = 4000  # of random directions, in each histogram
BIN = 3  # degrees
NEAR = 60.0  # degrees: closer than this may well be one person
PUSHES = 120  # steps of the packing


@dataclass(frozen=True)
class Spread:
    """Angles of PAIRS random pairs in `dimension` dimensions. counts: int64 (60,), in bins of BIN degrees. low, high:
    degrees between which nine of ten lie, exactly. near: the chance that a pair is closer than NEAR, exactly."""

    dimension: int
    counts: NDArray[np.int64]
    low: float
    high: float
    near: float


@dataclass(frozen=True)
class Pushed:
    """Points after `step` of PUSHES steps: degrees between the closest two, and a histogram of all pairs as above."""

    step: int
    closest: float
    counts: NDArray[np.int64]


def share_within(dimension: int, degrees: float) -> float:
    """The share of the sphere S^(d−1) within so many degrees of a point: the chance that a random direction is so near.

    Half a regularised incomplete beta function of sin², from the density sin^(d−2) of the angle.
    """
    from scipy.special import betainc

    tail = 0.5 * float(betainc((dimension - 1) / 2, 0.5, np.sin(np.radians(degrees)) ** 2))
    return tail if degrees <= 90 else 1 - tail


def angle_of_share(dimension: int, share: float) -> float:
    """Degrees within which this share of the sphere is: the inverse of `share_within`."""
    from scipy.special import betaincinv

    tail = min(share, 1 - share)
    degrees = float(np.degrees(np.arcsin(np.sqrt(betaincinv((dimension - 1) / 2, 0.5, 2 * tail)))))
    return degrees if share <= 0.5 else 180 - degrees


def spread(dimension: int, *, seed: int = 0) -> Spread:
    """Random pairs in so many dimensions."""
    from hyperface.sphere import angles, random_points

    first, second = random_points(2 * PAIRS, dimension, seed).split(PAIRS)
    degrees = np.degrees(angles(first, second).numpy())
    low, high = angle_of_share(dimension, 0.05), angle_of_share(dimension, 0.95)
    return Spread(dimension, _histogram(degrees), low, high, share_within(dimension, NEAR))


def bound(count: int, dimension: int) -> float:
    """Degrees: in no packing of so many points are the closest two further apart."""
    return float(np.degrees(np.arccos(np.clip(max_cosine_bound(count, dimension), -1, 1))))


def push_apart(count: int, dimension: int, *, seed: int = 0) -> Generator[Pushed, None, torch.Tensor]:
    """Pack random points, and tell the angles after every step.

    Returns:
        The points (n, d).

    Raises:
        InputError: Not one of COUNTS or of DIMENSIONS.
    """
    if count not in COUNTS or dimension not in DIMENSIONS:
        raise InputError(
            f"The lesson packs {', '.join(map(str, COUNTS))} points in {DIMENSIONS[0]} to {DIMENSIONS[-1]} dimensions; "
            f"{count} in {dimension} were asked for."
        )
    return _pushed(count, dimension, seed)


def _pushed(count: int, dimension: int, seed: int) -> Generator[Pushed, None, torch.Tensor]:
    from hyperface import packing
    from hyperface.sphere import angle_degrees, random_points

    i, j = np.triu_indices(count, 1)
    points = random_points(count, dimension, seed)
    for step in packing.pack(points, steps=PUSHES):
        points = step.embeddings
        cosines = (points @ points.T).numpy()[i, j]
        degrees = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        yield Pushed(step.step, angle_degrees(step.max_cosine), _histogram(degrees))
    return points


def _histogram(degrees: NDArray[np.floating]) -> NDArray[np.int64]:
    return np.histogram(degrees, bins=np.arange(0, 180 + BIN, BIN))[0].astype(np.int64)
