"""A small z-buffer rasteriser: which triangle covers each sample, and where in it.

Screen frame: x right, y down, in samples; sample (row, column) has its centre at (column + 0.5, row + 0.5).
Depth grows away from the viewer. Attributes are interpolated with perspective correction, so `inverse_depth`
must be proportional to 1/z (give ones for a parallel projection).
"""

import numpy as np
from numba import njit

BACKGROUND = -1


@njit(cache=True)
def rasterize(
    points: np.ndarray, depth: np.ndarray, inverse_depth: np.ndarray, triangles: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Nearest triangle at every sample.

    points: float32 (v, 2), screen positions in samples. depth: float32 (v,). inverse_depth: float32 (v,).
    triangles: int32 (t, 3). Both windings are drawn.
    Returns the triangle index int32 (height, width), BACKGROUND where there is none, and its perspective-correct
    barycentric weights float32 (height, width, 3).
    """
    index = np.full((height, width), BACKGROUND, np.int32)
    weights = np.zeros((height, width, 3), np.float32)
    nearest = np.full((height, width), np.inf, np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < 1e-9:
            continue
        left, right = max(0, int(np.ceil(min(ax, bx, cx) - 0.5))), min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        top, bottom = max(0, int(np.ceil(min(ay, by, cy) - 0.5))), min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        for row in range(top, bottom + 1):
            y = row + 0.5
            for column in range(left, right + 1):
                x = column + 0.5
                u = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / area
                v = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / area
                w = 1.0 - u - v
                if u < 0.0 or v < 0.0 or w < 0.0:
                    continue
                u, v, w = u * inverse_depth[a], v * inverse_depth[b], w * inverse_depth[c]
                total = u + v + w
                u, v, w = u / total, v / total, w / total
                z = u * depth[a] + v * depth[b] + w * depth[c]
                if z < nearest[row, column]:
                    nearest[row, column] = z
                    index[row, column] = t
                    weights[row, column, 0], weights[row, column, 1], weights[row, column, 2] = u, v, w
    return index, weights


def grid_triangles(rows: int, columns: int) -> np.ndarray:
    """Two triangles per cell of a grid of vertices numbered row by row: int32 (2 (rows − 1) (columns − 1), 3)."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel()
    return np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)]).astype(np.int32)
