"""Light on surfaces: what of its surroundings each point of a head sees, and the map of one key light's shadows."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from hyperface.heads.light.lamps import Light
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.numerics.compiled import kernel
from hyperface.heads.numerics.raster import cover, cover_lines

DIRECTIONS = 40
REACH = 0.21  # metres around the head's middle that the maps cover
_OCCLUSION_MAP = 96  # samples a side; 4 mm each over a head
# Bayer's order of the samples of a square of four by four: near ones are far apart in it.
_ORDER = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5])
_BIAS = 0.004  # metres; less and surfaces shadow themselves


@lru_cache(maxsize=4)
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


def visibility(vertices: Floats, normals: Floats, triangles: Indices, strands: Floats, directions: Floats) -> Floats:
    """max(0, n·d) where vertex v sees direction d, else 0: (v, k).

    strands: (n, m, 3) lines that hide half of what is behind them; n may be 0.
    """
    size = _OCCLUSION_MAP
    out = np.zeros((len(vertices), len(directions)), np.float32)
    nearest, hair = np.empty((size, size), np.float32), np.empty((size, size), np.float32)
    for k, direction in enumerate(directions):
        axes = _axes_toward(direction)
        nearest.fill(np.inf)
        hair.fill(np.inf)
        points, depth = _seen(vertices, axes, size)
        cover(points, depth, triangles, nearest)
        if len(strands):
            lines, line_depth = _seen(strands, axes, size)
            cover_lines(lines, line_depth, len(strands), hair)
        _add_visible(points, depth, normals, axes, nearest, hair, k, out)
    return out


@kernel
def _add_visible(
    points: Floats, depth: Floats, normals: Floats, axes: Floats, nearest: Floats, hair: Floats, k: int, out: Floats
) -> None:
    """Into column k of out (v, k): how directly each vertex sees the direction that the map is of."""
    size, one = nearest.shape[0], np.float32(1)
    for v in range(points.shape[0]):
        cosine = -(normals[v, 0] * axes[2, 0] + normals[v, 1] * axes[2, 1] + normals[v, 2] * axes[2, 2])
        if cosine <= 0:
            continue
        column, row = int(points[v, 0]), int(points[v, 1])
        if 0 <= column < size and 0 <= row < size:
            limit = depth[v] - np.float32(_BIAS) - np.float32(0.004) * (one - cosine)
            if nearest[row, column] < limit:
                continue
            if hair[row, column] < limit:
                cosine *= np.float32(0.35)
        out[v, k] = cosine


def _seen(places: Floats, axes: Floats, size: int) -> tuple[Floats, Floats]:
    """Places (…, 3) as they lie on a map of so many samples a side: points (…, 2) in samples, and depth (…)."""
    points, depth = np.empty((*places.shape[:-1], 2), np.float32), np.empty(places.shape[:-1], np.float32)
    _project(places.reshape(-1, 3), axes, np.float32(size / (2 * REACH)), points.reshape(-1, 2), depth.reshape(-1))
    return points, depth


@kernel
def _project(places: Floats, axes: Floats, scale: np.float32, points: Floats, depth: Floats) -> None:
    reach = np.float32(REACH)
    for v in range(places.shape[0]):
        x, y, z = places[v, 0], places[v, 1], places[v, 2]
        points[v, 0] = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] + reach) * scale
        points[v, 1] = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2] + reach) * scale
        depth[v] = x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2]


@kernel
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


@kernel
def _axes_toward(d: Floats) -> Floats:
    """(3, 3): two unit vectors across the direction d of a light, and the way away from it."""
    axes = np.zeros((3, 3), np.float32)
    length = np.sqrt(d[0] * d[0] + d[1] * d[1])
    axes[0, 0] = np.float32(1)
    if length > np.float32(1e-6):
        axes[0, 0], axes[0, 1] = -d[1] / length, d[0] / length
    axes[1, 0], axes[1, 1] = -d[2] * axes[0, 1], d[2] * axes[0, 0]
    axes[1, 2] = d[0] * axes[0, 1] - d[1] * axes[0, 0]
    axes[2, 0], axes[2, 1], axes[2, 2] = -d[0], -d[1], -d[2]
    return axes


def light_axes(light: Light) -> Floats:
    """(3, 3): two unit vectors across the key light's direction, and the way away from the light."""
    return floats(_axes_toward(light.key_direction))


def shadow_map(vertices: Floats, triangles: Indices, strands: Floats, axes: Floats, size: int) -> Floats:
    """Depth seen from the key light (size, size), +inf where nothing is. strands: (n, k, 3)."""
    nearest = np.full((size, size), np.inf, np.float32)
    points, depth = _seen(vertices, axes, size)
    cover(points, depth, triangles, nearest)
    if len(strands):
        lines, line_depth = _seen(strands, axes, size)
        cover_lines(lines, line_depth, len(strands), nearest)
    return nearest


def shadow_taps(softness: float, size: int, count: int = 12) -> Floats:
    """(16, count, 2) offsets in samples of the shadow map over which a soft light is spread.

    The sixteen sets are one, turned: samples that lie side by side look at other places, and a picture's pixels, which
    are means of several samples, show no stripes.
    """
    radius = (0.004 + 0.022 * softness) * size / (2 * REACH) / 2
    turn = math.pi * (3 - 5**0.5) * np.arange(count)  # the golden angle: no two taps in line
    away = radius * np.sqrt((np.arange(count) + 0.5) / count)
    turns = turn + 2 * math.pi / _ORDER.size * _ORDER[:, None]
    return np.stack([away * np.cos(turns), away * np.sin(turns)], axis=2).astype(np.float32)
