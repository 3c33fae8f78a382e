"""Identity-labelled images, whatever they are stored in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from hyperface.datasets.records import Records, Skipped
from hyperface.errors import DatasetError, InputError, PhotoError
from hyperface.faces import load_photo
from hyperface.images import ALIGNED_SIZE


@dataclass(frozen=True)
class LabeledImages:
    """Aligned faces on disk with the identity of each; decoded when asked for.

    path: where the dataset is. records: its encoded images. positions: int64 (n,), the record of each image.
    labels: int64 (n,), 0 … identities − 1, every one of which has an image. info: what the dataset says about itself,
    empty if nothing. skipped: records found broken when it was opened, which are not among the images. beside: where
    else its images come from, if it was fused of several.
    """

    path: Path
    records: Records
    positions: np.ndarray
    labels: np.ndarray
    info: dict[str, Any] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=Skipped)
    beside: tuple[Path, ...] = ()

    @property
    def identities(self) -> int:
        return int(self.labels.max()) + 1

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        """Image uint8 (112, 112, 3), RGB, and its label. PhotoError, naming the record, if it cannot be read."""
        pixels = self.pixels(index)
        if pixels.shape != (ALIGNED_SIZE, ALIGNED_SIZE, 3):
            picture = Image.fromarray(pixels).resize((ALIGNED_SIZE, ALIGNED_SIZE), Image.Resampling.BICUBIC)
            pixels = np.asarray(picture)
        return pixels, int(self.labels[index])

    def pixels(self, index: int) -> np.ndarray:
        """The image as it is stored: uint8 (h, w, 3), RGB. PhotoError, naming the record, if it cannot be read."""
        return decode_photo(self.content(index), self.name(index))

    def content(self, index: int) -> bytes:
        """The image file's bytes as they are stored. PhotoError, naming the record, if they cannot be had."""
        return self.records.read(int(self.positions[index]))

    def name(self, index: int) -> str:
        """What a person finds the image by: its file, or its place in one."""
        return self.records.name(int(self.positions[index]))

    def subset(self, identities: Iterable[int]) -> "LabeledImages":
        """The images of these identities, relabelled 0, 1, 2 … in the order given. InputError if there are none."""
        new_labels = np.full(self.identities, -1, np.int64)
        for i, identity in enumerate(identities):
            if 0 <= int(identity) < len(new_labels):
                new_labels[int(identity)] = i
        labels = new_labels[self.labels]  # (n,)
        chosen = labels >= 0
        if not chosen.any():
            raise InputError(f"None of these identities is in {self.path}.")
        return replace(self, positions=self.positions[chosen], labels=labels[chosen])

    def split(self, share: float, seed: int) -> tuple["LabeledImages", "LabeledImages | None"]:
        """By identity, at random: the rest, and about `share` of the identities (None if that is not one)."""
        if not 0 <= share < 1:
            raise InputError(f"The share to split off must be in [0, 1); it was {share}.")
        order = np.random.default_rng(seed).permutation(self.identities)
        count = round(share * self.identities)
        if count == 0:
            return self, None
        return self.subset(sorted(order[count:])), self.subset(sorted(order[:count]))

    def limited(self, *, identities: int | None = None, images: int | None = None, seed: int = 0) -> "LabeledImages":
        """Exactly so many identities and images of them, at random; None for all.

        The images are taken as evenly as possible: the largest identities lose first. InputError if there are fewer,
        or fewer images than identities.
        """
        chosen = self
        if identities is not None and identities != self.identities:
            if not 1 <= identities <= self.identities:
                raise InputError(f"{self.path} has {self.identities:,} identities; {identities:,} were asked for.")
            order = np.random.default_rng([seed, 0]).permutation(self.identities)
            chosen = self.subset(sorted(order[:identities]))
        if images is None or images == len(chosen):
            return chosen
        if not chosen.identities <= images <= len(chosen):
            raise InputError(
                f"{images:,} images of {chosen.identities:,} identities were asked for; {self.path} has "
                f"{len(chosen):,} of them."
            )
        order = np.random.default_rng([seed, 1]).permutation(len(chosen))
        # The r-th image of an identity, in random order, is of rank r: low ranks stay.
        grouped = order[np.argsort(chosen.labels[order], kind="stable")]  # (n,)
        starts = np.searchsorted(chosen.labels[grouped], np.arange(chosen.identities))
        ranks = np.arange(len(chosen)) - starts[chosen.labels[grouped]]
        kept = np.sort(grouped[np.argsort(ranks, kind="stable")[:images]])
        return replace(chosen, positions=chosen.positions[kept], labels=chosen.labels[kept])

    def decode(self) -> tuple[np.ndarray, np.ndarray, Skipped]:
        """All at once: images uint8 (m, 112, 112, 3), labels int64 (m,), and what had to be left out now, with reasons.

        DatasetError if not one image can be read.
        """
        images, labels, skipped = [], [], Skipped()
        for i in range(len(self)):
            try:
                image, label = self[i]
            except PhotoError as error:
                skipped.add_error(error)
                continue
            images.append(image)
            labels.append(label)
        if not images:
            raise DatasetError(f"Not one image of {self.path} can be read. First reason: {skipped.reasons[0]}")
        return np.stack(images), np.array(labels, dtype=np.int64), skipped


def equal_budget(first: LabeledImages, second: LabeledImages, seed: int = 0) -> tuple[int, int]:
    """(identities, images) that both datasets can be `limited` to with this seed: as many as possible."""
    identities = min(first.identities, second.identities)
    return identities, min(len(dataset.limited(identities=identities, seed=seed)) for dataset in (first, second))


def labeled_images(
    path: Path,
    records: Records,
    positions: np.ndarray | Sequence[int],
    labels: np.ndarray | Sequence[Any],
    info: dict[str, Any],
    skipped: Skipped,
) -> LabeledImages:
    """Relabel whatever a format's labels are (numbers with gaps, names) to 0, 1, 2 … in their sorted order.

    DatasetError if no record is left.
    """
    if not len(positions):
        reason = f" First reason: {skipped.reasons[0]}" if skipped.reasons else ""
        raise DatasetError(f"{path} holds no readable image. {len(skipped):,} records were left out.{reason}")
    _, dense = np.unique(np.asarray(labels), return_inverse=True)
    return LabeledImages(path, records, np.asarray(positions, np.int64), dense.astype(np.int64), info, skipped)


def decode_photo(content: bytes, name: str) -> np.ndarray:
    """Bytes of an image file → uint8 (h, w, 3), RGB. PhotoError that names the record."""
    try:
        return load_photo(content)
    except PhotoError as error:
        raise PhotoError(f"{name}: {error}") from error
