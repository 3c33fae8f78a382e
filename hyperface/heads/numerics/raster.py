"""A small z-buffer rasteriser, compiled: which triangle covers each sample, where in it, and depth seen by a light.

Screen frame: x right, y down, in samples; sample (row, column) has its centre at (column + 0.5, row + 0.5).
Depth grows away from the viewer.
"""

from __future__ import annotations

import numpy as np

from hyperface.heads.numerics.arrays import Floats, Indices
from hyperface.heads.numerics.compiled import kernel

BACKGROUND = -1
_EDGE = np.float32(-1e-5)  # samples on an edge belong to both triangles, so that no seam is left open


@kernel
def place(points: Floats, turn: Floats, lens: Floats, transform: Floats) -> tuple[Floats, Floats, Floats]:
    """Points (n, 3) of a head where a camera has them: around the middle (n, 3), on the screen (n, 2), depth (n,).

    turn: (3, 3), head frame → camera frame. lens: the middle (3 numbers) in the camera's frame, and how far the origin
    is from the camera. transform: (2, 3), image plane → samples.
    """
    around = np.empty((points.shape[0], 3), np.float32)
    screen, depth = np.empty((points.shape[0], 2), np.float32), np.empty(points.shape[0], np.float32)
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        right = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
        away = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
        up = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
        around[n, 0], around[n, 1], around[n, 2] = right - lens[0], away - lens[1], up - lens[2]
        depth[n] = away + lens[3]
        across, down = right / depth[n], -up / depth[n]
        screen[n, 0] = transform[0, 0] * across + transform[0, 1] * down + transform[0, 2]
        screen[n, 1] = transform[1, 0] * across + transform[1, 1] * down + transform[1, 2]
    return around, screen, depth


@kernel
def rasterize(
    points: Floats, depth: Floats, triangles: Indices, height: int, width: int
) -> tuple[Indices, Floats, Floats]:
    """Nearest triangle that faces the viewer, at every sample.

    points: (v, 2), screen positions in samples. depth: (v,), positive. triangles: (t, 3), counter-clockwise seen from
    outside. Returns the triangle's index (height, width), BACKGROUND where there is none, the perspective-correct
    weights of its first two corners (height, width, 2), and the depth (height, width), +inf where there is none.
    """
    index = np.full((height, width), BACKGROUND, np.int32)
    weights = np.zeros((height, width, 2), np.float32)
    near = np.zeros((height, width), np.float32)  # 1 / depth, which is linear on the screen
    one, half = np.float32(1), np.float32(0.5)
    inverse_depth = one / depth
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area > np.float32(-1e-9):  # y points down: what faces the viewer has a negative area
            continue
        left, right = max(0, int(np.ceil(min(ax, bx, cx) - half))), min(width - 1, int(max(ax, bx, cx) - half))
        top, bottom = max(0, int(np.ceil(min(ay, by, cy) - half))), min(height - 1, int(max(ay, by, cy) - half))
        inverse = one / area
        u_step, v_step = (by - cy) * inverse, (cy - ay) * inverse
        pa, pb, pc = inverse_depth[a], inverse_depth[b], inverse_depth[c]
        x = np.float32(left) + half
        for row in range(top, bottom + 1):
            y = np.float32(row) + half
            u_left = ((bx - x) * (cy - y) - (cx - x) * (by - y)) * inverse
            v_left = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) * inverse
            for column in range(left, right + 1):
                along = np.float32(column - left)
                u, v = u_left + along * u_step, v_left + along * v_step
                if u < _EDGE or v < _EDGE or one - u - v < _EDGE:
                    continue
                q = pc + u * (pa - pc) + v * (pb - pc)
                if q > near[row, column]:
                    near[row, column] = q
                    index[row, column] = t
                    weights[row, column, 0], weights[row, column, 1] = u * pa / q, v * pb / q
    for row in range(height):
        for column in range(width):
            near[row, column] = one / near[row, column] if index[row, column] >= 0 else np.float32(np.inf)
    return index, weights, near


