"""The loops of `fused_norm` over the pixels [first, last) of a map, compiled once for a computer.

A map is (n, c), float32, or the bits of bfloat16 as uint16, which NumPy does not know: the upper half of a float32's.
Sums are float32 over a few rows and float64 over those: exact enough for any batch, and as fast as memory is read.
"""

from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import overload

BLOCK = 256  # rows that are summed in float32

# What is no number stays none, unlike in the kernels of heads: a training that fails is known by it.
_loop = numba.njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"}, error_model="numpy")


def _read(x: np.ndarray, row: int, bits: np.ndarray) -> np.ndarray:
    """A row's numbers, float32 (c,): itself, or in the buffer."""
    raise NotImplementedError  # compiled code has it from below


def _place(x: np.ndarray, row: int, bits: np.ndarray) -> np.ndarray:
    """Where a row's numbers are to be written, float32 (c,): itself, or the buffer."""
    raise NotImplementedError


def _write(x: np.ndarray, row: int, bits: np.ndarray) -> None:
    """What was written into the buffer, into the row."""
    raise NotImplementedError


@overload(_read, strict=False)
def _reading(x: Any, row: Any, bits: Any) -> Any:
    if x.dtype == types.float32:
        return lambda x, row, bits: x[row]

    def read(x: np.ndarray, row: int, bits: np.ndarray) -> np.ndarray:
        for c in range(x.shape[1]):
            bits[c] = np.uint32(x[row, c]) << np.uint32(16)
        return bits.view(np.float32)

    return read


@overload(_place, strict=False)
def _placing(x: Any, row: Any, bits: Any) -> Any:
    if x.dtype == types.float32:
        return lambda x, row, bits: x[row]
    return lambda x, row, bits: bits.view(np.float32)


@overload(_write, strict=False)
def _writing(x: Any, row: Any, bits: Any) -> Any:
    if x.dtype == types.float32:
        return lambda x, row, bits: None

    def write(x: np.ndarray, row: int, bits: np.ndarray) -> None:
        for c in range(x.shape[1]):  # to the nearest, of two to the even one
            odd = (bits[c] >> np.uint32(16)) & np.uint32(1)
            x[row, c] = np.uint16((bits[c] + np.uint32(0x7FFF) + odd) >> np.uint32(16))

    return write


@_loop
def add_up(part: int, first: int, last: int, x: np.ndarray, near: np.ndarray, sums: np.ndarray) -> None:
    """sums[part], (2, c): of x − near and of its square."""
    channels = x.shape[1]
    bits = np.empty(channels, np.uint32)
    plain, squares = np.empty(channels, np.float32), np.empty(channels, np.float32)
    for begin in range(first, last, BLOCK):
        plain[:] = 0
        squares[:] = 0
        for row in range(begin, min(begin + BLOCK, last)):
            values = _read(x, row, bits)
            for c in range(channels):
                away = values[c] - near[c]
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
    channels = x.shape[1]
    bits, own = np.empty(channels, np.uint32), np.empty(channels, np.uint32)
    for row in range(first, last):
        values, place = _read(x, row, bits), _place(result, row, own)
        for c in range(channels):
            z = scale[c] * (values[c] - mean[c]) + bias[c]
            place[c] = z if z > 0 else slopes[c] * z
        _write(result, row, own)


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
    bits, own = np.empty(channels, np.uint32), np.empty(channels, np.uint32)
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
            values, gradient = _read(x, row, bits), _read(wanted, row, own)
            for c in range(channels):
                away = values[c] - mean[c]
                z = scale[c] * away + bias[c]
                outer = gradient[c]
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
    channels = x.shape[1]
    bits, own, written = np.empty(channels, np.uint32), np.empty(channels, np.uint32), np.empty(channels, np.uint32)
    for row in range(first, last):
        values, gradient, place = _read(x, row, bits), _read(wanted, row, own), _place(result, row, written)
        for c in range(channels):
            away = values[c] - mean[c]
            z = scale[c] * away + bias[c]
            inner = gradient[c] if z > 0 else slopes[c] * gradient[c]
            place[c] = scale[c] * inner - steady[c] - leaning[c] * away
        _write(result, row, written)
