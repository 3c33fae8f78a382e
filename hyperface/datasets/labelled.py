"""Identity-labelled images, whatever they are stored in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from hyperface.errors import DatasetError, InputError, PhotoError
from hyperface.faces import load_photo
from hyperface.faces.template import ALIGNED_SIZE


@dataclass(frozen=True)
class LabelledImages:
    """Aligned faces on disk with the identity of each; decoded when asked for.

    files: n paths. labels: int64 (n,), 0 … identities − 1, every one of which has an image. path: the dataset's
    folder. info: what the dataset says about itself, empty if nothing.
    """

    path: Path
    files: tuple[Path, ...]
    labels: np.ndarray
    info: dict = field(default_factory=dict)

    @property
    def identities(self) -> int:
        return int(self.labels.max()) + 1

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[np.ndarray, int]:
        """Image uint8 (112, 112, 3), RGB, and its label. PhotoError if the file cannot be read."""
        pixels = load_photo(self.files[index])
        if pixels.shape != (ALIGNED_SIZE, ALIGNED_SIZE, 3):
            picture = Image.fromarray(pixels).resize((ALIGNED_SIZE, ALIGNED_SIZE), Image.Resampling.BICUBIC)
            pixels = np.asarray(picture)
        return pixels, int(self.labels[index])

    def subset(self, identities: Iterable[int]) -> "LabelledImages":
        """The images of these identities, relabelled 0, 1, 2 … in the order given. InputError if there are none."""
        order = {int(identity): i for i, identity in enumerate(identities)}
        chosen = [i for i, label in enumerate(self.labels) if int(label) in order]
        if not chosen:
            raise InputError(f"None of these identities is in {self.path}.")
        labels = np.array([order[int(self.labels[i])] for i in chosen], dtype=np.int64)
        return LabelledImages(self.path, tuple(self.files[i] for i in chosen), labels, self.info)

    def split(self, share: float, seed: int) -> tuple["LabelledImages", "LabelledImages | None"]:
        """By identity, at random: the rest, and about `share` of the identities (None if that is not one)."""
        if not 0 <= share < 1:
            raise InputError(f"The share to split off must be in [0, 1); it was {share}.")
        order = np.random.default_rng(seed).permutation(self.identities)
        count = round(share * self.identities)
        if count == 0:
            return self, None
        return self.subset(sorted(order[count:])), self.subset(sorted(order[:count]))

    def decode(self) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
        """All at once: images uint8 (m, 112, 112, 3), labels int64 (m,), and what had to be left out, with reasons.

        DatasetError if not one image can be read.
        """
        images, labels, skipped = [], [], []
        for i in range(len(self)):
            try:
                image, label = self[i]
            except PhotoError as error:
                skipped.append(str(error))
                continue
            images.append(image)
            labels.append(label)
        if not images:
            raise DatasetError(f"Not one image of {self.path} can be read. First reason: {skipped[0]}")
        return np.stack(images), np.array(labels, dtype=np.int64), tuple(skipped)
