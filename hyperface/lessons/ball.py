"""Lesson 2, points on a ball: packing where it can be seen, in three dimensions."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.bounds import best_known_angle, max_cosine_bound
from hyperface.errors import InputError

if TYPE_CHECKING:
    from hyperface.packing import PackingStep, TammesStep

MOST_POINTS = 24
PUSHES = 240  # steps of the packing: from anywhere to within a hundredth of a degree, in a fifth of a second
CONTACT_DEGREES = 0.05  # pairs this close to the smallest angle are drawn as touching


@dataclass(frozen=True)
class BallFrame:
    """points: float64 (n, 3), unit rows. angle: degrees between the closest two. contacts: int64 (c, 2), i < j, pairs
    that are that close, to within CONTACT_DEGREES."""

    points: np.ndarray
    angle: float
    contacts: np.ndarray


@dataclass(frozen=True)
class Marks:
    """Degrees for n points: `best_known`, None where none is listed, and the `bound` that no packing passes."""

    best_known: float | None
    bound: float


def marks(count: int) -> Marks:
    """What so many points can be measured against."""
    _check_count(count)
    bound = float(np.degrees(np.arccos(np.clip(max_cosine_bound(count, 3), -1, 1))))
    return Marks(best_known_angle(count), bound)


def push_apart(points: np.ndarray) -> Generator[BallFrame, None, np.ndarray]:
    """Pack points from where they are, as identities are packed; a frame for the start and for each step.

    Args:
        points: (n, 3), 2 to MOST_POINTS rows that are not zero.

    Returns:
        Where they end, float64 (n, 3).

    Raises:
        InputError: Another shape, or rows that point nowhere.
    """
    from hyperface import packing

    rows = np.asarray(points, np.float64)
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise InputError(f"Points on a ball are rows of three numbers; the shape is {rows.shape}.")
    _check_count(len(rows))
    return _frames(packing.pack(rows, steps=PUSHES))


def _frames(work: Generator[PackingStep, None, object]) -> Generator[BallFrame, None, np.ndarray]:
    rows = np.empty((0, 3))
    for step in work:
        rows = step.embeddings.double().numpy()
        yield frame(rows)
    return rows


def best_of_many(count: int, *, seed: int = 0) -> Generator[BallFrame, None, np.ndarray]:
    """The way to the best packing that 32 random starts a round lead to, to the last digit. InputError as above.

    Returns:
        Where it ends, float64 (n, 3).
    """
    from hyperface import packing

    _check_count(count)
    return _best(packing.solve_tammes(count, seed=seed, rounds=3, goal=best_known_angle(count)))


def _best(work: Generator[TammesStep, None, object]) -> Generator[BallFrame, None, np.ndarray]:
    rows = np.empty((0, 3))
    for step in work:
        if step.round == 0 or step.phase == "done":
            rows = step.points
            yield frame(rows)
    return rows


def frame(points: np.ndarray) -> BallFrame:
    """A frame of unit rows (n, 3)."""
    i, j = np.triu_indices(len(points), 1)
    chords = np.linalg.norm(points[i] - points[j], axis=1)
    angles = np.degrees(2 * np.arcsin(np.minimum(chords / 2, 1)))
    smallest = float(angles.min())
    touching = angles < smallest + CONTACT_DEGREES
    return BallFrame(points, smallest, np.stack([i[touching], j[touching]], axis=1))


def _check_count(count: int) -> None:
    if not 2 <= count <= MOST_POINTS:
        raise InputError(f"The ball takes 2 to {MOST_POINTS} points; {count} were asked for.")
