"""Embeddings of a labelled dataset, for what compares all with all: identification and the leakage audit."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch

from hyperface.datasets import LabeledImages
from hyperface.errors import DatasetError, PhotoError
from hyperface.images import from_uint8
from hyperface.recognizers.base import Recognizer

COLLAPSED = 1e-3  # embeddings that differ by less than this in every number are the same


@dataclass(frozen=True)
class EmbeddedImages:
    """embeddings: float32 (n, d), unit rows, on the CPU. labels: int64 (n,), the identity of each. places: int64 (n,),
    which image of the dataset each is. unreadable: what was left out, and why."""

    embeddings: torch.Tensor
    labels: np.ndarray
    places: np.ndarray
    unreadable: tuple[str, ...] = ()

    @property
    def collapsed(self) -> bool:
        """Whether all images have the same embedding."""
        return len(self.embeddings) > 1 and bool((self.embeddings - self.embeddings[0]).abs().max() < COLLAPSED)


@dataclass(frozen=True)
class EmbeddingStep:
    """`done` of `total` images."""

    done: int
    total: int


def embed_dataset(
    dataset: LabeledImages, recognizer: Recognizer, *, images_per_identity: int | None = None, batch_size: int = 64
) -> Generator[EmbeddingStep, None, EmbeddedImages]:
    """Embed a dataset, or the first so many images of each identity, a batch at a time, and return the embeddings.

    Images that cannot be read are left out; DatasetError if that leaves none.
    """
    places = np.arange(len(dataset))
    if images_per_identity is not None:
        order = np.argsort(dataset.labels, kind="stable")
        counts = np.bincount(dataset.labels)
        rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)  # of an image in its identity
        places = np.sort(order[rank < images_per_identity])
    kept: list[int] = []
    unreadable: list[str] = []
    parts: list[torch.Tensor] = []
    for first in range(0, len(places), batch_size):
        pixels = []
        for place in places[first : first + batch_size].tolist():
            try:
                pixels.append(dataset[place][0])
                kept.append(place)
            except PhotoError as error:
                unreadable.append(str(error))
        if pixels:
            images = from_uint8(np.stack(pixels)).to(recognizer.device)  # (b, 3, 112, 112)
            with torch.inference_mode():
                parts.append(recognizer.embed(images).float().cpu())
        done = min(first + batch_size, len(places))
        if done < len(places):
            yield EmbeddingStep(done, len(places))
    if not parts:
        raise DatasetError(f"None of the {len(places):,} images of {dataset.path} can be read. {unreadable[0]}")
    chosen = np.array(kept)
    yield EmbeddingStep(len(places), len(places))
    return EmbeddedImages(torch.cat(parts), dataset.labels[chosen], chosen, tuple(unreadable))