@kernel
def cover(points: Floats, depth: Floats, triangles: Indices, nearest: Floats) -> None:
    """Depth of the nearest surface seen in parallel projection, into `nearest` (size, size).

    What faces away is left out: of a closed surface it lies behind what does not. points: (v, 2), in samples, y
    upwards. depth: (v,).
    """
    size = nearest.shape[0]
    one, half = np.float32(1), np.float32(0.5)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if area < np.float32(1e-9):
            continue
        left, right = max(0, int(np.ceil(min(ax, bx, cx) - half))), min(size - 1, int(max(ax, bx, cx) - half))
        top, bottom = max(0, int(np.ceil(min(ay, by, cy) - half))), min(size - 1, int(max(ay, by, cy) - half))
        inverse = one / area
        u_step, v_step = (by - cy) * inverse, (cy - ay) * inverse
        first, second, third = depth[a] - depth[c], depth[b] - depth[c], depth[c]
        x = np.float32(left) + half
        for row in range(top, bottom + 1):
            y = np.float32(row) + half
            u_left = ((bx - x) * (cy - y) - (cx - x) * (by - y)) * inverse
            v_left = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) * inverse
            for column in range(left, right + 1):
                along = np.float32(column - left)
                u, v = u_left + along * u_step, v_left + along * v_step
                if u < _EDGE or v < _EDGE or one - u - v < _EDGE:
                    continue
                z = third + u * first + v * second
                if z < nearest[row, column]:
                    nearest[row, column] = z


@kernel
def cover_lines(points: Floats, depth: Floats, count: int, nearest: Floats) -> None:
    """Depth of polylines one sample wide, into `nearest` (size, size).

    points: (n, k, 2), n lines of k corners; the first `count` lines are drawn. depth: (n, k).
    """
    size = nearest.shape[0]
    for line in range(count):
        for corner in range(points.shape[1] - 1):
            x0, y0, z0 = points[line, corner, 0], points[line, corner, 1], depth[line, corner]
            dx, dy = points[line, corner + 1, 0] - x0, points[line, corner + 1, 1] - y0
            steps = int(max(abs(dx), abs(dy))) + 1
            each = np.float32(1) / np.float32(steps)
            dx, dy, dz = dx * each, dy * each, (depth[line, corner + 1] - z0) * each
            for step in range(steps):
                share = np.float32(step)
                column, row = int(x0 + share * dx), int(y0 + share * dy)
                if 0 <= column < size and 0 <= row < size:
                    z = z0 + share * dz
                    if z < nearest[row, column]:
                        nearest[row, column] = z


@kernel
def add_to(vertices: Floats, moved: Indices, strength: np.float32, far: Floats) -> None:
    """Move some of the vertices (v, 3) in place: those numbered `moved` (n,), by `strength` times `far` (n, 3)."""
    for n in range(moved.shape[0]):
        for axis in range(3):
            vertices[moved[n], axis] += strength * far[n, axis]


@kernel
def normals_of(vertices: Floats, triangles: Indices) -> Floats:
    """Unit normals (v, 3), area-weighted over the triangles around each vertex. Counter-clockwise is outside."""
    normals = np.zeros_like(vertices)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = (vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2])
        vx, vy, vz = (vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2])
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            normals[corner, 0] += nx
            normals[corner, 1] += ny
            normals[corner, 2] += nz
    for v in range(len(vertices)):
        nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
        length = np.float32(1) / (np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-12))
        normals[v, 0], normals[v, 1], normals[v, 2] = nx * length, ny * length, nz * length
    return normals


def grid_triangles(rows: int, columns: int) -> Indices:
    """Two triangles per cell of a grid of vertices numbered row by row: (2 (rows − 1) (columns − 1), 3)."""
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel()
    return np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)]).astype(np.int32)
