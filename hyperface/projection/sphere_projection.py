"""UMAP onto the sphere S², for embeddings that move: each frame starts from the one before."""

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.projection.graph import Graph, fuzzy_graph, nearest_neighbors
from hyperface.sphere import angles, as_embeddings

CURVE_A, CURVE_B = 1.576943, 0.895061  # UMAP's curve 1 / (1 + a·θ^2b) for its default spread 1 and min_dist 0.1
FIRST_EPOCHS, FIRST_RATE = 150, 0.02
# Chosen on a packing of 1,000 identities, so that points are shown to move about as far as they truly do.
UPDATE_EPOCHS, UPDATE_RATE = 30, 0.01
MANY, MANY_EPOCHS = 4000, 15  # points: from here on, updates take half as long
FULL_MOVE = 0.2  # radians between frames: from here on a point takes the full rate
STILL = 1e-6  # radians: points that moved less have not moved


class SphereProjection:
    """Shows embeddings as points on the unit sphere of R³, steadily from frame to frame.

    UMAP's graph and loss with the great-circle distance. The first frame starts from the principal components. Every
    further one starts from the last, with learning rates in proportion to how far each embedding, and all of them on
    the whole, have moved: small moves change the picture little, and none leave it exactly as it is.
    """

    def __init__(self, n_neighbors: int = 15, seed: int = 0) -> None:
        """n_neighbors: of each point in UMAP's graph, itself counted; at least 2."""
        if n_neighbors < 2:
            raise InputError(f"The projection needs at least 2 neighbours; {n_neighbors} were asked for.")
        self.n_neighbors = n_neighbors
        self.seed = seed
        self._embeddings: torch.Tensor | None = None  # (n, d) of the last frame
        self._points: np.ndarray | None = None  # (n, 3) of the last frame

    @classmethod
    def from_picture(
        cls,
        embeddings: torch.Tensor | np.ndarray,
        points: torch.Tensor | np.ndarray,
        n_neighbors: int = 15,
        seed: int = 0,
    ) -> "SphereProjection":
        """Take up a picture that was kept: embeddings (n, d) that are shown at points (n, 3)."""
        rows, shown = as_embeddings(embeddings).cpu(), as_embeddings(points, what="points").cpu()
        if len(rows) != len(shown):
            raise InputError(f"There are {len(rows)} embeddings and {len(shown)} points; they must be the same ones.")
        projection = cls(n_neighbors, seed)
        projection._embeddings, projection._points = rows, shown.numpy()
        return projection

    def fit(self, embeddings: torch.Tensor | np.ndarray) -> np.ndarray:
        """Show embeddings (n, d), n ≥ 1, afresh: float32 (n, 3), unit rows."""
        rows = as_embeddings(embeddings).cpu()
        if len(rows) == 0:
            raise InputError("There are no embeddings to show.")
        points = principal_start(rows, self.seed)
        if len(rows) > 1:
            self._optimize(points, fuzzy_graph(rows, self.n_neighbors), np.full(len(rows), FIRST_RATE), FIRST_EPOCHS)
        self._embeddings, self._points = rows, points
        return points.copy()

    def update(self, embeddings: torch.Tensor | np.ndarray) -> np.ndarray:
        """Show the same points (n, d) after they have moved: float32 (n, 3). Another n or d begins afresh."""
        if self._embeddings is None or self._points is None:
            return self.fit(embeddings)
        rows = as_embeddings(embeddings).cpu()
        if rows.shape != self._embeddings.shape:
            return self.fit(rows)
        moved = angles(rows, self._embeddings)  # (n,)
        if len(rows) > 1 and float(moved.max()) > STILL:
            typical = moved.square().mean().sqrt()
            shares = (torch.maximum(moved, typical) / FULL_MOVE).clamp(max=1)  # (n,)
            points = self._points.copy()
            epochs = UPDATE_EPOCHS if len(rows) < MANY else MANY_EPOCHS
            self._optimize(points, fuzzy_graph(rows, self.n_neighbors), UPDATE_RATE * shares.numpy(), epochs)
            self._embeddings, self._points = rows, _align(points, self._points)
        return self._points.copy()

    def place(self, embeddings: torch.Tensor | np.ndarray) -> np.ndarray:
        """Where new embeddings (m, d) belong among the shown ones, which stay: float32 (m, 3), unit rows."""
        if self._embeddings is None or self._points is None:
            raise InputError("There is no picture yet to place points in: call fit first.")
        rows = as_embeddings(embeddings).cpu()
        if rows.shape[1] != self._embeddings.shape[1]:
            raise InputError(
                f"The new embeddings have {rows.shape[1]} dimensions, the shown ones {self._embeddings.shape[1]}."
            )
        count = min(self.n_neighbors, len(self._embeddings))
        indices, distances = nearest_neighbors(rows, self._embeddings, count)
        weights = 1 / (distances + 1e-6) ** 2  # (m, count)
        return _median_on_sphere(self._points[indices], weights)

    def _optimize(self, points: np.ndarray, graph: Graph, rates: np.ndarray, epochs: int) -> None:
        from hyperface.projection.layout import optimize  # numba loads, and compiles once, here

        strongest = graph.weights.max()
        kept = graph.weights * epochs >= strongest  # weaker edges would never be sampled
        streams = np.random.default_rng(self.seed).integers(1, 2**63, len(points), dtype=np.uint64)
        optimize(
            points,
            graph.heads[kept],
            graph.tails[kept],
            strongest / graph.weights[kept],
            streams,
            np.float32(CURVE_A),
            np.float32(CURVE_B),
            rates.astype(np.float32),
            epochs,
        )


