"""How large a piece of the matrix of cosines is held at a time."""

import functools
import math
from collections.abc import Callable
from typing import TypeVar

import torch

from hyperface.errors import DeviceError

T = TypeVar("T")

TILE_ELEMENTS = 1 << 21  # cosines held at a time: 8 MB, which stays in the caches of a core or two
TILES_ON_CUDA = 32  # a GPU needs larger pieces of work
SMALLEST_TILE = 1 << 14
SMALLEST_HEIGHT = 64  # rows: a product with fewer takes about as long
WORD = 4  # bfloat16 numbers in 64 bits

_halvings = 0  # of the tile, after memory ran out


def tile_elements(device: torch.device) -> int:
    """Cosines to hold at a time."""
    whole = TILE_ELEMENTS * (TILES_ON_CUDA if device.type == "cuda" else 1)
    return max(1, whole >> _halvings)


def tiles(rows: int, columns: int, device: torch.device) -> list[slice]:
    """Row ranges such that a tile of rows × columns has about `tile_elements`."""
    height = max(1, SMALLEST_HEIGHT >> _halvings, tile_elements(device) // max(columns, 1))
    return [slice(start, min(start + height, rows)) for start in range(0, rows, height)]


def strips(n: int, device: torch.device) -> list[slice]:
    """Row ranges that cover the upper triangle of an n × n matrix, each with the columns from its first row on.

    They begin at multiples of WORD.
    """
    ranges, start = [], 0
    while start < n:
        height = max(WORD, SMALLEST_HEIGHT >> _halvings, tile_elements(device) // (n - start)) // WORD * WORD
        ranges.append(slice(start, min(start + height, n)))
        start += height
    return ranges


def triangle(n: int, device: torch.device) -> list[tuple[slice, slice]]:
    """Rows and columns of square tiles that cover the upper triangle of an n × n matrix, on the diagonal whole."""
    side = max(1, math.isqrt(tile_elements(device)))
    ranges = [slice(start, min(start + side, n)) for start in range(0, n, side)]
    return [(rows, columns) for i, rows in enumerate(ranges) for columns in ranges[i:]]


def with_smaller_tiles(compute: Callable[..., T]) -> Callable[..., T]:
    """Decorator: when memory runs out, compute again with tiles of half the size, from then on.

    DeviceError when the smallest tile does not fit either. For functions without collectives in them.
    """

    @functools.wraps(compute)
    def computed(points: torch.Tensor, *arguments, **options) -> T:
        global _halvings
        while True:
            try:
                return compute(points, *arguments, **options)
            except RuntimeError as error:  # torch.OutOfMemoryError is one; the CPU's allocator raises a plain one
                if not isinstance(error, torch.OutOfMemoryError) and "not enough memory" not in str(error):
                    raise
                if tile_elements(points.device) <= SMALLEST_TILE:
                    raise DeviceError(
                        f"There is not enough memory on {str(points.device)!r} for {len(points):,} points of "
                        f"{points.shape[1]} dimensions. Pack fewer identities, share the work with `torchrun`, or use "
                        'device="cpu".'
                    ) from error
            _halvings += 1
            if points.device.type == "cuda":
                torch.cuda.empty_cache()

    return computed
