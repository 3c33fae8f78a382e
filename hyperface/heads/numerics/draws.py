"""A row of standard normal numbers, read one after the other as whatever distribution is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hyperface.heads.numerics.arrays import Floats, floats


class Draws:
    """Reads a row of standard normal numbers one after the other, as whatever distribution is asked for."""

    def __init__(self, row: Sequence[float] | NDArray[np.floating]) -> None:
        self._row = [float(value) for value in row]
        self._next = 0

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        self._next += 1
        return mean + sd * self._row[self._next - 1]

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * 0.5 * (1 + math.erf(self.normal() / math.sqrt(2)))

    def choice(self, shares: Sequence[float]) -> int:
        """An index, with these shares."""
        place = self.uniform() * sum(shares)
        for index, share in enumerate(shares):
            place -= share
            if place < 0:
                return index
        return len(shares) - 1

    def sometimes(self, share: float, low: float, high: float, otherwise: float = 0.0) -> float:
        """Uniform between low and high in a share of rows, else `otherwise`. Two numbers of the row either way."""
        happens, value = self.uniform() < share, self.uniform(low, high)
        return value if happens else otherwise

    def warmth(self, spread: float) -> Floats:
        """A colour (3,) of luminance about 1 between candle and blue sky."""
        warm, green = self.normal(0, spread), 0.12 * self.normal(0, spread)
        return np.exp(floats([warm, green, -1.1 * warm]))
