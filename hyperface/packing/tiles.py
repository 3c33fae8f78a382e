"""How large a piece of the matrix of cosines is held at a time."""

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


def strips(n: int, device: torch.device) -> list[slice]:
    """Row ranges that cover the upper triangle of an n × n matrix, each with the columns from its first row on.

    They begin at multiples of WORD, and are the same in every process, whose shares of them are taken from this list.
    """
    return _cut_strip(slice(0, n), n, _whole_tile(device), SMALLEST_HEIGHT)


def triangle(n: int, device: torch.device) -> list[tuple[slice, slice]]:
    """Rows and columns of square tiles that cover the upper triangle of an n × n matrix, on the diagonal whole.

    The same in every process, as `strips` are.
    """
    ranges = _cut(slice(0, n), max(1, math.isqrt(_whole_tile(device))))
    return [(rows, columns) for i, rows in enumerate(ranges) for columns in ranges[i:]]


class Tiling:
    """The sizes of the pieces in one piece of work, such as a packing, on one device.

    When memory runs out, `fit` makes the pieces half as large, for the rest of this work and for no other. What the
    processes of a group share, `strips` and `triangle`, stays as it is: each cuts its own share smaller.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._halvings = 0

    @property
    def elements(self) -> int:
        """Cosines to hold at a time."""
        return max(1, _whole_tile(self.device) >> self._halvings)

    def shrunk(self, size: int) -> int:
        """A size halved as often as memory ran out."""
        return max(1, size >> self._halvings)

    def rows(self, count: int, columns: int) -> list[slice]:
        """Ranges of `count` rows such that a tile of rows × columns has about `elements`."""
        height = max(1, SMALLEST_HEIGHT >> self._halvings, self.elements // max(columns, 1))
        return _cut(slice(0, count), height)

    def within_strip(self, strip: slice, n: int) -> list[slice]:
        """The rows of a strip of an n × n matrix in parts of about `elements`, again from multiples of WORD."""
        return _cut_strip(strip, n, self.elements, SMALLEST_HEIGHT >> self._halvings)

    def within_tile(self, rows: slice, columns: slice, side: int | None = None) -> list[tuple[slice, slice]]:
        """The tiles inside a square one, of this side or of about `elements`; of one on the diagonal its own upper
        triangle, on the diagonal whole."""
        side = max(1, math.isqrt(self.elements)) if side is None else side
        if rows == columns:
            ranges = _cut(rows, side)
            return [(part, other) for i, part in enumerate(ranges) for other in ranges[i:]]
        return [(part, other) for part in _cut(rows, side) for other in _cut(columns, side)]

    def fit(self, compute: Callable[[], T], points: torch.Tensor) -> T:
        """What `compute` gives; when memory runs out in it, it is called again with pieces of half the size.

        points: (n, d), what it is about. DeviceError when the smallest pieces do not fit either. No collectives of
        torch.distributed may be in it: the other processes would not be called again.
        """
        while True:
            try:
                return compute()
            except RuntimeError as error:  # torch.OutOfMemoryError is one; the CPU's allocator raises a plain one
                if not isinstance(error, torch.OutOfMemoryError) and "not enough memory" not in str(error):
                    raise
                if self.elements <= SMALLEST_TILE:
                    raise DeviceError(
                        f"There is not enough memory on {str(points.device)!r} for {len(points):,} points of "
                        f"{points.shape[1]} dimensions. Pack fewer identities, share the work with `torchrun`, or use "
                        'device="cpu".'
                    ) from error
            self._halvings += 1
            if points.device.type == "cuda":
                torch.cuda.empty_cache()


def _whole_tile(device: torch.device) -> int:
    return TILE_ELEMENTS * (TILES_ON_CUDA if device.type == "cuda" else 1)


def _cut_strip(rows: slice, n: int, elements: int, least: int) -> list[slice]:
    """Rows of an n × n matrix, the columns from each part's first row on, in parts of about so many elements."""
    ranges, start = [], rows.start
    while start < rows.stop:
        height = max(WORD, least, elements // (n - start)) // WORD * WORD
        ranges.append(slice(start, min(start + height, rows.stop)))
        start += height
    return ranges


def _cut(rows: slice, height: int) -> list[slice]:
    """The range in parts of this height, the last one of what is left."""
    return [slice(start, min(start + height, rows.stop)) for start in range(rows.start, rows.stop, height)]
