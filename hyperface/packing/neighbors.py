"""Exact nearest neighbours by cosine, without ever holding the whole matrix of cosines.

The matrix is symmetric, so only its upper triangle is computed, strip by strip. Where the hardware multiplies bfloat16
fast, a strip is screened in it: a rigorous bound of its error leaves the few pairs that could be somebody's nearest,
and those are compared in float32. The cosines reported are computed again for the winning pairs in float64.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from hyperface.hardware import has_fast_bfloat16, has_triton
from hyperface.packing.tiles import WORD, Tiling, strips
from hyperface.ranks import ALONE, Ranks

SCREENED_FROM = 1024  # points: below, screening costs more than it saves
SAMPLE = 512  # points that a first guess of the nearest is taken from
MOST_SURVIVORS = 1 / 128  # of a strip: beyond, comparing the pairs one by one is slower than a product in float32
PAIRS_AT_A_TIME = 1 << 10  # their rows stay in the caches
PAIRS_AT_A_TIME_ON_CUDA = 1 << 17  # a GPU needs larger pieces of work
SIGNS = -0x7FFF7FFF7FFF8000  # the sign bits of four bfloat16 numbers in one int64


@contextlib.contextmanager
def sums_in_float32(device: torch.device) -> Iterator[None]:
    """Inside, a GPU sums products of bfloat16 in float32, as the bounds of their error here suppose.

    torch's switch is the whole process's, so it is put back afterwards. A CPU always does.
    """
    if device.type != "cuda":
        yield
        return
    switches, name = torch.backends.cuda.matmul, "allow_bf16_reduced_precision_reduction"
    before = getattr(switches, name)
    split = getattr(switches, f"{name}_split_k", None)  # its companion in newer versions, which are set together
    setattr(switches, name, False if split is None else (False, split))
    try:
        yield
    finally:
        setattr(switches, name, before if split is None else (before, split))


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
    screened = n >= SCREENED_FROM and points.dtype == torch.float32 and has_fast_bfloat16(points.device)
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
    return (
        points.device.type == "cuda"
        and len(points) >= SCREENED_FROM
        and points.dtype == torch.float32
        and has_fast_bfloat16(points.device)
        and has_triton()
    )


def search_by_kernel(
    points: torch.Tensor, guess: torch.Tensor | None, shared: list[slice], tiling: Tiling
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Largest cosine (n,) and whose (n,), of the strips that are this process's, on a GPU; None if more pairs are
    nearly equal than can be noted."""
    from hyperface.packing import kernels

    best, nearest = first_guess(points, guess)
    search = kernels.CosineSearch(points, best, sum_margin(points.shape[1]), tiling)
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


def sum_margin(dimension: int) -> float:
    """What a sum of products of unit rows in float32 may be off by, and the bound it is compared with, too."""
    return 4 * dimension * 2.0**-24


def _round_off(rows: torch.Tensor, tiling: Tiling) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows (n, d) in bfloat16, and the length (n,) of what rounding took from each."""
    rounded = rows.bfloat16()
    lost = torch.empty(len(rows), device=rows.device)
    for part in tiling.rows(len(rows), rows.shape[1]):
        lost[part] = (rows[part] - rounded[part]).norm(dim=1)
    return rounded, lost


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

    With r a row rounded and |x − r| what rounding took from it, |x_i·x_j − r_i·r_j| ≤ |x_i − r_i| + |r_i| |x_j − r_j|;
    the products are summed in float32, and rounding the sum to bfloat16 keeps its order. So a pair whose cosine
    reaches a bound shows at least that bound less the margin, rounded down.
    """

    def __init__(self, points: torch.Tensor, tiling: Tiling) -> None:
        n, dimension = points.shape
        rounded, lost = _round_off(points, tiling)
        self.margin = lost + (1 + lost) * lost.max() + sum_margin(dimension)  # (n,)
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


@dataclass(frozen=True)
class _Lists:
    """candidates: (n, list_size) indices of the gallery. origin: (n, k), where each point was when its list was made.
    limit: (n,), the angle τ in radians that every gallery embedding off the list exceeded there."""

    candidates: torch.Tensor
    origin: torch.Tensor
    limit: torch.Tensor

    def copied(self) -> "_Lists":
        return _Lists(self.candidates.clone(), self.origin.clone(), self.limit.clone())


