"""The soft maximum of all cosines among points, and its gradient, without ever holding the matrix of cosines."""

import torch

from hyperface.hardware import has_fast_bfloat16
from hyperface.packing.neighbors import (
    exclude_self,
    first_guess,
    search_by_kernel,
    take_largest,
    take_pairs,
    uses_kernels,
)
from hyperface.packing.rounding import sums_in_float32
from hyperface.packing.tiles import Tiling, triangle
from hyperface.ranks import ALONE, Ranks

# e^−50 beside 1 is nothing in float32, and the denormal numbers below e^−87 are many times slower.
SMALLEST_EXPONENT = -50.0
ROUNDED_FROM = 4096  # points: from here on the soft maximum's gradient is summed in bfloat16 where that is fast


def soft_maximum(
    points: torch.Tensor,
    beta: float,
    *,
    guess: torch.Tensor | None = None,
    ranks: Ranks = ALONE,
    tiling: Tiling | None = None,
) -> tuple[torch.Tensor, float, torch.Tensor]:
    """(1/β) log Σ_{i≠j} exp(β x_i·x_j) and its gradient, in one tiled pass over all pairs.

    Nothing overflows at any β: the exponentials are of cosines less the largest one. Nearest and value are exact; the
    gradient has three digits where it is summed in bfloat16.

    Args:
        points: (n, k), unit rows, the same in every process.
        beta: β, above 0.
        guess: as in `neighbors.nearest_points`.
        ranks: likewise.
        tiling: likewise.

    Returns:
        Every point's nearest other one, int64 (n,); the value; the ambient gradient (b, k) of this process's rows.

    Raises:
        DeviceError: when memory runs out with the smallest pieces, too.
    """
    n = len(points)
    if n < 2:
        return torch.full((n,), -1, device=points.device), -1.0, torch.zeros_like(points)[ranks.rows(n)]
    pieces = Tiling(points.device) if tiling is None else tiling
    best, nearest, largest, sums, pulls = pieces.fit(lambda: _soft_tiles(points, beta, guess, ranks, pieces), points)
    overall = ranks.maximum(best)  # (n,)
    nearest = ranks.minimum(torch.where(best == overall, nearest, n))
    everywhere = ranks.maximum(largest)
    total = ranks.total(sums.sum() * ((largest - everywhere) * beta).exp())
    pulls = ranks.total(pulls.mul_(((largest - everywhere) * beta).exp()))
    value = float(everywhere.double() + total.double().log() / beta)
    return nearest, value, pulls[ranks.rows(n)] * (2 / total)


def _soft_tiles(
    points: torch.Tensor, beta: float, guess: torch.Tensor | None, ranks: Ranks, tiling: Tiling
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Over this process's tiles: largest cosines (n,), whose (n,), the largest of all c* (), Σ_j w_ij (n,) and
    Σ_j w_ij x_j (n, k) with w = exp(β (c − c*)).
    """
    n = len(points)
    shared = ranks.share(triangle(n, points.device))
    if uses_kernels(points):
        from hyperface.packing import kernels

        shared = ranks.share(kernels.squares(n, kernels.SIDE, ranks.world))  # as in a search: the same share either way
        if (found := _soft_by_kernel(points, beta, guess, ranks, shared, tiling)) is not None:
            return found
    best, nearest = first_guess(points, guess)
    sums = torch.zeros_like(best)
    pulls = torch.zeros_like(points)
    rounds = n >= ROUNDED_FROM and points.dtype == torch.float32 and has_fast_bfloat16(points.device)
    summed = points.bfloat16() if rounds else points
    largest = best.new_tensor(-2.0)  # below any cosine
    for rows, columns in (piece for tile in shared for piece in tiling.within_tile(*tile)):
        cosines = points[rows] @ points[columns].T  # (b, c)
        if rows == columns:
            exclude_self(cosines, 0)
        values = take_largest(best, nearest, cosines, rows, columns, 1)
        if (here := values.max()) > largest:  # what is summed so far was shifted by less
            shrink = ((largest - here) * beta).exp()
            sums.mul_(shrink)
            pulls.mul_(shrink)
            largest = here
        if rows != columns:
            take_largest(best, nearest, cosines, rows, columns, 0)
        exponents = cosines.sub_(largest).mul_(beta).clamp_(min=SMALLEST_EXPONENT)
        weights = exponents.exp_()  # (b, c), at most 1
        rounded = weights.to(summed.dtype)
        sums[rows] += weights.sum(dim=1)
        with sums_in_float32(points.device):
            pulls[rows] += rounded @ summed[columns]
            if rows != columns:
                pulls[columns] += rounded.T @ summed[rows]
        if rows != columns:
            sums[columns] += weights.sum(dim=0)
    return best, nearest, largest, sums, pulls


def _soft_by_kernel(
    points: torch.Tensor,
    beta: float,
    guess: torch.Tensor | None,
    ranks: Ranks,
    shared: list[tuple[slice, slice]],
    tiling: Tiling,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor] | None:
    """`_soft_tiles` of the squares that are this process's, on a GPU, where c* may be a little less than the largest,
    and the weights' sum () is of all points together; None if more pairs are nearly equal than can be noted."""
    from hyperface.packing import kernels

    n = len(points)
    if guess is None:
        started = search_by_kernel(points, None, ranks.share(kernels.strips(n, ranks.world)), tiling)
    else:
        started = first_guess(points, guess)
    if started is None:
        return None
    best, nearest = started
    search = kernels.CosineSearch(points, best, tiling)
    side = tiling.shrunk(kernels.SIDE)
    weights = torch.empty(min(n, side) ** 2, dtype=torch.bfloat16, device=points.device)
    summed = points.bfloat16()
    largest = float(best.max())
    while True:
        shift = max(largest, -1.0)
        total, pulls = torch.zeros((), device=points.device), torch.zeros_like(points)
        for rows, columns in (piece for tile in shared for piece in tiling.within_tile(*tile, side)):
            square, weight = search.weigh(rows, columns, beta, shift, weights)  # (b, c), ()
            total += weight
            pulls[rows] += torch.mm(square, summed[columns], out_dtype=torch.float32)
            if rows != columns:
                pulls[columns] += torch.mm(square.T, summed[rows], out_dtype=torch.float32)
        found = search.found()
        if found is None:
            return None
        take_pairs(best, nearest, *found)
        largest = float(best.max())
        if (largest - shift) * beta <= kernels.LARGEST_EXPONENT:
            return best, nearest, best.new_tensor(shift), total, pulls
