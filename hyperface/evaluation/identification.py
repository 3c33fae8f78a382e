"""Identification: whose face is this, among everybody enrolled? Closed set, with the cumulative match curve."""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.evaluation.embedding import EmbeddedImages
from hyperface.evaluation.intervals import exact_interval

RANKS = 20
ROWS = 2_048  # probes at a time


@dataclass(frozen=True)
class Identification:
    """ranks: int64 (probes,), 1 where the probe's own person is the most alike of those enrolled; ties count against.
    enrolled: how many people."""

    ranks: np.ndarray
    enrolled: int

    def rate(self, rank: int = 1) -> float:
        """Share of the probes whose person is among the `rank` most alike."""
        return float((self.ranks <= rank).mean())

    @property
    def cumulative_match(self) -> np.ndarray:
        """The rates at ranks 1, 2, …: float64 (min(20, enrolled),)."""
        return np.array([self.rate(rank) for rank in range(1, min(RANKS, self.enrolled) + 1)])

    def interval(self, rank: int = 1, *, level: float = 0.95) -> tuple[float, float]:
        """Exact interval of the rate at a rank over the probes."""
        return exact_interval(int((self.ranks <= rank).sum()), len(self.ranks), level=level)


def identify(images: EmbeddedImages) -> Identification:
    """Enrol the first image of each identity, and search all others among them.

    InputError if there are fewer than two identities, or none has a second image.
    """
    people, first = np.unique(images.labels, return_index=True)
    probes = np.setdiff1d(np.arange(len(images.labels)), first)
    if len(people) < 2 or not len(probes):
        raise InputError(
            f"Identification needs two identities and one with a second image; there are {len(people)} identities and "
            f"{len(images.labels)} images."
        )
    gallery = images.embeddings[first]  # (people, d)
    own = torch.from_numpy(np.searchsorted(people, images.labels[probes]))  # (probes,)
    ranks = []
    for start in range(0, len(probes), ROWS):
        part = slice(start, start + ROWS)
        cosines = images.embeddings[probes[part]] @ gallery.T  # (b, people)
        genuine = cosines.gather(1, own[part, None])
        ranks.append((cosines >= genuine).sum(dim=1))
    return Identification(torch.cat(ranks).numpy(), len(people))
