"""Smooth random fields, for skin, hair and backgrounds."""

import numpy as np
from scipy.ndimage import zoom


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[float, float]) -> np.ndarray:
    """A field (h, w) of mean 0 and standard deviation about 1, smooth over h/cells[0] rows and w/cells[1] columns."""
    rows, columns = (max(2, round(count) + 1) for count in cells)
    coarse = rng.standard_normal((rows, columns)).astype(np.float32)
    field = zoom(coarse, (shape[0] / rows, shape[1] / columns), order=1, grid_mode=True, mode="nearest")
    return field[: shape[0], : shape[1]] * np.float32(1.3)  # interpolation between cells lowers the spread


def smooth_step(low: float, high: float, x: np.ndarray) -> np.ndarray:
    """0 below `low`, 1 above `high`, a smooth ramp between; `low` > `high` turns it round."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def bump(distance: np.ndarray, width: float) -> np.ndarray:
    """Gaussian bump exp(−½ (distance/width)²)."""
    return np.exp(-0.5 * np.square(distance / width))
