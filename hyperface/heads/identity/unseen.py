"""What a request says nothing about: the directions of a person's numbers that the recogniser hardly sees.

The ridge inverse leaves a person average there. Everybody asked for would have the same ears, wear no glasses and their
hair alike; people packed in a few directions of the recogniser's would differ in these few alone. Another network that
looks at them, or one that is trained on them, would find them more alike than people are. So everybody gets numbers of
their own there, about as random people have them. They follow from what is seen: one request is always the same person,
and whoever is close to it is alike in what is not seen as well.

The numbers are sums of a few waves across the sphere of what is seen (random features of a Gaussian kernel, Rahimi and
Recht, NIPS 2007), close to standard normal over people.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperface.heads.numerics.arrays import Floats

SEEN = 0.1  # a direction's share of the strongest one's gain from which on it counts as seen
STEEPNESS = 2.0  # standard deviation of waves per radian: people 30° apart have about exp(−½) in common, 60° 0.14
_WAVES = 4  # in each number
_SEED = 7


class Unseen:
    """What goes with numbers (n, d) that answer requests, for embeddings that are told by `weights` (d, e)."""

    def __init__(self, weights: Floats) -> None:
        directions, gains, _ = np.linalg.svd(weights.astype(np.float64), full_matrices=False)
        seen = directions[:, gains >= SEEN * gains[0]]  # (d, k)
        size = len(seen)
        draw = np.random.default_rng(_SEED)
        frequencies = STEEPNESS * draw.standard_normal((_WAVES * size, size))
        self._phases = 2 * np.pi * draw.random(_WAVES * size)
        # Projectors do not hang on the signs and the order in which singular vectors come out.
        self._seen = seen @ seen.T  # (d, d)
        self._hidden = np.eye(size) - self._seen
        self._frequencies = frequencies @ self._seen  # (waves, d)

    def of(self, numbers: NDArray[np.floating[Any]]) -> Floats:
        """What goes with each row (n, d) of numbers, before their limit; what is not seen of these makes no difference.

        Row by row, as the last bits of a product of matrices depend on how many rows it has: the same request is to be
        the same person in every batch.
        """
        return np.reshape(np.asarray([self._of(row) for row in numbers], np.float32), np.shape(numbers))

    def _of(self, row: NDArray[np.floating[Any]]) -> Floats:
        length = np.sqrt(np.square(self._seen @ row).sum())
        waves = np.cos(self._frequencies @ (row / max(length, 1e-12)) + self._phases)
        return np.asarray(self._hidden @ waves.reshape(-1, _WAVES).sum(axis=1) * np.sqrt(2 / _WAVES))
