"""Packing on an NVIDIA GPU: cosines are looked at where they are computed and never written to memory.

One Triton kernel multiplies a tile of points by another and, before the tile is forgotten, notes the pairs that could
be somebody's nearest, and gives the weights of the soft maximum. What it saves is memory traffic: at a million points
the cosines alone would be two terabytes a step. Points of many dimensions are multiplied in float16, which is off by
about 1e-5; those of few, where products cost little, as float32 in three parts. Import it where a CUDA device and
Triton are there.
"""

from __future__ import annotations

import math

import torch
import triton
import triton.language as tl

from hyperface.packing.rounding import rounding_margin
from hyperface.packing.tiles import WORD, Tiling

ROWS, COLUMNS, DEPTH = 128, 256, 64  # of a tile, and how many coordinates are multiplied at a time
NARROW = 128  # columns of a tile that needs more registers
EXACT_UNTIL = 128  # dimensions that are multiplied in float32
WARPS = 8
STAGES = 3  # tiles of coordinates on their way from memory
GROUP = 16  # tiles above each other that are worked on together: they share what the cache holds
STRIP = 8192  # rows that one launch searches
SIDE = 16_384  # of the square whose weights are held at a time, 0.5 GB
PAIRS_A_POINT = 64  # room for noted pairs
MOST_PAIRS = 1 << 27
LEAST_PAIRS = 1 << 20
LARGEST_EXPONENT = 60.0  # e^60 is far from what float32 and bfloat16 can hold
SMALLEST_EXPONENT = -50.0
LOG2_E = 1.4426950408889634


@triton.jit
def _cosine_tile(
    points,
    seen,
    margin,
    pairs,
    counter,
    weights,
    totals,
    first_row,
    last_row,
    first_column,
    last_column,
    capacity,
    scale,
    shift,
    smallest,
    times,
    DIMENSION: tl.constexpr,
    WEIGH: tl.constexpr,
    PRECISION: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    DEPTH: tl.constexpr,
    GROUP: tl.constexpr,
):
    """One tile of the cosines of rows [first_row, last_row) with columns [first_column, last_column) of the points.

    points: float16 or float32 (n, DIMENSION). seen: float32 (n,), the largest cosine met so far, made larger here.
    margin: (n,), what a cosine may be off by. pairs: int32 (capacity, 2), filled from `counter` on with those i < j
    that reach what was seen of i or of j, less twice the margin. With WEIGH: weights, bfloat16, gets
    2^(scale·(cosine − shift)), 0 for a point with itself, and totals, at the tile's number, `times` their sum.
    """
    program = tl.program_id(0)
    down = tl.cdiv(last_row - first_row, ROWS)
    across = tl.cdiv(last_column - first_column, COLUMNS)
    in_group = GROUP * across
    group = program // in_group
    height = tl.minimum(down - group * GROUP, GROUP)
    tile_row = group * GROUP + (program % in_group) % height
    tile_column = (program % in_group) // height
    if WEIGH or first_column + (tile_column + 1) * COLUMNS > first_row + tile_row * ROWS + 1:  # above the diagonal
        row = first_row + tile_row * ROWS + tl.arange(0, ROWS)
        column = first_column + tile_column * COLUMNS + tl.arange(0, COLUMNS)
        row_inside, column_inside = row < last_row, column < last_column
        depth = tl.arange(0, DEPTH)
        left = points + tl.where(row_inside, row, 0).to(tl.int64)[:, None] * DIMENSION + depth[None, :]
        right = points + tl.where(column_inside, column, 0).to(tl.int64)[None, :] * DIMENSION + depth[:, None]
        cosines = tl.zeros((ROWS, COLUMNS), dtype=tl.float32)
        for _ in range(0, DIMENSION, DEPTH):
            cosines = tl.dot(tl.load(left), tl.load(right), cosines, input_precision=PRECISION)
            left += DEPTH
            right += DEPTH

        inside = row_inside[:, None] & column_inside[None, :]
        looked_at = inside & (row[:, None] < column[None, :])
        compared = tl.where(looked_at, cosines, -2.0)
        row_largest, column_largest = tl.max(compared, axis=1), tl.max(compared, axis=0)
        row_seen = tl.load(seen + row, mask=row_inside, other=2.0)
        column_seen = tl.load(seen + column, mask=column_inside, other=2.0)
        row_margin = tl.load(margin + row, mask=row_inside, other=0.0)
        column_margin = tl.load(margin + column, mask=column_inside, other=0.0)
        row_limit = tl.maximum(row_seen, row_largest) - 2 * row_margin
        column_limit = tl.maximum(column_seen, column_largest) - 2 * column_margin
        noted = looked_at & (compared >= tl.minimum(row_limit[:, None], column_limit[None, :]))
        if tl.max(tl.max(noted.to(tl.int32), axis=1), axis=0) > 0:
            ones = tl.full((ROWS, COLUMNS), 1, tl.int32)
            place = tl.atomic_add(counter + tl.zeros((ROWS, COLUMNS), tl.int32), ones, mask=noted, sem="relaxed")
            kept = noted & (place < capacity) & (place >= 0)
            target = pairs + place.to(tl.int64) * 2
            tl.store(target, tl.broadcast_to(row[:, None], (ROWS, COLUMNS)), mask=kept)
            tl.store(target + 1, tl.broadcast_to(column[None, :], (ROWS, COLUMNS)), mask=kept)
        tl.atomic_max(seen + row, row_largest, mask=row_inside & (row_largest > row_seen), sem="relaxed")
        tl.atomic_max(seen + column, column_largest, mask=column_inside & (column_largest > column_seen), sem="relaxed")
        if WEIGH:
            # Too large ones, which the caller computes anew with another shift, stay finite.
            weight = tl.exp2(tl.minimum(tl.maximum((cosines - shift) * scale, smallest), 100.0))
            weight = tl.where(inside & (row[:, None] != column[None, :]), weight, 0.0)
            width = last_column - first_column
            place = (row - first_row).to(tl.int64)[:, None] * width + (column - first_column)[None, :]
            tl.store(weights + place, weight.to(tl.bfloat16), mask=inside)
            tl.store(totals + program, tl.sum(tl.sum(weight, axis=1), axis=0) * times)


