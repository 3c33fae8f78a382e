"""Exact nearest neighbours by cosine, without ever holding the whole matrix of cosines.

The matrix is symmetric, so only its upper triangle is computed, strip by strip. Where the hardware multiplies bfloat16
fast, a strip is screened in it: a rigorous bound of its error leaves the few pairs that could be somebody's nearest,
and those are compared in float32. The cosines reported are computed again for the winning pairs in float64.
"""

import torch

from hyperface.hardware import has_triton
from hyperface.packing.rounding import is_screened, round_off, rounding_margin, sum_margin, sums_in_float32
from hyperface.packing.tiles import WORD, Tiling, strips
from hyperface.ranks import ALONE, Ranks

SAMPLE = 512  # points that a first guess of the nearest is taken from
MOST_SURVIVORS = 1 / 128  # of a strip: beyond, comparing the pairs one by one is slower than a product in float32
PAIRS_AT_A_TIME = 1 << 10  # their rows stay in the caches
PAIRS_AT_A_TIME_ON_CUDA = 1 << 17  # a GPU needs larger pieces of work
SIGNS = -0x7FFF7FFF7FFF8000  # the sign bits of four bfloat16 numbers in one int64


def exclude_self(cosines: torch.Tensor, offset: int) -> None:
    """Write −inf where a tile (b, n) of the cosines among points compares row i with itself, column offset + i."""
    cosines.diagonal(offset=offset).fill_(-torch.inf)


def nearest_points(
    points: torch.Tensor,
    *,
    guess: torch.Tensor | None = None,
    ranks: Ranks = ALONE,
    tiling: Tiling | None = None,
) -> torch.Tensor:
    """For each unit row of points (n, d) the index (n,) of the nearest other one; −1 if there is no other.

    Args:
        points: float32 or float64, the same in every process.
        guess: (n,) indices of near ones, such as the last step's nearest. They make it faster and change no answer,
            except which one of equals is named.
        ranks: the processes that share the search; every one gets the whole answer.
        tiling: of the work that this search is a part of; one of its own if not given.

    Returns:
        int64 (n,), on the points' device.

    Raises:
        DeviceError: when not even the smallest pieces of the matrix of cosines fit into memory.
    """
    n = len(points)
    if n < 2:
        return torch.full((n,), -1, dtype=torch.long, device=points.device)
    pieces = Tiling(points.device) if tiling is None else tiling
    best, nearest = pieces.fit(lambda: _search_strips(points, guess, ranks, pieces), points)
    overall = ranks.maximum(best)
    return ranks.minimum(torch.where(best == overall, nearest, n))


def _search_strips(
    points: torch.Tensor, guess: torch.Tensor | None, ranks: Ranks, tiling: Tiling
) -> tuple[torch.Tensor, torch.Tensor]:
    """Largest cosine (n,) and whose (n,), as far as this process's strips and the guess tell."""
    n = len(points)
    shared = ranks.share(strips(n, points.device))
    if uses_kernels(points):
        from hyperface.packing import kernels

        shared = ranks.share(kernels.strips(n, ranks.world))  # whoever falls back does the same share by other means
        if (found := search_by_kernel(points, guess, shared, tiling)) is not None:
            return found
    screened = is_screened(points)
    best, nearest = first_guess(points, _sampled(points, tiling) if guess is None and screened else guess)
    screen = _Screen(points, tiling) if screened else None
    for rows in (part for strip in shared for part in tiling.within_strip(strip, n)):
        pairs = None if screen is None else screen.survivors(rows, best)
        if pairs is None:
            cosines = points[rows] @ points[rows.start :].T  # (b, c)
            exclude_self(cosines, 0)
            take_largest(best, nearest, cosines, rows, slice(rows.start, n), 1)
            if rows.stop < n:
                later = cosines[:, rows.stop - rows.start :]  # (b, n − stop)
                take_largest(best, nearest, later, rows, slice(rows.stop, n), 0)
        else:
            take_pairs(best, nearest, *pairs, _cosines(points, *pairs))
    return best, nearest


