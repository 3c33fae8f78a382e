"""UMAP's graph: exact nearest neighbours, and the fuzzy simplicial set over them.

The same graph as umap-learn's `fuzzy_simplicial_set` (McInnes, Healy and Melville 2018, section 3), in vectorised
NumPy: umap-learn takes six seconds to import and eleven to compile in every process, this takes none.
"""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.packing.tiles import Tiling

BISECTIONS = 40
FOLDS = 8


@dataclass(frozen=True)
class Graph:
    """Both directions of every edge. heads, tails: int32 (e,). weights: float32 (e,), membership in (0, 1]."""

    heads: np.ndarray
    tails: np.ndarray
    weights: np.ndarray


def nearest_neighbors(
    rows: torch.Tensor, among: torch.Tensor, count: int, *, exclude_self: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Exact nearest by cosine of unit rows (m, d) `among` unit rows (n, d): indices int64 and cosine distances float32,
    both (m, count), nearest first. exclude_self: `rows` are `among`, and a row is not its own neighbour."""
    indices = torch.empty(len(rows), count, dtype=torch.long)
    distances = torch.empty(len(rows), count)
    for part in Tiling(rows.device).rows(len(rows), len(among)):
        cosines = rows[part] @ among.T  # (b, n)
        if exclude_self:
            cosines.diagonal(offset=part.start).fill_(-torch.inf)
        nearest, indices[part] = _largest(cosines, count)
        distances[part] = (1 - nearest).clamp(min=0)
    return indices.numpy(), distances.numpy()


def _largest(values: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """`values.topk(count, dim=1)` of (b, n) in half the time: first over the largest of every FOLDS values, then among
    those that the best of these stand for."""
    n = values.shape[1]
    width = n // FOLDS
    if width < 8 * count:
        return values.topk(count, dim=1)
    folded = values[:, : FOLDS * width].view(-1, FOLDS, width)
    chosen = folded.amax(dim=1).topk(count, dim=1).indices  # (b, count)
    columns = chosen[:, None] + width * torch.arange(FOLDS)[:, None]  # (b, FOLDS, count)
    rest = torch.arange(FOLDS * width, n).expand(len(values), -1)
    columns = torch.cat([columns.flatten(1), rest], dim=1)
    largest, places = values.gather(1, columns).topk(count, dim=1)
    return largest, columns.gather(1, places)


def memberships(distances: np.ndarray) -> np.ndarray:
    """UMAP's local membership strengths (n, k) of neighbours at rising distances (n, k), the row itself left out.

    exp(−(d − ρ) / σ), ρ the smallest distance above 0, σ such that a row's strengths sum to log2(k + 1): umap-learn
    counts the row itself among its neighbours in the logarithm, but not in the sum.
    """
    distances = distances.astype(np.float64)
    positive = np.where(distances > 0, distances, np.inf)
    nearest = positive.min(axis=1, keepdims=True)  # (n, 1)
    nearest[~np.isfinite(nearest)] = 0
    beyond = np.maximum(distances - nearest, 0)  # (n, k)
    target = np.log2(distances.shape[1] + 1)
    low, high = np.zeros_like(nearest), np.full_like(nearest, np.inf)
    sigma = np.ones_like(nearest)
    for _ in range(BISECTIONS):
        too_many = np.exp(-beyond / sigma).sum(axis=1, keepdims=True) > target
        high = np.where(too_many, sigma, high)
        low = np.where(too_many, low, sigma)
        sigma = np.where(np.isfinite(high), (low + high) / 2, sigma * 2)
    # as in umap-learn, no narrower than a thousandth of the distances themselves
    own = distances.sum(axis=1, keepdims=True) / (distances.shape[1] + 1)  # (n, 1)
    sigma = np.maximum(sigma, 1e-3 * np.where(nearest > 0, own, own.mean()))
    strengths: np.ndarray = np.exp(-beyond / np.maximum(sigma, 1e-12)).astype(np.float32)
    return strengths


def fuzzy_graph(embeddings: torch.Tensor, neighbors: int) -> Graph:
    """The symmetric graph (p + q − p·q) of unit rows (n, d), n ≥ 2. neighbors: of each row, itself counted."""
    from scipy.sparse import coo_array

    n = len(embeddings)
    indices, distances = nearest_neighbors(embeddings, embeddings, min(neighbors, n) - 1, exclude_self=True)
    heads = np.repeat(np.arange(n), indices.shape[1])
    one_way = coo_array((memberships(distances).ravel(), (heads, indices.ravel())), shape=(n, n)).tocsr()
    transposed = one_way.T.tocsr()
    both = (one_way + transposed - one_way.multiply(transposed)).tocoo()
    both.eliminate_zeros()
    heads, tails = both.coords
    return Graph(heads.astype(np.int32), tails.astype(np.int32), both.data.astype(np.float32))
