"""What a verification benchmark is."""

from dataclasses import dataclass

import numpy as np

from hyperface.errors import InputError
from hyperface.images import ALIGNED_SIZE


@dataclass(frozen=True)
class Benchmark:
    """Pairs to verify. images: uint8 (2p, 112, 112, 3), RGB, aligned; pair i is images 2i and 2i + 1.
    same: bool (p,), one person or two. note: what its figures can and cannot show."""

    name: str
    title: str
    images: np.ndarray
    same: np.ndarray
    note: str = ""

    def __post_init__(self) -> None:
        expected = (2 * len(self.same), ALIGNED_SIZE, ALIGNED_SIZE, 3)
        if self.images.dtype != np.uint8 or self.images.shape != expected or self.same.dtype != np.bool_:
            raise InputError(
                f"A benchmark of {len(self.same)} pairs needs uint8 images of shape {expected} and boolean answers; "
                f"got {self.images.dtype} {self.images.shape} and {self.same.dtype}."
            )

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.same)
