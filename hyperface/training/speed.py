"""How fast this machine trains, measured before a training is begun."""

import io
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from hyperface.datasets import LabeledImages, Skipped
from hyperface.datasets.labeled import labeled_images
from hyperface.datasets.records import Records
from hyperface.images import ALIGNED_SIZE
from hyperface.training.train import train

STEPS = 4  # the first one, which is slower, is not counted
IDENTITIES = 2


class _Noise(Records):
    """One picture of noise, as often as wanted."""

    def __init__(self) -> None:
        buffer = io.BytesIO()
        pixels = np.random.default_rng(0).integers(0, 256, (ALIGNED_SIZE, ALIGNED_SIZE, 3), np.uint8)
        Image.fromarray(pixels).save(buffer, "JPEG")
        self.content = buffer.getvalue()

    def read(self, index: int) -> bytes:
        return self.content

    def name(self, index: int) -> str:
        return f"noise {index}"


def measure_speed(
    *,
    backbone: str = "small",
    head: str = "adaface",
    batch_size: int = 128,
    input_size: int | None = None,
    device: str = "cpu",
    precision: str = "fastest",
) -> float:
    """How fast `train` would be here: a few of its steps on noise.

    Args:
        backbone: as of `train`, and so are all others.
        head: the margin head.
        batch_size: images a step.
        input_size: pixels that the backbone sees; None for its own.
        device: where torch computes.
        precision: "float32", "bfloat16" or "fastest".

    Returns:
        Images a second, the median of the steps.

    Raises:
        InputError: As `train`, which also says when it raises UnknownNameError, DeviceError and TrainingError.
    """
    steps = train(
        _noise(batch_size),
        backbone=backbone,
        head=head,
        epochs=STEPS,
        batch_size=batch_size,
        validation_share=0,
        input_size=input_size,
        device=device,
        precision=precision,
    )
    next(steps)  # untrained
    times = [time.perf_counter() for _ in steps]
    return batch_size / float(np.median([after - before for before, after in pairwise(times)]))


def _noise(count: int) -> LabeledImages:
    labels = np.arange(count) % IDENTITIES
    return labeled_images(Path("noise"), _Noise(), range(count), labels, {}, Skipped())
