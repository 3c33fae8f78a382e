"""Lesson 6, packed against random: two small recognisers, trained on equal numbers of pictures of random people and of
the same people packed, and tested on strangers.

The recognisers are Fisherfaces (Belhumeur, Hespanha and Kriegman 1997): a linear map that brings pictures of one person
together and those of two apart, in closed form. They are trained in no time, on few pictures, and so they say in a few
seconds what networks need minutes for: who won this race, and how much of it was chance.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hyperface.errors import InputError
from hyperface.seeds import stream_seed

if TYPE_CHECKING:
    import torch

    from hyperface.gallery import Gallery
    from hyperface.generators import Generator as FaceGenerator

RANDOM, PACKED = "random", "packed"
ARMS = (RANDOM, PACKED)
PEOPLE, PICTURES = 12, 4  # that a recogniser is trained on, and of each
TESTED, TEST_PICTURES = 36, 3  # strangers that both are tested on, and of each
SIDE = 28  # pixels of the gray pictures that the recognisers see
RIDGE = 0.1  # of the variance of all, added within people: few pictures say little about it
STEPS = 100  # of the packing

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Pictures of the `done` of `total` people of an arm that are drawn. faces: uint8 (k, h, w, 3), one of each that
    came with this step."""

    arm: str
    done: int
    total: int
    faces: np.ndarray


@dataclass(frozen=True)
class Race:
    """How far apart the people of each arm were asked for, mean degrees to the nearest, and how well a recogniser
    trained on them tells strangers apart: the chance that a pair of one person is nearer than a pair of two."""

    apart: dict[str, float]
    score: dict[str, float]

    @property
    def lead(self) -> float:
        """Of the packed, in points of a hundred."""
        return 100 * (self.score[PACKED] - self.score[RANDOM])


@dataclass(frozen=True)
class Tally:
    """mean: of the leads. low, high: Student's 95 % interval of it, None for a single race. wins: races that the packed
    won."""

    mean: float
    low: float | None
    high: float | None
    wins: int


@dataclass(frozen=True)
class Test:
    """Pictures of strangers, float64 (n, SIDE²), and who they are, int64 (n,)."""

    pictures: Matrix
    people: NDArray[np.int64]


def strangers(gallery: Gallery, generator: FaceGenerator) -> Test:
    """The test, the same for every race: people from the end of the gallery, whom no race trains on."""
    people = gallery.embeddings[-TESTED:]
    pictures = [
        _drawn(generator, row[None], TEST_PICTURES, stream_seed(0, "a lesson's test", k))
        for k, row in enumerate(people)
    ]
    return Test(np.concatenate([_seen(each) for each in pictures]), np.repeat(np.arange(TESTED), TEST_PICTURES))


def run(gallery: Gallery, generator: FaceGenerator, test: Test, *, span: int, seed: int) -> Generator[Seen, None, Race]:
    """One race, with people and pictures that follow from the seed; a step for every person.

    span: directions of the gallery that the packed people stay in. InputError for a gallery of another recogniser than
    the generator's.
    """
    gallery.space.check_same(generator.space)
    if seed < 0:
        raise InputError(f"The seed is 0 or more; it was {seed}.")
    return _running(gallery, generator, test, span, seed)


def _running(
    gallery: Gallery, generator: FaceGenerator, test: Test, span: int, seed: int
) -> Generator[Seen, None, Race]:
    from hyperface import packing
    from hyperface.steps import finish

    rng = np.random.default_rng(stream_seed(seed, "people of a lesson's race"))
    chosen = gallery.embeddings[rng.choice(len(gallery) - TESTED, PEOPLE, replace=False)]
    packed = finish(packing.pack(chosen, gallery=gallery.embeddings, alpha=0, span=span, steps=STEPS))
    people = {RANDOM: chosen, PACKED: packed}
    pictures: dict[str, list[torch.Tensor]] = {arm: [] for arm in ARMS}
    for number in range(PEOPLE):
        for arm in ARMS:  # the same lights, turns and backgrounds for both
            drawn = _drawn(generator, people[arm][[number]], PICTURES, stream_seed(seed, "styles of a race", number))
            pictures[arm].append(drawn)
            yield Seen(arm, number + 1, PEOPLE, _thumbnails(drawn[:1]))
    own = np.repeat(np.arange(PEOPLE), PICTURES)
    score = {}
    for arm in ARMS:
        fisher = train(np.concatenate([_seen(each) for each in pictures[arm]]), own)
        score[arm] = separates(test.pictures @ fisher, test.people)
    return Race({arm: _apart(rows) for arm, rows in people.items()}, score)