@triton.jit
def _pair_cosines(
    points, pairs, cosines, count, stride, DIMENSION: tl.constexpr, PAIRS: tl.constexpr, DEPTH: tl.constexpr
):
    """cosines (count,): the dot products, in float32, of the rows of points that each of pairs (count, 2) names."""
    pair = tl.program_id(0) * PAIRS + tl.arange(0, PAIRS)
    there = pair < count
    i = tl.load(pairs + pair.to(tl.int64) * 2, mask=there, other=0).to(tl.int64)
    j = tl.load(pairs + pair.to(tl.int64) * 2 + 1, mask=there, other=0).to(tl.int64)
    total = tl.zeros((PAIRS, DEPTH), dtype=tl.float32)
    for start in range(0, DIMENSION, DEPTH):
        depth = start + tl.arange(0, DEPTH)
        inside = there[:, None] & (depth < DIMENSION)[None, :]
        left = tl.load(points + i[:, None] * stride + depth[None, :], mask=inside, other=0.0)
        right = tl.load(points + j[:, None] * stride + depth[None, :], mask=inside, other=0.0)
        total += left * right
    tl.store(cosines + pair, tl.sum(total, axis=1), mask=there)


class CosineSearch:
    """The pairs of points that could be somebody's nearest, and the soft maximum's weights, tile by tile."""

    def __init__(self, points: torch.Tensor, best: torch.Tensor, tiling: Tiling) -> None:
        """points: float32 (n, d), unit rows. best: float32 (n,), a lower bound of every point's largest cosine, −inf
        where there is none."""
        n, dimension = points.shape
        self.points = points.contiguous()
        self.exact = dimension <= EXACT_UNTIL
        padding = -dimension % (16 if self.exact else DEPTH)
        self.rounded = torch.nn.functional.pad(points if self.exact else points.half(), (0, padding)).contiguous()
        lost = torch.zeros(n, device=points.device)
        for rows in tiling.rows(n, 4 * dimension):
            lost[rows] = (points[rows] - self.rounded[rows, :dimension]).norm(dim=1)
        self.margin = rounding_margin(lost, lost, dimension)  # (n,)
        # The kernel takes twice the margin off what it saw itself; the bound needs it once.
        self.seen = (best + self.margin).clamp_(min=-2.0)
        self.capacity = min(MOST_PAIRS, max(LEAST_PAIRS, PAIRS_A_POINT * n))
        self.pairs = torch.empty(self.capacity, 2, dtype=torch.int32, device=points.device)
        self.counter = torch.zeros(1, dtype=torch.int32, device=points.device)

    def search(self, rows: slice) -> None:
        """Look at all pairs i < j with i in rows."""
        self._launch(rows, slice(rows.start, len(self.points)), self.margin, self.margin, 0.0, 0.0, 0.0, weigh=False)

    def weigh(
        self, rows: slice, columns: slice, beta: float, shift: float, weights: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Look at the pairs of a square on the diagonal, or above it, and weigh each: e^(β (cosine − shift)).

        weights: bfloat16 (SIDE²,), what to write them to. Gives a view of it (b, c), and the sum () of all of them
        before they were rounded: each weight counts for both of its points.
        """
        height, width = rows.stop - rows.start, columns.stop - columns.start
        totals = torch.zeros(_tiles(rows, columns, NARROW), device=weights.device)
        times = 1.0 if rows == columns else 2.0  # a square on the diagonal has every pair twice already
        self._launch(rows, columns, weights, totals, beta * LOG2_E, shift, times, weigh=True)
        return weights[: height * width].view(height, width), totals.sum()

    def _launch(
        self,
        rows: slice,
        columns: slice,
        weights: torch.Tensor,
        totals: torch.Tensor,
        scale: float,
        shift: float,
        times: float,
        *,
        weigh: bool,
    ) -> None:
        dimension = self.rounded.shape[1]
        width = NARROW if self.exact or weigh else COLUMNS
        _cosine_tile[(_tiles(rows, columns, width),)](
            self.rounded,
            self.seen,
            self.margin,
            self.pairs,
            self.counter,
            weights,
            totals,
            rows.start,
            rows.stop,
            columns.start,
            columns.stop,
            self.capacity,
            scale,
            shift,
            SMALLEST_EXPONENT * LOG2_E,
            times,
            DIMENSION=dimension,
            WEIGH=weigh,
            PRECISION="tf32x3" if self.exact else "tf32",  # of float16 either is exact
            ROWS=ROWS,
            COLUMNS=width,
            DEPTH=16 if self.exact else DEPTH,
            GROUP=GROUP,
            num_warps=WARPS,
            num_stages=STAGES,
        )

    def found(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
        """The pairs noted so far: i and j, int64 (p,), and their cosines in float32 (p,). None if there was no room
        for all of them; what was seen is kept, so that looking again finds fewer."""
        count = int(self.counter)
        self.counter.zero_()
        if not 0 <= count <= self.capacity:
            return None
        cosines = torch.empty(count, device=self.points.device)
        if count:
            dimension = self.points.shape[1]
            _pair_cosines[(triton.cdiv(count, 16),)](
                self.points,
                self.pairs,
                cosines,
                count,
                dimension,
                DIMENSION=dimension,
                PAIRS=16,
                DEPTH=min(128, triton.next_power_of_2(dimension)),
            )
        i, j = self.pairs[:count].long().unbind(1)
        return i, j, cosines


def _tiles(rows: slice, columns: slice, width: int) -> int:
    """How many tiles cover a rectangle."""
    return int(math.ceil((rows.stop - rows.start) / ROWS) * math.ceil((columns.stop - columns.start) / width))


def strips(n: int, world: int) -> list[slice]:
    """Row ranges for `CosineSearch.search`, enough of them for each of `world` processes to have some. They begin at
    multiples of WORD, as `tiles.strips` do: a process without room for its pairs searches its own by the screen."""
    height = min(STRIP, max(ROWS, WORD * math.ceil(n / (8 * world * WORD)))) if world > 1 else STRIP
    return [slice(start, min(start + height, n)) for start in range(0, n, height)]


def squares(n: int, side: int, world: int) -> list[tuple[slice, slice]]:
    """Squares of this side or less, on the diagonal and above it, for `CosineSearch.weigh`."""
    side = min(side, max(COLUMNS, math.ceil(n / (4 * world)))) if world > 1 else side
    ranges = [slice(start, min(start + side, n)) for start in range(0, n, side)]
    return [(rows, columns) for i, rows in enumerate(ranges) for columns in ranges[i:]]
