"""Lesson 7, thresholds: who is let in, how many strangers try, and whether a dataset shows somebody it should not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.errors import InputError

if TYPE_CHECKING:
    from hyperface.evaluation import VerificationResult
    from hyperface.gallery import Gallery
    from hyperface.generators.base import LinearPeople
    from hyperface.recognizers import Recognizer

STRANGER, PERSON, COPY = "stranger", "person", "copy"  # in no gallery; in it, in a new picture; a picture of it
DATASET = (STRANGER,) * 8 + (PERSON,) * 2 + (COPY,) * 2
FIRST_NEW = 1_000_000  # seed of the first who is in no gallery
SHARE = 0.01  # of searches for strangers that cross the line of a leakage audit


@dataclass(frozen=True)
class Pairs:
    """Angles in degrees, rising: of pairs of one person, float64 (s,), and of two, float64 (t,)."""

    same: np.ndarray
    different: np.ndarray

    def errors(self, line: float) -> tuple[int, int]:
        """Strangers that are let in, and people who are turned away, where whoever is closer than `line` is let in."""
        return int((self.different < line).sum()), int((self.same >= line).sum())


@dataclass(frozen=True)
class Searches:
    """A small dataset searched among the people of a gallery.

    pictures: uint8 (n, h, w, 3). cosine: float32 (n,), to the nearest of them. nearest: int64 (n,), who that is. kinds:
    what each is in truth, of those above. line: the cosine that the share SHARE of strangers reach.
    """

    pictures: np.ndarray
    cosine: np.ndarray
    nearest: np.ndarray
    kinds: tuple[str, ...]
    line: float


def pairs_of(results: list[VerificationResult]) -> Pairs:
    """The pairs of some verifications as angles. InputError where there are none."""
    if not results:
        raise InputError("There is no evaluation to look at. Evaluate a model in the Evaluate tab first.")
    distances = np.concatenate([result.distances for result in results])
    same = np.concatenate([result.same for result in results])
    degrees = np.degrees(2 * np.arcsin(np.sqrt(np.clip(distances, 0, 4)) / 2))
    return Pairs(np.sort(degrees[same]), np.sort(degrees[~same]))


def search(gallery: Gallery, generator: LinearPeople, recognizer: Recognizer, *, seed: int = 0) -> Searches:
    """Draw a small DATASET in random order, people of a gallery of heads among them, and audit it.

    A copy is a picture of the gallery, mirrored. InputError where the gallery's faces are not of the unconditional
    generator of heads.
    """
    import torch

    from hyperface.evaluation import EmbeddedImages, audit
    from hyperface.generators.heads import HeadsGalleryGenerator
    from hyperface.images import to_uint8

    seeds = [_seed(source) for source in gallery.sources]
    rng = np.random.default_rng(seed)
    kinds = [str(kind) for kind in rng.permutation(DATASET)]
    taken = rng.choice(len(seeds), len(kinds), replace=False).tolist()
    drawing = HeadsGalleryGenerator()
    pictures = []
    for number, (kind, place) in enumerate(zip(kinds, taken, strict=True)):
        who = FIRST_NEW + number if kind == STRANGER else seeds[place]
        if kind == COPY:
            pictures.append(drawing.sample([who]).flip(3))
        else:
            pictures.append(generator.people(drawing.coordinates([who]), [int(rng.integers(2**31))]))
    drawn = torch.cat(pictures)  # (n, 3, h, w)
    order = np.arange(len(kinds))
    found = audit(EmbeddedImages(recognizer.embed(drawn).cpu(), order, order), gallery.embeddings, fpir=SHARE)
    return Searches(to_uint8(drawn), found.cosine, found.reference, tuple(kinds), found.line)


def _seed(source: str) -> int:
    """Of a face of the gallery."""
    generator, _, seed = source.partition(":")
    if generator != "heads" or not seed.isdecimal():
        raise InputError(f"Whom {source!r} shows is not known; the lesson needs a gallery of heads.")
    return int(seed)