def principal_start(rows: torch.Tensor, seed: int) -> np.ndarray:
    """The top three principal components (n, 3), each scaled to the same spread, on the sphere. A little noise parts
    equal points."""
    centered = (rows - rows.mean(dim=0)).double()
    _, vectors = torch.linalg.eigh(centered.T @ centered)  # rising
    axes = vectors[:, -3:].flip(1)  # (d, 3), or (d, 2) for d = 2
    axes = axes * torch.where(axes.sum(dim=0) < 0, -1.0, 1.0)  # eigenvectors come with either sign
    components = torch.zeros(len(rows), 3, dtype=torch.float64)
    components[:, : axes.shape[1]] = centered @ axes
    components /= components.square().mean(dim=0).sqrt().clamp(min=1e-6)
    noise = np.random.default_rng(seed).normal(size=components.shape)
    points = components.numpy() + 1e-3 * noise
    return np.ascontiguousarray(points / np.linalg.norm(points, axis=1, keepdims=True), dtype=np.float32)


def _align(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Rotate points (n, 3) onto the reference (n, 3) as closely as a rotation can (Kabsch)."""
    left, _, right = np.linalg.svd(points.astype(np.float64).T @ reference.astype(np.float64))
    turn = np.diag([1, 1, np.sign(np.linalg.det(left @ right))])
    turned = points @ (left @ turn @ right)
    aligned: np.ndarray = (turned / np.linalg.norm(turned, axis=1, keepdims=True)).astype(np.float32)
    return aligned


def _median_on_sphere(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted geometric medians of groups of points (m, k, 3) with weights (m, k), on the sphere: (m, 3).

    A median lies where most of the weight is, where a mean would lie in the emptiness between two groups.
    """
    weights = weights / weights.sum(axis=1, keepdims=True)
    center = points[:, 0].astype(np.float64)
    scale = weights
    for _ in range(30):  # Weiszfeld's iteration, started at the nearest
        mean = (scale[:, :, None] * points).sum(axis=1)  # (m, 3)
        center = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
        distance = np.linalg.norm(points - center[:, None], axis=2)  # (m, k)
        scale = weights / np.maximum(distance, 1e-6)
    return center.astype(np.float32)
