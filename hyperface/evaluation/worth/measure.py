"""All measures of a set, one after the other, in small steps and of a bounded number of pictures."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from hyperface.datasets import LabeledImages
from hyperface.errors import InputError
from hyperface.evaluation.embedding import EmbeddedImages, embed_dataset
from hyperface.evaluation.leakage import FEWEST_ABOVE, FPIR, LeakageAudit, audit
from hyperface.evaluation.worth.heads import Balance, KnownPictures, balance_of, known_pictures
from hyperface.evaluation.worth.looks import Looks, see_looks
from hyperface.evaluation.worth.people import SeenPeople, see_people
from hyperface.gallery import Gallery
from hyperface.generators import Generator as FaceGenerator
from hyperface.generators.heads import HeadsGenerator
from hyperface.recognizers.base import Recognizer
from hyperface.seeds import image_seeds
from hyperface.steps import translated

MOST_PEOPLE, MOST_PICTURES = 1_000, 10  # that are looked at: people, and pictures of each
MOST_LOOKED_AT = 300  # pictures that are searched for faces


@dataclass(frozen=True)
class WorthStep:
    """`done` of `total` pictures were looked at, all recognisers counted."""

    done: int
    total: int


@dataclass(frozen=True)
class Leakage:
    """Of the pictures, against a gallery, as its recogniser sees them; see `evaluation.audit`."""

    gallery: str
    share_above: float
    line: float
    fpir: float


@dataclass(frozen=True)
class Worth:
    """What a set is worth. people, pictures: that were looked at, of all_people and all_pictures. unreadable: pictures
    left out. seen: by the name of each recogniser. leakage: None without a gallery that can tell. known, balance: None
    where the generator does not know."""

    people: int
    pictures: int
    all_people: int
    all_pictures: int
    unreadable: int
    seen: dict[str, SeenPeople]
    looks: Looks
    leakage: Leakage | None = None
    known: KnownPictures | None = None
    balance: Balance | None = None


@dataclass(frozen=True)
class Background:
    """What else is known of a set. gallery: that it was packed from, and the recogniser of the gallery. generator:
    that drew it, with the seed; people: embeddings that it was asked for (p, d), where they are at hand."""

    gallery: Gallery | None = None
    gallery_recognizer: Recognizer | None = None
    generator: FaceGenerator | None = None
    seed: int | None = None
    people: torch.Tensor | None = None


@dataclass(frozen=True)
class Sample:
    """How much is looked at. people: at random; pictures: the first of each; looks: at random of those."""

    people: int = MOST_PEOPLE
    pictures: int = MOST_PICTURES
    looks: int = MOST_LOOKED_AT
    seed: int = 0

    def __post_init__(self) -> None:
        if self.people < 2 or self.pictures < 1 or self.looks < 1:
            raise InputError("Measuring takes two people, a picture of each and one to look at, or more.")


@dataclass
class _Embedding:
    """Embeds one set for several recognisers and counts on."""

    dataset: LabeledImages
    pictures: int
    total: int
    done: int = 0
    found: dict[str, EmbeddedImages] = field(default_factory=dict)

    def by(self, recognizer: Recognizer) -> Generator[WorthStep, None, EmbeddedImages]:
        if recognizer.name not in self.found:
            steps = embed_dataset(self.dataset, recognizer, images_per_identity=self.pictures)
            images = yield from translated(steps, lambda step: WorthStep(self.done + step.done, self.total))
            self.found[recognizer.name] = images
            self.done += len(images.labels) + len(images.unreadable)
        return self.found[recognizer.name]


def measure(
    dataset: LabeledImages,
    recognizers: Sequence[Recognizer],
    thresholds: Mapping[str, float],
    *,
    background: Background | None = None,
    sample: Sample | None = None,
) -> Generator[WorthStep, None, Worth]:
    """Measure a set: how far apart its people are, how its pictures vary, whether it leaks, whom it shows.

    Args:
        dataset: at least two people.
        recognizers: that look at it, one or more.
        thresholds: of each, by its name: the cosine above which two pictures count as one person.
        background: what else is known of it.
        sample: how much is looked at; the usual if not given.

    Returns:
        The figures; at every step no more is held than the embeddings of the sample.

    Raises:
        InputError: Fewer than two people, or no recogniser.
        DatasetError: Not one picture can be read.
    """
    if not recognizers:
        raise InputError("Measuring takes at least one recogniser.")
    known, size = background or Background(), sample or Sample()
    chosen, numbers = _chosen(dataset, size)
    pictures = int(np.minimum(np.bincount(chosen.labels), size.pictures).sum())
    looked_at = min(size.looks, pictures)
    names = {recognizer.name for recognizer in recognizers}
    if known.gallery_recognizer is not None and known.gallery is not None:
        names.add(known.gallery_recognizer.name)
    total = pictures * len(names) + looked_at
    embedding = _Embedding(chosen, size.pictures, total)
    seen = {}
    for recognizer in recognizers:
        images = yield from embedding.by(recognizer)
        seen[recognizer.name] = see_people(images, thresholds[recognizer.name])
    leakage = None
    if known.gallery is not None and known.gallery_recognizer is not None:
        leakage = _leakage(known.gallery, (yield from embedding.by(known.gallery_recognizer)))
    first = next(iter(embedding.found.values()))
    places = np.sort(np.random.default_rng(size.seed).choice(first.places, min(looked_at, len(first.places)), False))
    looks = yield from translated(see_looks(chosen, places), lambda done: WorthStep(embedding.done + done, total))
    yield WorthStep(total, total)
    taken, balance = _known(known, chosen, numbers, first.places)
    return Worth(
        people=len(np.unique(first.labels)),
        pictures=len(first.labels),
        all_people=dataset.identities,
        all_pictures=len(dataset),
        unreadable=len(first.unreadable),
        seen=seen,
        looks=looks,
        leakage=leakage,
        known=taken,
        balance=balance,
    )


def _chosen(dataset: LabeledImages, sample: Sample) -> tuple[LabeledImages, np.ndarray]:
    """The people of the sample, and which of the set's they are (p,)."""
    if dataset.identities < 2:
        raise InputError("How far apart people are can be measured of two or more; the set has one.")
    numbers = np.arange(dataset.identities)
    if dataset.identities > sample.people:
        order = np.random.default_rng(sample.seed).permutation(dataset.identities)
        numbers = np.sort(order[: sample.people])
        dataset = dataset.subset(numbers.tolist())
    return dataset, numbers


def _leakage(gallery: Gallery, images: EmbeddedImages) -> Leakage | None:
    """None where the gallery has too few faces to know how near strangers come."""
    if len(gallery) * FPIR < FEWEST_ABOVE:
        return None
    found: LeakageAudit = audit(images, gallery.embeddings)
    return Leakage(gallery.name, found.share_above, found.line, found.fpir)


def _known(
    background: Background, dataset: LabeledImages, numbers: np.ndarray, places: np.ndarray
) -> tuple[KnownPictures | None, Balance | None]:
    """What heads know; pictures are numbered in their person's folder as they were drawn."""
    generator = background.generator
    if not isinstance(generator, HeadsGenerator):
        return None, None
    taken = None
    if background.seed is not None:
        order = np.argsort(dataset.labels, kind="stable")
        starts = np.searchsorted(dataset.labels[order], np.arange(dataset.identities))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order)) - starts[dataset.labels[order]]
        drawn = [(int(numbers[dataset.labels[place]]), int(rank[place])) for place in places.tolist()]
        taken = known_pictures(generator, [image_seeds(background.seed, *each)[1] for each in drawn])
    return taken, None if background.people is None else balance_of(generator, background.people)
