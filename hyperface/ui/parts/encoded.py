"""Arrays as text, for answers to the page's scripts, which read the bytes as they are."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def encoded(array: np.ndarray) -> str:
    """The bytes of an array, little-endian as it is, in base64."""
    return base64.b64encode(array.tobytes()).decode("ascii")


def hundredths(degrees: np.ndarray) -> str:
    """Angles of any shape in hundredths of a degree: uint16, in base64."""
    return encoded((100 * degrees).round().astype("<u2"))
