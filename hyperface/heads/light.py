"""Light on surfaces: what of its surroundings each point of a head sees, and the map of one key light's shadows."""

from __future__ import annotations

import math

import numba
import numpy as np

from hyperface.heads.arrays import Floats, Indices, floats
from hyperface.heads.lamps import Light
from hyperface.heads.raster import cover, cover_lines

DIRECTIONS = 40
REACH = 0.21  # metres around the head's middle that the maps cover
_OCCLUSION_MAP = 96  # samples a side; 4 mm each over a head
_BIAS = 0.004  # metres; less and surfaces shadow themselves


def sphere_directions(count: int = DIRECTIONS) -> Floats:
    """Evenly spread unit vectors (count, 3): the Fibonacci lattice."""
    k = np.arange(count) + 0.5
    height, angle = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=1).astype(np.float32)


def surroundings(light: Light, directions: Floats) -> Floats:
    """Radiance (n, 3) arriving from directions (n, 3), the key light left out."""
    up = 0.5 + 0.5 * directions[:, 2:3]
    radiance = light.ground * (1 - up) + light.sky * up
    sharp = np.exp(light.lobe_sharpness * (directions @ light.lobe_directions.T - 1))  # (n, k)
    return (radiance + sharp @ light.lobes).astype(np.float32)


@numba.njit(cache=True, fastmath=True)
def visibility(vertices: Floats, normals: Floats, triangles: Indices, strands: Floats, directions: Floats) -> Floats:
    """max(0, n·d) where vertex v sees direction d, else 0: (v, k).

    strands: (n, m, 3) lines that hide half of what is behind them; n may be 0.
    """
    size = _OCCLUSION_MAP
    out = np.zeros((len(vertices), len(directions)), np.float32)
    points = np.empty((len(vertices), 2), np.float32)
    depth = np.empty(len(vertices), np.float32)
    lines = np.empty((strands.shape[0], strands.shape[1], 2), np.float32)
    line_depth = np.empty((strands.shape[0], strands.shape[1]), np.float32)
    scale = np.float32(size / (2 * REACH))
    reach = np.float32(REACH)
    for k in range(len(directions)):
        d = directions[k]
        ax, ay, bx, by, bz = plane_axes(d)
        for v in range(len(vertices)):
            x, y, z = vertices[v, 0], vertices[v, 1], vertices[v, 2]
            points[v, 0] = (x * ax + y * ay + reach) * scale
            points[v, 1] = (x * bx + y * by + z * bz + reach) * scale
            depth[v] = -(x * d[0] + y * d[1] + z * d[2])
        nearest = np.full((size, size), np.inf, np.float32)
        cover(points, depth, triangles, nearest)
        hair = np.full((size, size), np.inf, np.float32)
        if strands.shape[0] > 0:
            for i in range(strands.shape[0]):
                for j in range(strands.shape[1]):
                    x, y, z = strands[i, j, 0], strands[i, j, 1], strands[i, j, 2]
                    lines[i, j, 0] = (x * ax + y * ay + reach) * scale
                    lines[i, j, 1] = (x * bx + y * by + z * bz + reach) * scale
                    line_depth[i, j] = -(x * d[0] + y * d[1] + z * d[2])
            cover_lines(lines, line_depth, strands.shape[0], hair)
        for v in range(len(vertices)):
            cosine = normals[v, 0] * d[0] + normals[v, 1] * d[1] + normals[v, 2] * d[2]
            if cosine <= 0:
                continue
            column, row = int(points[v, 0]), int(points[v, 1])
            if 0 <= column < size and 0 <= row < size:
                limit = depth[v] - np.float32(_BIAS) - np.float32(0.004) * (1 - cosine)
                if nearest[row, column] < limit:
                    continue
                if hair[row, column] < limit:
                    cosine *= np.float32(0.35)
            out[v, k] = cosine
    return out


@numba.njit(cache=True, fastmath=True)
def hollowness(vertices: Floats, normals: Floats, triangles: Indices) -> Floats:
    """Share of light (v,) left in creases that are finer than the maps: 1 where the surface is flat or bulges."""
    middle = np.zeros_like(vertices)
    count = np.zeros(len(vertices), np.float32)
    edge = np.zeros(len(vertices), np.float32)
    for t in range(triangles.shape[0]):
        for corner in range(3):
            a, b = triangles[t, corner], triangles[t, (corner + 1) % 3]
            far = np.float32(0)
            for axis in range(3):
                middle[a, axis] += vertices[b, axis]
                middle[b, axis] += vertices[a, axis]
                far += (vertices[a, axis] - vertices[b, axis]) ** 2
            far = np.sqrt(far)
            count[a] += 1
            count[b] += 1
            edge[a] += far
            edge[b] += far
    out = np.ones(len(vertices), np.float32)
    for v in range(len(vertices)):
        if count[v] > 0:
            deep = np.float32(0)
            for axis in range(3):
                deep += (middle[v, axis] / count[v] - vertices[v, axis]) * normals[v, axis]
            deep = deep * count[v] / (edge[v] + np.float32(1e-9))
            out[v] = max(np.float32(1) - np.float32(2.4) * max(deep, np.float32(0)), np.float32(0.3))
    return out


@numba.njit(cache=True, fastmath=True)
def plane_axes(d: Floats) -> tuple[float, float, float, float, float]:
    """Two unit vectors across d: (ax, ay, 0) and (bx, by, bz)."""
    length = np.sqrt(d[0] * d[0] + d[1] * d[1])
    if length < 1e-6:
        return 1.0, 0.0, 0.0, d[2], 0.0
    ax, ay = -d[1] / length, d[0] / length
    return ax, ay, -d[2] * ay, d[2] * ax, d[0] * ay - d[1] * ax


def light_axes(light: Light) -> Floats:
    """(3, 3): two unit vectors across the key light's direction, and the way away from the light."""
    ax, ay, bx, by, bz = plane_axes(light.key_direction)
    return np.stack([floats([ax, ay, 0]), floats([bx, by, bz]), -light.key_direction])


def shadow_map(vertices: Floats, triangles: Indices, strands: Floats, axes: Floats, size: int) -> Floats:
    """Depth seen from the key light (size, size), +inf where nothing is. strands: (n, k, 3)."""
    nearest = np.full((size, size), np.inf, np.float32)
    scale = np.float32(size / (2 * REACH))
    seen = vertices @ axes.T
    cover((seen[:, :2] + np.float32(REACH)) * scale, np.ascontiguousarray(seen[:, 2]), triangles, nearest)
    if len(strands):
        seen = (strands.reshape(-1, 3) @ axes.T).reshape(strands.shape)
        places = (seen[..., :2] + np.float32(REACH)) * scale
        cover_lines(np.ascontiguousarray(places), np.ascontiguousarray(seen[..., 2]), len(strands), nearest)
    return nearest


def shadow_taps(softness: float, size: int, count: int = 12) -> Floats:
    """(count, 2) offsets in samples of the shadow map over which a soft light is spread."""
    radius = (0.004 + 0.022 * softness) * size / (2 * REACH) / 2
    turn = math.pi * (3 - 5**0.5) * np.arange(count)  # the golden angle: no two taps in line
    away = radius * np.sqrt((np.arange(count) + 0.5) / count)
    return np.stack([away * np.cos(turn), away * np.sin(turn)], axis=1).astype(np.float32)