def train(pictures: Matrix, people: NDArray[np.int64]) -> Matrix:
    """Fisher's linear discriminants (p, c): columns that part people (n,) best, beside what pictures (n, p) of one
    person differ by.

    Within the span of the pictures, where the variance within people is that of the pictures plus a share of it all.
    """
    from scipy.linalg import eigh

    centered = pictures - pictures.mean(axis=0)
    _, values, directions = np.linalg.svd(centered, full_matrices=False)
    basis = directions[values > 1e-6 * values[0]].T  # (p, k)
    rows = centered @ basis  # (n, k)
    means = np.stack([rows[people == each].mean(axis=0) for each in range(people.max() + 1)])
    within = rows - means[people]
    inside = within.T @ within / len(rows)
    inside += RIDGE * np.trace(rows.T @ rows) / len(rows) / rows.shape[1] * np.eye(rows.shape[1])
    between = means.T @ means / len(means)
    count = min(len(means) - 1, rows.shape[1])
    _, vectors = eigh(between, inside, subset_by_index=(rows.shape[1] - count, rows.shape[1] - 1))
    return np.asarray(basis @ vectors)


def separates(features: Matrix, people: NDArray[np.int64]) -> float:
    """The chance that a pair of pictures (n, c) of one person has a larger cosine than a pair of two; half counts where
    they are equal."""
    from scipy.stats import rankdata

    centered = features - features.mean(axis=0)
    unit = centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), 1e-12)
    i, j = np.triu_indices(len(unit), 1)
    cosines, same = (unit @ unit.T)[i, j], people[i] == people[j]
    ranks = rankdata(cosines)
    ones, twos = int(same.sum()), int((~same).sum())
    return float((ranks[same].sum() - ones * (ones + 1) / 2) / (ones * twos))


def tally(leads: Sequence[float]) -> Tally:
    """What some races say together. InputError for none."""
    from scipy.stats import t

    if not leads:
        raise InputError("There has been no race yet.")
    values = np.asarray(leads, np.float64)
    mean, wins = float(values.mean()), int((values > 0).sum())
    if len(values) == 1:
        return Tally(mean, None, None, wins)
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Tally(mean, mean - half, mean + half, wins)


def _drawn(generator: FaceGenerator, person: torch.Tensor, count: int, seed: int) -> torch.Tensor:
    """Pictures (count, 3, h, w) of a person (1, d)."""
    styles = [stream_seed(seed, "picture", k) % 2**31 for k in range(count)]
    return generator.generate(person.expand(count, -1), styles)


def _seen(images: torch.Tensor) -> Matrix:
    """Pictures (n, 3, h, w) as the recognisers see them: small, gray, of one mean and spread: (n, SIDE²)."""
    from torch.nn import functional as F

    gray = F.interpolate(images.mean(dim=1, keepdim=True), size=SIDE, mode="area").flatten(1).double().numpy()
    gray -= gray.mean(axis=1, keepdims=True)
    return np.asarray(gray / np.maximum(gray.std(axis=1, keepdims=True), 1e-6))


def _thumbnails(images: torch.Tensor) -> np.ndarray:
    from hyperface.gallery.thumbnails import shrink

    return shrink(images)


def _apart(people: torch.Tensor) -> float:
    """Mean degrees from each person (n, d) to the nearest other one."""
    from hyperface.packing.neighbors import nearest_points
    from hyperface.sphere import angles

    return float(np.degrees(angles(people, people[nearest_points(people)]).numpy()).mean())
