"""The feature of each template: photos of one medium (the frames of a video) averaged, media added, length 1.

As in InsightFace's tables (recognition/arcface_torch/eval_ijbc.py, modes N1 D1 F2): the feature of a photo is that of
the picture plus that of its mirror image, with its length, times the detector's confidence. Each photo is added to its
template as it is embedded, so that the features of all templates are held and never those of all photos.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import DatasetError, HyperFaceError, InputError
from hyperface.evaluation.ijb.files import Ijb
from hyperface.faces import load_photo
from hyperface.faces.template import ARCFACE_TEMPLATE
from hyperface.faces.warp import estimate_similarity, warp
from hyperface.recognizers.base import Recognizer

MOST_UNREADABLE = 0.01  # share of the photos; more is another fault than a few damaged files


@dataclass(frozen=True)
class TemplateFeatures:
    """templates: int64 (t,), rising. features: float32 (t, d), rows of length 1; of a template without a readable photo
    zeros. unreadable: photos that were left out, and why."""

    templates: np.ndarray
    features: np.ndarray
    unreadable: tuple[str, ...] = ()

    def of(self, templates: np.ndarray) -> np.ndarray:
        """Features (k, d) of templates (k,), all of which are known."""
        rows: np.ndarray = self.features[np.searchsorted(self.templates, templates)]
        return rows


@dataclass(frozen=True)
class TemplateStep:
    """`done` of `total` photos. state: what to resume from, up to here; it changes with the next step."""

    done: int
    total: int
    seconds_left: float
    state: dict[str, torch.Tensor]
    unreadable: tuple[str, ...]


def embed_templates(
    benchmark: Ijb,
    recognizer: Recognizer,
    *,
    batch_size: int = 64,
    resume: dict[str, torch.Tensor] | None = None,
    unreadable: tuple[str, ...] = (),
) -> Generator[TemplateStep, None, TemplateFeatures]:
    """Embed every photo, a batch at a time, and return the templates' features.

    resume, unreadable: of the step to go on from. A photo that cannot be read adds nothing. InputError for a batch of
    none or another benchmark's state; DatasetError where more than a hundredth of the photos cannot be read.
    """
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1; got {batch_size}.")
    templates, place = np.unique(benchmark.templates, return_inverse=True)  # (t,), (n,)
    weights = _weights(benchmark)
    sums = torch.zeros(len(templates), recognizer.dimension, dtype=torch.float64)
    done, told = 0, list(unreadable)
    if resume is not None:
        done, sums = int(resume["done"]), resume["sums"]
        if sums.shape != (len(templates), recognizer.dimension) or not 0 <= done <= len(benchmark):
            raise InputError("The state to resume from is of another benchmark or recogniser.")
    started, first = time.monotonic(), done
    while done < len(benchmark):
        indices = range(done, min(done + batch_size, len(benchmark)))
        kept, crops = [], []
        for index in indices:
            try:
                crops.append(_crop(benchmark, index))
                kept.append(index)
            except HyperFaceError as error:
                told.append(f"{benchmark.names[index]}: {error}")
        if len(told) > max(1, MOST_UNREADABLE * len(benchmark)):
            raise DatasetError(f"{len(told):,} photos of {benchmark.folder} cannot be read. The last one: {told[-1]}")
        if kept:
            images = torch.stack(crops)  # (b, 3, 112, 112)
            with torch.inference_mode():
                features = recognizer.features(images) + recognizer.features(images.flip(3))  # (b, d)
            weight = torch.from_numpy(weights[kept, None])
            sums.index_add_(0, torch.from_numpy(place[kept]), features.double().cpu() * weight)
        done = indices.stop
        left = (time.monotonic() - started) / (done - first) * (len(benchmark) - done)
        state = {"done": torch.tensor(done), "sums": sums}
        yield TemplateStep(done, len(benchmark), left, state, tuple(told))
    if not torch.isfinite(sums).all():
        raise InputError("Some features are not numbers: the recogniser gives NaN or infinite features.")
    return TemplateFeatures(templates, _unit_rows(sums), tuple(told))


def _weights(benchmark: Ijb) -> np.ndarray:
    """What each photo counts, float64 (n,): the detector's confidence, shared by the photos of its medium."""
    both = np.stack([benchmark.templates, benchmark.media])
    _, medium, counts = np.unique(both, axis=1, return_inverse=True, return_counts=True)
    weights: np.ndarray = benchmark.confidences.astype(np.float64) / counts[medium.ravel()]
    return weights


def _crop(benchmark: Ijb, index: int) -> torch.Tensor:
    """The aligned face, float32 (3, 112, 112), by the landmarks of the benchmark."""
    matrix = estimate_similarity(benchmark.landmarks[index], ARCFACE_TEMPLATE)
    return warp(load_photo(benchmark.photo(index)), matrix)


def _unit_rows(sums: torch.Tensor) -> np.ndarray:
    length = sums.norm(dim=1, keepdim=True)
    return (sums / torch.where(length == 0, 1, length)).float().numpy()