class GallerySearch:
    """The nearest gallery embedding of each moving point, from neighbour lists that certify themselves.

    The gallery never moves, so after a full search row i keeps its `list_size` best candidates and τ_i, the angle that
    every other gallery embedding exceeds. Once the point has moved by the angle m_i, every embedding off the list is
    farther than τ_i − m_i: the best one on the list is the nearest of all while its angle is at most that. Rows that
    fail this test are searched in full again, so the answer is always exact.
    """

    def __init__(self, gallery: torch.Tensor, *, list_size: int = 8, tiling: Tiling | None = None) -> None:
        """gallery: float32 (m, k), unit rows or, inside a span, the coordinates of unit rows. tiling: as in
        `nearest_points`."""
        self.gallery = gallery
        self.list_size = min(list_size, len(gallery))
        self.searched = 0  # rows searched in full so far, for benchmarks and tests
        self._tiling = Tiling(gallery.device) if tiling is None else tiling
        self._lists: _Lists | None = None
        self._shown = False  # whether somebody else holds the lists' tensors
        screened = len(gallery) >= SCREENED_FROM and has_fast_bfloat16(gallery.device)
        self._rounded = _round_off(gallery, self._tiling) if screened else None

    def nearest(self, points: torch.Tensor) -> torch.Tensor:
        """Index (n,) of the nearest gallery embedding of each unit row of points (n, k); DeviceError as in
        `nearest_points`."""
        if self._lists is None:
            n = len(points)
            self._lists = _Lists(
                torch.zeros(n, self.list_size, dtype=torch.long, device=points.device),
                points.clone(),
                torch.full((n,), -torch.inf, device=points.device),
            )
        lists = self._lists
        nearest = torch.empty(len(points), dtype=torch.long, device=points.device)
        best = torch.empty_like(lists.limit)
        for rows in self._tiling.rows(len(points), self.list_size * points.shape[1]):
            candidates = torch.nn.functional.embedding(lists.candidates[rows], self.gallery)  # (b, list_size, k)
            best[rows], position = (candidates * points[rows, None]).sum(dim=2).max(dim=1)
            nearest[rows] = lists.candidates[rows].gather(1, position[:, None])[:, 0]
        moved = 2 * ((points - lists.origin).norm(dim=1) / 2).clamp(max=1).asin()  # (n,)
        slack = 1e-3  # radians: far above the rounding of float32 arc cosines, also near 0, where it is worst
        failed = (best.clamp(-1, 1).acos() + moved + slack > lists.limit).nonzero()[:, 0]  # (f,)
        if len(failed):
            if self._shown:  # what `state` gave away stays as it is
                self._lists, self._shown = lists.copied(), False
            renewed = self._lists
            nearest[failed] = self._tiling.fit(lambda: self._search(points, failed, renewed), points)
            self.searched += len(failed)
        return nearest

    def _search(self, points: torch.Tensor, failed: torch.Tensor, lists: _Lists) -> torch.Tensor:
        """Search the rows `failed` (f,) of the points (n, k) in full and renew their lists; their nearest (f,)."""
        nearest = torch.empty_like(failed)
        for part in self._tiling.rows(len(failed), len(self.gallery)):
            rows = failed[part]  # (b,)
            lists.origin[rows] = here = points[rows]  # (b, k)
            nearest[part], lists.candidates[rows], lists.limit[rows] = self._listed(here)
        return nearest

    def _listed(self, here: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of points (b, k): nearest (b,), candidates (b, list_size) and the angle τ (b,) that all others exceed."""
        if self._rounded is None:
            return self._listed_exactly(here)
        gallery, gallery_lost = self._rounded
        rounded, lost = _round_off(here, self._tiling)
        with sums_in_float32(here.device):
            values, candidates = (rounded @ gallery.T).topk(self.list_size + 1, dim=1)  # (b, list_size + 1)
        others = values[:, -1].float()  # (b,), the best off the list, as the screen sees it
        others += others.abs() * 2.0**-7 + lost + (1 + lost) * gallery_lost.max() + sum_margin(here.shape[1])
        candidates, limit = candidates[:, :-1], others.clamp(-1, 1).acos()
        best, position = torch.einsum("nk,nlk->nl", here, self.gallery[candidates]).max(dim=1)
        nearest = candidates.gather(1, position[:, None])[:, 0]
        unsure = (best < others).nonzero()[:, 0]  # the list may miss the nearest
        nearest[unsure], candidates[unsure], limit[unsure] = self._listed_exactly(here[unsure])
        return nearest, candidates, limit

    def _listed_exactly(self, here: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The same in float32."""
        cosines = here @ self.gallery.T  # (b, m)
        values, indices = cosines.topk(min(self.list_size + 1, len(self.gallery)), dim=1)
        everything = len(self.gallery) <= self.list_size
        limit = torch.full_like(values[:, 0], torch.inf) if everything else values[:, -1].clamp(-1, 1).acos()
        return indices[:, 0], indices[:, : self.list_size], limit

    def state(self) -> dict[str, torch.Tensor]:
        """The lists, so that a resumed search answers near-ties as this one would."""
        if self._lists is None:
            return {}
        self._shown = True
        return {"lists": self._lists.candidates, "origin": self._lists.origin, "limit": self._lists.limit}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Take up the lists of `state()`."""
        self._lists = _Lists(state["lists"], state["origin"], state["limit"])
        self._shown = True