def uses_kernels(points: torch.Tensor) -> bool:
    """Whether `kernels` is for these points: many, on a GPU that multiplies float16 fast, with Triton installed."""
    return points.device.type == "cuda" and is_screened(points) and has_triton()


def search_by_kernel(
    points: torch.Tensor, guess: torch.Tensor | None, shared: list[slice], tiling: Tiling
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Largest cosine (n,) and whose (n,), of the strips that are this process's, on a GPU; None if more pairs are
    nearly equal than can be noted."""
    from hyperface.packing import kernels

    best, nearest = first_guess(points, guess)
    search = kernels.CosineSearch(points, best, tiling)
    for _ in range(2):  # looking again finds fewer, because what was seen is known from the start
        for rows in shared:
            search.search(rows)
        found = search.found()
        if found is not None:
            take_pairs(best, nearest, *found)
            return best, nearest
    return None


def first_guess(points: torch.Tensor, guess: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """What a search begins with: a lower bound (n,) of every point's largest cosine, and whose it may be (n,)."""
    n = len(points)
    if guess is None:
        nearest = torch.full((n,), n, dtype=torch.long, device=points.device)
        return torch.full((n,), -torch.inf, dtype=points.dtype, device=points.device), nearest
    # lower by what another order of summation could make of the same cosine
    return _cosines(points, torch.arange(n, device=points.device), guess) - sum_margin(points.shape[1]), guess.clone()


def take_largest(
    best: torch.Tensor, nearest: torch.Tensor, cosines: torch.Tensor, rows: slice, columns: slice, dim: int
) -> torch.Tensor:
    """Keep in best and nearest, in place, the largest cosines of a tile, for each row or for each column.

    Which one is the largest takes many times as long to find as its value, and is only looked for where it is not the
    one in `nearest`.

    Args:
        best: (n,), every point's largest cosine so far.
        nearest: int64 (n,), whose it is, or may be.
        cosines: (b, c), of the points `rows` with the points `columns`.
        rows: which points the tile's rows are.
        columns: which points its columns are.
        dim: 1 for each row, 0 for each column.

    Returns:
        Those largest cosines, (b,) or (c,).
    """
    mine, others = (rows, columns) if dim == 1 else (columns, rows)
    values = cosines.amax(dim=dim)
    better = values > best[mine]
    guess = nearest[mine] - others.start
    inside = (guess >= 0) & (guess < others.stop - others.start)
    guessed = cosines.gather(dim, guess.where(inside, 0).unsqueeze(dim)).squeeze(dim)
    unknown = (better & ~(inside & (guessed == values))).nonzero()[:, 0]  # (u,)
    if 2 * len(unknown) > len(values):
        nearest[mine][unknown] = cosines.argmax(dim=dim)[unknown] + others.start
    elif len(unknown):
        nearest[mine][unknown] = cosines.index_select(1 - dim, unknown).argmax(dim=dim) + others.start
    torch.where(better, values, best[mine], out=best[mine])
    return values


def take_pairs(
    best: torch.Tensor, nearest: torch.Tensor, i: torch.Tensor, j: torch.Tensor, values: torch.Tensor
) -> None:
    """Keep in best (n,) and nearest (n,), in place, the largest cosines of pairs; of equals the lowest index.

    Args:
        best: as in `take_largest`.
        nearest: likewise.
        i: int64 (p,), one point of each pair.
        j: int64 (p,), the other.
        values: (p,), their cosines, which count for both.
    """
    one, other, values = torch.cat([i, j]), torch.cat([j, i]), values.repeat(2)
    largest = torch.full_like(best, -torch.inf).scatter_reduce_(0, one, values, "amax")
    winners = values == largest[one]
    whose = torch.full_like(nearest, len(best)).scatter_reduce_(0, one[winners], other[winners], "amin")
    better = largest > best
    torch.where(better, largest, best, out=best)
    torch.where(better, whose, nearest, out=nearest)


def _cosines(points: torch.Tensor, i: torch.Tensor, j: torch.Tensor) -> torch.Tensor:
    """Of pairs of rows (p,), in the points' own precision."""
    values = torch.empty(len(i), dtype=points.dtype, device=points.device)
    size = PAIRS_AT_A_TIME_ON_CUDA if points.device.type == "cuda" else PAIRS_AT_A_TIME
    for start in range(0, len(i), size):
        part = slice(start, start + size)
        values[part] = (points.index_select(0, i[part]) * points.index_select(0, j[part])).sum(dim=1)
    return values


def _sampled(points: torch.Tensor, tiling: Tiling) -> torch.Tensor:
    """The nearest (n,) among the first SAMPLE points: a bound to begin with."""
    nearest = torch.empty(len(points), dtype=torch.long, device=points.device)
    for rows in tiling.rows(len(points), SAMPLE):
        cosines = points[rows] @ points[:SAMPLE].T  # (b, SAMPLE)
        if rows.start < SAMPLE:
            exclude_self(cosines, rows.start)
        nearest[rows] = cosines.argmax(dim=1)
    return nearest


class _Screen:
    """Finds the pairs that could be nearest, by cosines of rows rounded to bfloat16.

    Rounding the sum of the products to bfloat16 keeps its order. So a pair whose cosine reaches a bound shows at least
    that bound less the margin, rounded down.
    """

    def __init__(self, points: torch.Tensor, tiling: Tiling) -> None:
        n, dimension = points.shape
        rounded, lost = round_off(points, tiling)
        self.margin = rounding_margin(lost, lost, dimension)  # (n,)
        self.count = n
        # whole words of columns
        self.rounded = torch.nn.functional.pad(rounded, (0, 0, 0, -n % WORD)) if n % WORD else rounded

    def survivors(self, rows: slice, best: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Pairs (p,), (p,) with i in rows and j > i that could improve on best (n,) of i or of j; None if too many."""
        with sums_in_float32(self.rounded.device):
            cosines = self.rounded[rows] @ self.rounded[rows.start :].T  # (b, c), bfloat16
        floor = best - self.margin
        floor = (floor - floor.abs() * 2.0**-7).bfloat16()  # lower than any rounding of it
        columns = torch.nn.functional.pad(floor[rows.start :], (0, -self.count % WORD), value=torch.inf)
        above = cosines.sub_(torch.minimum(floor[rows, None], columns))  # (b, c), not negative where it survives
        # Four numbers at a time: comparing and searching bfloat16 one by one takes as long as the product did.
        words = above.view(torch.int64)  # (b, c / 4)
        found = ((words & SIGNS) != SIGNS).nonzero()  # (w, 2)
        if len(found) * WORD > MOST_SURVIVORS * above.numel():
            return None
        i = found[:, :1]  # (w, 1)
        j = found[:, 1:] * WORD + torch.arange(WORD, device=found.device)  # (w, 4)
        kept = (above[i, j] >= 0) & (j > i) & (j < self.count - rows.start)
        return (i.expand_as(j)[kept] + rows.start, j[kept] + rows.start)


def pair_cosines(
    a: torch.Tensor, b: torch.Tensor, indices: torch.Tensor, *, tiling: Tiling | None = None
) -> torch.Tensor:
    """Cosines (n,) in float64 of rows a (n, d) and b[indices], as 1 − |a − b|²/2, which keeps small angles."""
    cosines = torch.empty(len(a), dtype=torch.float64, device=a.device)
    pieces = Tiling(a.device) if tiling is None else tiling
    for rows in pieces.rows(len(a), 4 * a.shape[1]):
        pair = a[rows], b.index_select(0, indices[rows])
        one, other = (torch.nn.functional.normalize(x.double(), dim=1) for x in pair)
        cosines[rows] = 1 - (one - other).square().sum(dim=1) / 2
    return cosines


def dots(a: torch.Tensor, b: torch.Tensor, indices: torch.Tensor, *, tiling: Tiling | None = None) -> torch.Tensor:
    """Dot products (n,) in float64 of rows a (n, d) and b[indices]."""
    products = torch.empty(len(a), dtype=torch.float64, device=a.device)
    pieces = Tiling(a.device) if tiling is None else tiling
    for rows in pieces.rows(len(a), 4 * a.shape[1]):
        products[rows] = (a[rows].double() * b.index_select(0, indices[rows]).double()).sum(dim=1)
    return products
