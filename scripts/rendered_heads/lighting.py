"""Light on surfaces: soft surroundings with occlusion per vertex, one key light with a shadow map per sample."""

import numpy as np
from numba import njit

from .capture import Light
from .raster import depth_map

DIRECTIONS = 32
_OCCLUSION_MAP = 96  # samples a side; 4 mm each over a head
_SHADOW_MAP = 320
_REACH = 0.19  # metres around the scene's centre that the maps cover
_BIAS = 0.004  # metres; less and surfaces shadow themselves


def sphere_directions(count: int = DIRECTIONS) -> np.ndarray:
    """Evenly spread unit vectors (count, 3): the Fibonacci lattice."""
    k = np.arange(count) + 0.5
    height, angle = 1 - 2 * k / count, np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(angle), ring * np.sin(angle), height], axis=1).astype(np.float32)


def surroundings(light: Light, directions: np.ndarray) -> np.ndarray:
    """Radiance (…, 3) arriving from directions (…, 3), the key light left out."""
    up = (0.5 + 0.5 * directions[..., 2:3]).astype(np.float32)
    radiance = light.ground * (1 - up) + light.sky * up
    for direction, sharpness, color in light.lobes:
        radiance = radiance + color * np.exp(sharpness * (directions @ direction - 1))[..., None]
    return radiance.astype(np.float32)


def soft_irradiance(vertices: np.ndarray, normals: np.ndarray, triangles: np.ndarray, light: Light) -> np.ndarray:
    """Irradiance/π (v, 3) from the surroundings, shadowed by the scene itself: 1 in the open under radiance 1."""
    directions = sphere_directions()
    visible = _visibility(vertices, normals, triangles, directions)  # (v, k)
    return visible @ surroundings(light, directions) * np.float32(4 / len(directions))


@njit(cache=True)
def _visibility(vertices: np.ndarray, normals: np.ndarray, triangles: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """max(0, n·d) where vertex v sees direction d, else 0: float32 (v, k)."""
    out = np.zeros((len(vertices), len(directions)), np.float32)
    points = np.empty((len(vertices), 2), np.float32)
    depth = np.empty(len(vertices), np.float32)
    scale = _OCCLUSION_MAP / (2 * _REACH)
    for k in range(len(directions)):
        d = directions[k]
        ax, ay, bx, by, bz = _plane_axes(d)
        for v in range(len(vertices)):
            x, y, z = vertices[v]
            points[v, 0] = (x * ax + y * ay + _REACH) * scale
            points[v, 1] = (x * bx + y * by + z * bz + _REACH) * scale
            depth[v] = -(x * d[0] + y * d[1] + z * d[2])
        nearest = depth_map(points, depth, triangles, _OCCLUSION_MAP)
        for v in range(len(vertices)):
            cosine = normals[v, 0] * d[0] + normals[v, 1] * d[1] + normals[v, 2] * d[2]
            if cosine <= 0:
                continue
            column, row = int(points[v, 0]), int(points[v, 1])
            hidden = (
                0 <= column < _OCCLUSION_MAP
                and 0 <= row < _OCCLUSION_MAP
                and nearest[row, column] < depth[v] - _BIAS - 0.004 * (1 - cosine)
            )
            if not hidden:
                out[v, k] = cosine
    return out


@njit(cache=True)
def _plane_axes(d: np.ndarray) -> tuple[float, float, float, float, float]:
    """Two unit vectors across d: (ax, ay, 0) and (bx, by, bz)."""
    length = np.sqrt(d[0] * d[0] + d[1] * d[1])
    if length < 1e-6:
        return 1.0, 0.0, 0.0, d[2], 0.0
    ax, ay = -d[1] / length, d[0] / length
    return ax, ay, -d[2] * ay, d[2] * ax, d[0] * ay - d[1] * ax


def key_visibility(
    vertices: np.ndarray, triangles: np.ndarray, points: np.ndarray, light: Light, rng: np.random.Generator
) -> np.ndarray:
    """Share (n,) of the key light that reaches surface points (n, 3)."""
    d = light.key_direction.astype(np.float32)
    ax, ay, bx, by, bz = _plane_axes(d)
    axes = np.array([[ax, ay, 0], [bx, by, bz]], np.float32)
    scale = _SHADOW_MAP / (2 * _REACH)
    nearest = depth_map((vertices @ axes.T + _REACH) * scale, -(vertices @ d), triangles, _SHADOW_MAP)
    places = (points @ axes.T + _REACH) * scale  # (n, 2)
    depth = -(points @ d) - _BIAS
    radius = 1.0 + 7.0 * light.softness
    taps = radius * np.sqrt((np.arange(9) + 0.5) / 9)[:, None] * _ring(9, rng.uniform(0, 2 * np.pi))
    share = np.zeros(len(points), np.float32)
    for tap in taps.astype(np.float32):
        column, row = np.clip(places + tap, 0, _SHADOW_MAP - 1).astype(np.int32).T
        share += nearest[row, column] >= depth - 0.0012 * radius * 0.3
    return share / len(taps)


def highlight(
    light: Light,
    normal: np.ndarray,
    to_camera: np.ndarray,
    key: np.ndarray,
    openness: np.ndarray,
    strength: np.ndarray,
    sharpness: np.ndarray,
) -> np.ndarray:
    """Mirrored light (n, 3): Blinn–Phong for the key, Schlick's Fresnel term for the surroundings.

    normal, to_camera: unit (n, 3). key: (n,) share of the key light that arrives. openness: (n,) share of the
    surroundings that is not hidden. strength: (n,) reflectance seen head-on. sharpness: (n,) Blinn–Phong exponent.
    """
    half = to_camera + light.key_direction.astype(np.float32)
    half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    facing = np.clip((normal * to_camera).sum(axis=1), 0, 1)
    fresnel = strength + (1 - strength) * 0.35 * (1 - facing) ** 5
    peak = np.clip((normal * half).sum(axis=1), 0, 1) ** sharpness * (sharpness + 8) / 8  # keeps its energy
    mirrored = 2 * facing[:, None] * normal - to_camera
    around = surroundings(light, mirrored) * (0.6 * fresnel * openness)[:, None]
    return (light.key * (key * peak * strength)[:, None] + around).astype(np.float32)


def _ring(count: int, start: float) -> np.ndarray:
    angle = start + np.pi * (3 - 5**0.5) * np.arange(count)  # the golden angle: no two taps in line
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)
