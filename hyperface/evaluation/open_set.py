"""Open-set identification: whose face is this, if it is anybody's who is enrolled?

A search may be of somebody who is not enrolled. So a face is only named where its nearest enrolled person is nearer
than a line, and the line is where the searches of strangers seldom come: at most the share `fpir` of them (false
positive identification rate). TPIR, the true positive identification rate, is the share of the searches of enrolled
people that name the right one. Both as in ISO/IEC 19795-1 and NIST's FRVT 1:N at rank 1, where FNIR = 1 − TPIR.

As in IJB-B and IJB-C, people are enrolled in two halves, one after the other, and everybody is a stranger once.
"""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.evaluation.embedding import EmbeddedImages
from hyperface.evaluation.intervals import Interval, exact_interval

FALSE_POSITIVE_RATES = (1e-1, 1e-2, 1e-3)
FEWEST_FALSE_POSITIVES = 10  # expected at a rate for that rate to be reported
ROWS = 2_048  # searches at a time


@dataclass(frozen=True)
class Searches:
    """Searches among one gallery.

    own: float32 (m,), cosine of each search of an enrolled person to that person. first: bool (m,), whether nobody else
    is as near. strangers: float32 (s,), cosine of each search of somebody not enrolled to the nearest person.
    """

    own: np.ndarray
    first: np.ndarray
    strangers: np.ndarray

    def line(self, fpir: float) -> float:
        """The least cosine above which at most the share `fpir` of the strangers' searches come."""
        allowed = int(fpir * len(self.strangers) + 1e-9)  # 0.1 · 30 must allow 3
        return float(np.sort(self.strangers)[::-1][allowed])

    def named(self, fpir: float) -> int:
        """Searches of enrolled people that name the right one: they are nearest, and above the line."""
        return int((self.first & (self.own > self.line(fpir))).sum())

    def enough(self, fpir: float) -> bool:
        """Whether the strangers can tell where the line is."""
        return len(self.strangers) * fpir >= FEWEST_FALSE_POSITIVES * (1 - 1e-9)


@dataclass(frozen=True)
class TpirAtFpir:
    """The share of the searches of enrolled people that are named rightly where strangers seldom are; mean of the
    galleries. interval: exact, of the pooled counts, which counts searches as independent. lines: of each gallery, the
    cosine above which a face is named. All None where there are too few strangers: under ten would come above it."""

    fpir: float
    tpir: float | None = None
    interval: Interval | None = None
    lines: tuple[float, ...] = ()

    def __str__(self) -> str:
        return "not enough strangers" if self.tpir is None else f"{self.tpir:.4f}"


@dataclass(frozen=True)
class OpenSet:
    """galleries: the searches among each of them."""

    galleries: tuple[Searches, ...]

    def tpir_at(self, fpir: float) -> TpirAtFpir:
        """InputError for a rate that cannot be."""
        if not 0 < fpir < 1:
            raise InputError(f"The false positive identification rate lies between 0 and 1; it was {fpir}.")
        if not all(searches.enough(fpir) for searches in self.galleries):
            return TpirAtFpir(fpir)
        named = [searches.named(fpir) for searches in self.galleries]
        totals = [len(searches.own) for searches in self.galleries]
        mean = float(np.mean([count / total for count, total in zip(named, totals, strict=True)]))
        interval = exact_interval(sum(named), sum(totals))
        return TpirAtFpir(fpir, mean, interval, tuple(searches.line(fpir) for searches in self.galleries))

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """FPIR and TPIR where both can be told, float64 (k,) each: 10 values a decade, up to 1/2."""
        least = FEWEST_FALSE_POSITIVES / min(len(searches.strangers) for searches in self.galleries)
        if least > 0.5:
            return np.empty(0), np.empty(0)
        rates = np.geomspace(least, 0.5, max(2, round(10 * np.log10(0.5 / least)) + 1))
        return rates, np.array([np.mean([searches.named(rate) / len(searches.own) for searches in self.galleries])
                                for rate in rates])  # fmt: skip


def identify_open_set(images: EmbeddedImages, *, seed: int = 0) -> OpenSet:
    """Enrol the first image of half the people, search all other images; then enrol the other half.

    seed: of who is in which half. InputError where a half has nobody to search for, or nobody.
    """
    people, first = np.unique(images.labels, return_index=True)
    place = np.searchsorted(people, images.labels)  # (n,) of each image's person
    probes = np.setdiff1d(np.arange(len(images.labels)), first)
    half = np.zeros(len(people), bool)
    half[np.random.default_rng(seed).permutation(len(people))[: len(people) // 2]] = True
    galleries = []
    for enrolled in (half, ~half):
        mated = enrolled[place[probes]]
        if not mated.any() or mated.all():
            raise InputError(
                f"Open-set identification needs people with a second image in either half; of {len(people):,} people, "
                f"{len(np.unique(place[probes])):,} have one."
            )
        gallery = images.embeddings[first[enrolled]]  # (g, d)
        column = np.cumsum(enrolled) - 1  # of each enrolled person in the gallery
        own = torch.from_numpy(column[place[probes[mated]]])
        cosine, nearest = _own_and_first(images.embeddings[probes[mated]], gallery, own)
        galleries.append(Searches(cosine, nearest, _nearest(images.embeddings[probes[~mated]], gallery)))
    return OpenSet(tuple(galleries))


def _own_and_first(probes: torch.Tensor, gallery: torch.Tensor, own: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Cosine of each probe (m, d) to its own person, and whether all others (of g, d) are further away."""
    cosines, firsts = [], []
    for start in range(0, len(probes), ROWS):
        block = probes[start : start + ROWS] @ gallery.T  # (b, g)
        mine = block.gather(1, own[start : start + ROWS, None])
        cosines.append(mine[:, 0])
        firsts.append((block >= mine).sum(dim=1) == 1)
    return torch.cat(cosines).numpy(), torch.cat(firsts).numpy()


def _nearest(probes: torch.Tensor, gallery: torch.Tensor) -> np.ndarray:
    parts = [(probes[start : start + ROWS] @ gallery.T).amax(dim=1) for start in range(0, len(probes), ROWS)]
    return torch.cat(parts).numpy()
