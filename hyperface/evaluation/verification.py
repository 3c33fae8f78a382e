"""Verification: can a recogniser tell whether two faces are one person? InsightFace's protocol."""

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.evaluation.base import Benchmark
from hyperface.evaluation.scoring import VerificationResult, score_pairs
from hyperface.images import from_uint8
from hyperface.memory import freed_memory_kept
from hyperface.recognizers.base import Recognizer
from hyperface.steps import finish


@dataclass(frozen=True)
class VerificationStep:
    """Progress of a verification. done and total count images; seconds_left is a guess."""

    done: int
    total: int
    seconds_left: float


def verify(recognizer: Recognizer, benchmark: Benchmark, *, batch_size: int = 64) -> VerificationResult:
    """Evaluate a recogniser on a benchmark. Arguments and errors as in `verify_steps`."""
    return finish(verify_steps(recognizer, benchmark, batch_size=batch_size))


def verify_steps(
    recognizer: Recognizer, benchmark: Benchmark, *, batch_size: int = 64
) -> Generator[VerificationStep, None, VerificationResult]:
    """Evaluate a recogniser on a benchmark, a batch of images at a time, and return the result.

    The embedding of a face is the sum of the raw features of the image and of its mirror image, normalised.
    InputError as in `score_pairs`: before any work for impossible pairs, after it for features that are not numbers.
    """
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1; got {batch_size}.")
    score_pairs(np.zeros(len(benchmark)), benchmark.same)  # refuse impossible pairs before the long part
    total = len(benchmark.images)
    started = time.monotonic()
    embeddings = []
    with freed_memory_kept():
        for first in range(0, total, batch_size):
            images = from_uint8(benchmark.images[first : first + batch_size]).to(recognizer.device)  # (b, 3, 112, 112)
            with torch.inference_mode():
                features = recognizer.features(images) + recognizer.features(images.flip(3))  # (b, d)
            embeddings.append(_unit_rows(features.double().cpu().numpy()))
            done = first + len(images)
            seconds_left = (time.monotonic() - started) / done * (total - done)
            if done < total:
                yield VerificationStep(done, total, seconds_left)
    distances = _pair_distances(np.concatenate(embeddings))
    result = score_pairs(distances, benchmark.same, recognizer=recognizer.name, benchmark=benchmark.name)
    yield VerificationStep(total, total, 0.0)
    return result


def _unit_rows(features: np.ndarray) -> np.ndarray:
    """Rows (n, d) of length 1; rows of zeros stay, as in the original (scikit-learn's normalize)."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit: np.ndarray = features / np.where(length == 0, 1, length)
    return unit


def _pair_distances(embeddings: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances (p,) of rows 2i and 2i + 1 of (2p, d)."""
    distances: np.ndarray = np.square(embeddings[0::2] - embeddings[1::2]).sum(axis=1)
    return distances
