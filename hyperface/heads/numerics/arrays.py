"""The two kinds of arrays that heads are made of, and how numbers become one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int32]


def floats(values: ArrayLike) -> Floats:
    """Numbers as float32."""
    return np.asarray(values, np.float32)
