"""How far the picture on the sphere can be believed."""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.sphere import as_embeddings


@dataclass(frozen=True)
class Faithfulness:
    """trustworthiness: in [0, 1], 1 if all shown neighbours are true ones (Venna and Kaski 2001).
    rank_correlation: in [−1, 1], Spearman's, of the true and the shown angle over pairs. NaN where too few points."""

    trustworthiness: float
    rank_correlation: float


def faithfulness(
    embeddings: torch.Tensor | np.ndarray,
    points: torch.Tensor | np.ndarray,
    *,
    n_neighbors: int = 15,
    sample: int = 1000,
    seed: int = 0,
) -> Faithfulness:
    """Compare embeddings with where they are shown.

    Both figures are exact up to n = `sample`; beyond, they are estimated from that many random points, each held
    against all others.

    Args:
        embeddings: (n, d).
        points: (n, 3), the same ones on the ordinary sphere.
        n_neighbors: how many of each point's nearest are looked at.
        sample: of how many points, at most.
        seed: of the random points.

    Returns:
        Trustworthiness and rank correlation.

    Raises:
        InputError: The numbers of embeddings and points differ, or either cannot be used.
    """
    rows, shown = as_embeddings(embeddings).cpu(), as_embeddings(points, what="points").cpu()
    n = len(rows)
    if len(shown) != n:
        raise InputError(f"There are {n} embeddings and {len(shown)} points; they must be the same ones.")
    chosen = torch.arange(n)
    if n > sample:
        chosen = torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:sample]
    true = _cosines_to_others(rows, chosen)  # (s, n − 1)
    drawn = _cosines_to_others(shown, chosen)
    return Faithfulness(_trustworthiness(true, drawn, n_neighbors), _rank_correlation(true, drawn))


def _cosines_to_others(rows: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    cosines = rows[chosen] @ rows.T  # (s, n)
    others = torch.ones_like(cosines, dtype=torch.bool)
    others[torch.arange(len(chosen)), chosen] = False
    return cosines[others].reshape(len(chosen), -1)


def _trustworthiness(true: torch.Tensor, drawn: torch.Tensor, k: int) -> float:
    s, others = true.shape
    n = others + 1
    k = min(k, (n - 1) // 2)  # the measure is defined below n / 2
    if k < 1:
        return float("nan")
    ranks = torch.empty_like(true, dtype=torch.long)  # 0 for the true nearest
    ranks.scatter_(1, true.argsort(dim=1, descending=True), torch.arange(others).expand(s, -1))
    shown = drawn.topk(k, dim=1).indices  # (s, k)
    intruders = (ranks.gather(1, shown) + 1 - k).clamp(min=0).sum()
    return float(1 - 2 * intruders / (s * k * (2 * n - 3 * k - 1)))


def _rank_correlation(true: torch.Tensor, drawn: torch.Tensor) -> float:
    if true.numel() < 2:
        return float("nan")
    ranks = [_ranks(values.flatten()) for values in (true, drawn)]
    return float(torch.corrcoef(torch.stack(ranks))[0, 1])


def _ranks(values: torch.Tensor) -> torch.Tensor:
    """Ranks (n,) as float64, equal values sharing their mean rank."""
    _, inverse, counts = torch.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum(0).double()
    means: torch.Tensor = ends - (counts - 1) / 2
    return means[inverse]
