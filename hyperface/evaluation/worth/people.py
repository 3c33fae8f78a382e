"""How far apart the people of a set are, and how alike the pictures of one, as one recogniser sees them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.evaluation.embedding import EmbeddedImages
from hyperface.evaluation.worth.vendi import vendi_score

ROWS = 2_048  # of a matrix of cosines at a time
LOW = 0.05  # the share of pictures below the low cosine


@dataclass(frozen=True)
class SeenPeople:
    """What one recogniser sees in p people. A centre is the mean of a person's unit embeddings, made a unit vector.

    threshold: the cosine above which two pictures count as one person.
    nearest_mean, nearest_largest: cosine of a person's centre to the nearest other centre.
    look_alikes: share of people of whom somebody else's pictures are, on average over all pairs of their pictures, at
    or above the threshold.
    vendi_people: Vendi score of the centres.
    own_mean, own_low: cosine of a picture to the centre of the person's other pictures, and the cosine below which a
    twentieth of the pictures are. strays: share of pictures that are nearer to somebody else's centre. vendi_within:
    mean Vendi score of a person's pictures. These are of people with two pictures or more; None without any.
    """

    people: int
    pictures: int
    threshold: float
    nearest_mean: float
    nearest_largest: float
    look_alikes: float
    vendi_people: float
    own_mean: float | None = None
    own_low: float | None = None
    strays: float | None = None
    vendi_within: float | None = None


def see_people(images: EmbeddedImages, threshold: float) -> SeenPeople:
    """Measure embedded pictures. threshold: as in the result. InputError for fewer than two people."""
    _, inverse = np.unique(images.labels, return_inverse=True)
    owner = torch.from_numpy(inverse)  # (n,)
    counts = torch.bincount(owner)  # (p,)
    if len(counts) < 2:
        raise InputError("How far apart people are can be measured of two or more; the set has one.")
    sums = torch.zeros(len(counts), images.embeddings.shape[1]).index_add_(0, owner, images.embeddings)  # (p, d)
    centers, means = F.normalize(sums, dim=1), sums / counts[:, None]
    itself = torch.arange(len(counts))
    nearest = largest_other(centers, centers, itself)
    # The mean over all pairs of two people's pictures is the product of their means, lengths and all.
    alike = largest_other(means, means, itself)
    return SeenPeople(
        people=len(counts),
        pictures=len(owner),
        threshold=threshold,
        nearest_mean=float(nearest.mean()),
        nearest_largest=float(nearest.max()),
        look_alikes=float((alike >= threshold).double().mean()),
        vendi_people=vendi_score(centers),
        **_within(images.embeddings, owner, counts, sums, centers),
    )


def _within(
    rows: torch.Tensor, owner: torch.Tensor, counts: torch.Tensor, sums: torch.Tensor, centers: torch.Tensor
) -> dict[str, float]:
    several = counts[owner] > 1  # (n,)
    if not bool(several.any()):
        return {}
    chosen, whose = rows[several], owner[several]
    own = (chosen * F.normalize(sums[whose] - chosen, dim=1)).sum(dim=1)  # (m,)
    others = largest_other(chosen, centers, whose)
    order = torch.argsort(whose, stable=True)
    pictures = chosen[order].split(counts[counts > 1].tolist())
    return {
        "own_mean": float(own.mean()),
        "own_low": float(own.quantile(LOW)) if len(own) < ROWS else float(np.quantile(own.numpy(), LOW)),
        "strays": float((others > own).double().mean()),
        "vendi_within": float(np.mean([vendi_score(each) for each in pictures])),
    }


def largest_other(rows: torch.Tensor, columns: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """The largest product of each row (n, d) with a column's vector (p, d) that is not its own (n,): (n,)."""
    found = []
    for first in range(0, len(rows), ROWS):
        block = rows[first : first + ROWS] @ columns.T  # (b, p)
        block.scatter_(1, own[first : first + ROWS, None], -torch.inf)
        found.append(block.max(dim=1).values)
    return torch.cat(found)
