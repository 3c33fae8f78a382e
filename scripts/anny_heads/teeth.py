"""An upper row of teeth: anny's head has none, and an open mouth without teeth looks like a hole.

The row is an arc behind the upper lip, fixed to the skull: it follows a person's shape but no facial action.
"""

import numpy as np

from .raster import grid_triangles

COLUMNS, ROWS = 15, 3
_HALF_WIDTH, _HEIGHT = 0.021, 0.0085  # metres, for a mouth as wide as the mean head's
_BEHIND_LIP = 0.0085  # metres from the front of the lips to the front teeth
_TOOTH_WIDTH = 0.0068


def teeth_triangles(first: int) -> np.ndarray:
    """(t, 3) int32 for vertices numbered from `first`."""
    return first + grid_triangles(ROWS, COLUMNS)


def teeth_vertices(corners: np.ndarray, lip_front: np.ndarray) -> np.ndarray:
    """(ROWS · COLUMNS, 3) for mouth corners (2, 3) and the foremost point between the lips (3,) of a neutral head."""
    scale = np.linalg.norm(corners[1] - corners[0]) / 0.0497
    across = np.linspace(-1, 1, COLUMNS)[None] * _HALF_WIDTH * scale
    up = np.linspace(_HEIGHT, 0, ROWS)[:, None]  # top row first
    middle = corners.mean(axis=0)
    x = middle[0] + across + 0 * up
    y = lip_front[1] + _BEHIND_LIP + 34 * across**2 / scale - 0.1 * up
    z = middle[2] - 0.0005 + up + 0 * across
    return np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
