"""From a recogniser's embedding to identity coordinates and back: a linear map, fitted in closed form.

An embedding x of a person is nearly m + z W, where z are the coordinates (`scripts/build_head_map.py` fits m and W by
ridge regression on rendered heads, as the recogniser `dlib-heads` sees them). A request x is answered by
z = (x − m) Wᵀ (W Wᵀ + λ I)⁻¹, the ridge inverse, scaled to one length, given what a request says nothing about
(`hyperface.heads.identity.unseen`) and brought within the bounds. The length is below that of random people: all of it
goes into what the recogniser sees, and of longer ones what is not linear grows faster than what is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from hyperface.assets import asset, read_whole
from hyperface.errors import InputError
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.unseen import Unseen
from hyperface.heads.numerics.arrays import Floats

FILE = "heads/dlib_map.safetensors"
RIDGE = 0.0002  # λ: how much of a request that costs much change of the head is left out
LENGTH = 0.65  # root mean square of the coordinates that answer a request; people at random have 1


@dataclass(frozen=True)
class EmbeddingMap:
    """Embeddings (n, e) of people (n, d) and the other way."""

    mean: Floats  # (e,) of a person whose coordinates are all 0
    weights: Floats  # (d, e)

    def embeddings(self, z: Floats) -> Floats:
        """Expected embeddings (n, e), unit rows, of people (n, d)."""
        rows = self.mean + coordinates.check(z) @ self.weights
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def coordinates(self, embeddings: Floats) -> Floats:
        """People (n, d) whose embeddings come closest to those requested (n, e)."""
        z = self._wanted(self._checked(embeddings) - self.mean)
        size = np.sqrt(np.square(z).mean(axis=1, keepdims=True))
        z = LENGTH * z / np.maximum(size, 1e-6)
        return coordinates.limited(z + self.unseen.of(z))

    def requests(self, z: Floats) -> Floats:
        """Requests (n, e), unit rows, that `coordinates` answers with these people (n, d).

        It does so where their coordinates, free of their limit and of what goes with them, have the root mean square
        `LENGTH` and lie in the range of the weights, as those do that it answers with.
        """
        free = coordinates.free(z)
        free = free - self.unseen.of(free)
        # (W Wᵀ + λ I) f = W t is solved by t = Wᵀ f + λ W⁺ f; its length is free, as people are scaled to theirs.
        weights = self.weights.astype(np.float64)
        wanted = free @ weights + RIDGE * free @ np.linalg.pinv(weights).T  # (n, e)
        return _unit(self.mean.astype(np.float64), wanted)

    @cached_property
    def unseen(self) -> Unseen:
        """What goes with coordinates that answer requests."""
        return Unseen(self.weights)

    def _wanted(self, difference: Floats) -> Floats:
        # Row by row, as the last bits of a product of matrices depend on how many rows it has: the same request is to
        # be the same person in every batch, to the bit, whose parts are then found again.
        rows = [row @ self._inverse for row in difference]
        return np.reshape(np.asarray(rows, np.float32), (len(difference), len(self.weights)))

    @cached_property
    def _inverse(self) -> Floats:
        """Wᵀ (W Wᵀ + λ I)⁻¹ (e, d)."""
        weights = self.weights.astype(np.float64)
        gram = weights @ weights.T + RIDGE * np.eye(len(weights))
        return np.ascontiguousarray(np.linalg.solve(gram, weights).T, np.float32)

    def _checked(self, embeddings: Floats) -> Floats:
        rows = np.asarray(embeddings, np.float32)
        if rows.ndim != 2 or rows.shape[1] != len(self.mean) or not np.isfinite(rows).all():
            raise InputError(
                f"Heads are made from embeddings of 'dlib-heads', finite and of shape (n, {len(self.mean)}); "
                f"got {rows.shape}."
            )
        return rows


@cache
def load_map() -> EmbeddingMap:
    """The shipped map of embeddings of `dlib-heads`; AssetError if its file is missing, damaged or of other heads."""
    from safetensors import safe_open

    path = asset(FILE)
    with read_whole("The heads' map", path):
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            mean, weights = file.get_tensor("mean").astype(np.float32), file.get_tensor("weights").astype(np.float32)
        fitted = metadata.get("coordinates", "").split("\n")
        if not set(fitted) <= set(coordinates.names()):
            raise ValueError("it was fitted to other coordinates")
        if weights.shape != (len(fitted), *mean.shape) or not np.isfinite(weights).all():
            raise ValueError("its numbers have the wrong shape")
        return EmbeddingMap(mean, _in_order(weights, fitted))


def _in_order(weights: Floats, fitted: list[str]) -> Floats:
    """Rows (k, e) of the coordinates named, as those of all coordinates (d, e): one that is not named says nothing."""
    rows = dict(zip(fitted, weights, strict=True))
    nothing = np.zeros(weights.shape[1], np.float32)
    return np.stack([rows.get(name, nothing) for name in coordinates.names()])


def _unit(mean: NDArray[np.float64], directions: NDArray[np.float64]) -> Floats:
    """The unit vectors (n, e) that are seen from the mean (e,), which is inside the sphere, in these directions."""
    along, square = directions @ mean, np.square(directions).sum(axis=1)  # (n,)
    length = (np.sqrt(along**2 + square * (1 - mean @ mean)) - along) / np.maximum(square, 1e-12)
    return np.asarray(mean + length[:, None] * directions, np.float32)
