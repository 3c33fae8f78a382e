"""The loops of `fused_norm` over the pixels [first, last) of a map, rows float32 (n, c), compiled once for a computer.

Sums are float32 over a few rows and float64 over those: exact enough for any batch, and as fast as memory is read.
"""

import numba
import numpy as np

BLOCK = 256  # rows that are summed in float32

_loop = numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"}, error_model="numpy")


@_loop
def add_up(part: int, first: int, last: int, x: np.ndarray, near: np.ndarray, sums: np.ndarray) -> None:
    """sums[part], (2, c): of x − near and of its square."""
    channels = x.shape[1]
    plain, squares = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for begin in range(first, last, BLOCK):
        plain[:] = 0
        squares[:] = 0
        for row in range(begin, min(begin + BLOCK, last)):
            for c in range(channels):
                away = x[row, c] - near[c]
                plain[c] += away
                squares[c] += away * away
        for c in range(channels):
            sums[part, 0, c] += plain[c]
            sums[part, 1, c] += squares[c]


@_loop
def apply(
    part: int,
    first: int,
    last: int,
    x: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    bias: np.ndarray,
    slopes: np.ndarray,
    result: np.ndarray,
) -> None:
    """z = scale · (x − mean) + bias; result = z above zero, slope · z below."""
    for row in range(first, last):
        for c in range(x.shape[1]):
            z = scale[c] * (x[row, c] - mean[c]) + bias[c]
            result[row, c] = z if z > 0 else slopes[c] * z


@_loop
def add_up_gradients(
    part: int,
    first: int,
    last: int,
    x: np.ndarray,
    wanted: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    bias: np.ndarray,
    slopes: np.ndarray,
    sums: np.ndarray,
) -> None:
    """sums[part], (3, c): of the gradient by z, of that times (x − mean), and of the gradient by the slope."""
    channels = x.shape[1]
    plain, products, by_slope = (
        np.empty(channels, np.float32),
        np.empty(channels, np.float32),
        np.empty(channels, np.float32),
    )
    for begin in range(first, last, BLOCK):
        plain[:] = 0
        products[:] = 0
        by_slope[:] = 0
        for row in range(begin, min(begin + BLOCK, last)):
            for c in range(channels):
                away = x[row, c] - mean[c]
                z = scale[c] * away + bias[c]
                outer = wanted[row, c]
                inner = outer if z > 0 else slopes[c] * outer
                plain[c] += inner
                products[c] += inner * away
                by_slope[c] += np.float32(0) if z > 0 else z * outer
        for c in range(channels):
            sums[part, 0, c] += plain[c]
            sums[part, 1, c] += products[c]
            sums[part, 2, c] += by_slope[c]


@_loop
def pull_back(
    part: int,
    first: int,
    last: int,
    x: np.ndarray,
    wanted: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    bias: np.ndarray,
    slopes: np.ndarray,
    steady: np.ndarray,
    leaning: np.ndarray,
    result: np.ndarray,
) -> None:
    """result = scale · (gradient by z) − steady − leaning · (x − mean)."""
    for row in range(first, last):
        for c in range(x.shape[1]):
            away = x[row, c] - mean[c]
            z = scale[c] * away + bias[c]
            inner = wanted[row, c] if z > 0 else slopes[c] * wanted[row, c]
            result[row, c] = scale[c] * inner - steady[c] - leaning[c] * away
