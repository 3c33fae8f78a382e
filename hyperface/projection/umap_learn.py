"""The published UMAP, umap-learn's, on the sphere: what our own steadier map is held against."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.sphere import as_embeddings

FEWEST = 4  # points: with fewer, its spectral start has no directions to choose from


def umap_learn(embeddings: torch.Tensor | np.ndarray, *, n_neighbors: int = 15, seed: int = 0) -> np.ndarray:
    """Show embeddings (n, d), n ≥ 4, on the unit sphere of R³: float32 (n, 3), unit rows.

    umap-learn with the cosine metric and `output_metric="haversine"` (McInnes, Healy and Melville 2018), on one thread,
    so that the same seed gives the same picture. Unlike `SphereProjection` it knows of no picture before: points that
    hardly moved may be shown elsewhere. In a process's first call it is imported and compiled, about 15 seconds.

    Args:
        embeddings: (n, d).
        n_neighbors: of each point in the graph, itself counted; fewer where there are fewer points.
        seed: of the layout.

    Raises InputError for fewer than four points.
    """
    rows = as_embeddings(embeddings).cpu().numpy()
    if len(rows) < FEWEST:
        raise InputError(f"umap-learn needs at least {FEWEST} points to lay out; there are {len(rows)}.")
    neighbors = min(n_neighbors, len(rows) - 1)
    init = "spectral" if len(rows) > 2 * n_neighbors else "random"
    # In a thread of its own: numba's parallel loops set how many threads OpenMP takes in whatever thread calls them,
    # and with it torch's, whose last bits depend on that. What comes after a map must not depend on the map.
    with ThreadPoolExecutor(1, "umap") as thread:
        polar, azimuth = thread.submit(_angles, rows, neighbors, init, seed).result().T
    points = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=1)
    return points.astype(np.float32)


def _angles(rows: np.ndarray, neighbors: int, init: str, seed: int) -> np.ndarray:
    """float64 (n, 2) of embeddings (n, d): the angle from the pole, where umap-learn counts latitude, and azimuth."""
    with warnings.catch_warnings():
        # of parts that need Tensorflow, and of what a layout that is not in a plane cannot be asked for later
        warnings.simplefilter("ignore")
        import umap

        reducer = umap.UMAP(
            n_neighbors=neighbors,
            metric="cosine",
            output_metric="haversine",
            init=init,
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(reducer.fit_transform(rows), np.float64)
