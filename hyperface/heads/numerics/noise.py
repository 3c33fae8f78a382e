"""Smooth random fields, for skin, hair and backgrounds, and the ramps that features are painted with."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hyperface.heads.numerics.arrays import Floats


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[float, float]) -> Floats:
    """A field (h, w) of mean 0 and standard deviation about 1, smooth over h/cells[0] rows and w/cells[1] columns."""
    rows, columns = (max(2, round(count) + 1) for count in cells)
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    return np.float32(1.3) * resized(coarse, shape)  # interpolation between cells lowers the spread


def resized(field: Floats, shape: tuple[int, int]) -> Floats:
    """A field (h, w) or (h, w, c) stretched to another height and width, bilinearly, edges repeated."""
    for axis, length in enumerate(shape):
        size = field.shape[axis]
        at = np.clip((np.arange(length, dtype=np.float32) + 0.5) * np.float32(size / length) - 0.5, 0, size - 1)
        low = np.minimum(at.astype(np.int32), max(size - 2, 0))
        share = (at - low).astype(np.float32).reshape([-1 if k == axis else 1 for k in range(field.ndim)])
        high = np.minimum(low + 1, size - 1)
        field = field.take(low, axis) * (1 - share) + field.take(high, axis) * share
    return field


def smooth_step(low: float, high: float, x: ArrayLike) -> Floats:
    """0 below `low`, 1 above `high`, a smooth ramp between; `low` > `high` turns it round."""
    t = np.clip((np.asarray(x, np.float32) - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def bump(distance: ArrayLike, width: float) -> Floats:
    """Gaussian bump exp(−½ (distance/width)²)."""
    far = np.asarray(distance, np.float32) / np.float32(width)
    return np.asarray(np.exp(np.float32(-0.5) * far * far), np.float32)
