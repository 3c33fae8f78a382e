"""Lesson 5, many pictures of one person: requests scattered by β, and when they become requests for somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.errors import InputError
from hyperface.seeds import stream_seed

if TYPE_CHECKING:
    import torch

    from hyperface.generators import Generator
    from hyperface.recognizers import Recognizer

BETAS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
PEOPLE = 300  # among whom a scattered request is looked up
COPIES = 10  # of each, in the share that is lost
PICTURES = 5  # of one person that are shown
STEPS = 100  # of the packing


@dataclass(frozen=True)
class Scatter:
    """Requests for PEOPLE people, scattered by `beta`. degrees: mean angle from the person to the request. lost: share
    of the requests that are nearer to somebody else than to their own person."""

    beta: float
    degrees: float
    lost: float


@dataclass(frozen=True)
class Row:
    """PICTURES pictures of one person. pictures: uint8 (k, h, w, 3). degrees: float64 (k,), of the person's embedding
    to what the recogniser sees. own: bool (k,), whether the person is the nearest of those compared."""

    pictures: np.ndarray
    degrees: np.ndarray
    own: np.ndarray


def packed(people: torch.Tensor, gallery: torch.Tensor, span: int) -> torch.Tensor:
    """The same people (n, d), packed inside so many directions of the gallery."""
    from hyperface import packing
    from hyperface.steps import finish

    return finish(packing.pack(people, gallery=gallery, alpha=0, span=span, steps=STEPS))


def scatter(people: torch.Tensor, beta: float, *, seed: int = 0) -> Scatter:
    """Ask for COPIES of each person (n, d) with β, as datasets do (`hyperface.datasets.synthesis.perturb`)."""
    from hyperface.sphere import angles

    own = np.repeat(np.arange(len(people)), COPIES)
    requests = _scattered(people[own], beta, seed)  # (n · COPIES, d)
    nearest = (requests @ people.T).argmax(dim=1).numpy()
    degrees = float(np.degrees(angles(requests, people[own]).numpy()).mean())
    return Scatter(beta, degrees, float((nearest != own).mean()))


def row(
    person: int, people: torch.Tensor, beta: float, generator: Generator, recognizer: Recognizer, *, seed: int = 0
) -> Row:
    """Draw a person of these (n, d) PICTURES times with β, and look who it is. InputError if there is no such person,
    or the recogniser is not the generator's."""
    from hyperface.images import to_uint8
    from hyperface.realization import realize
    from hyperface.sphere import angles

    if not 0 <= person < len(people):
        raise InputError(f"There are people 0 to {len(people) - 1}; {person} was asked for.")
    own = people[[person]]  # (1, d)
    requests = _scattered(own.expand(PICTURES, -1), beta, seed)  # (k, d)
    styles = [stream_seed(seed, "styles of a lesson", k) % 2**31 for k in range(PICTURES)]
    real = realize(own, styles, generator, recognizer, requests=requests[None])
    seen = real.embeddings[0]  # (k, d)
    degrees = np.degrees(angles(seen, own.expand_as(seen)).numpy())
    return Row(to_uint8(real.images[0]), degrees, ((seen @ people.T).argmax(dim=1) == person).numpy())


def _scattered(rows: torch.Tensor, beta: float, seed: int) -> torch.Tensor:
    from hyperface.datasets.synthesis import perturb

    if not 0 <= beta <= 1:
        raise InputError(f"β lies between 0 and 1; {beta} was asked for.")
    return perturb(rows, beta, [stream_seed(seed, "noise of a lesson", k) for k in range(len(rows))])
