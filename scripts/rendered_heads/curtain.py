"""Long hair: a sheet of strands that hangs from the cap, wrapped around the head.

Positions are metres of the head's frame (see head_model); angles around the vertical axis are 0 straight ahead.
"""

import numpy as np
from scipy.spatial import KDTree

from .noise import smooth_noise, smooth_step
from .raster import grid_triangles

HEAD_AXIS_Y = 0.065  # the vertical axis that hair turns around, above the ears
ROWS, COLUMNS = 20, 56
CHART = (96, 640)  # texels, along the strands × around the head
_TOP = 0.085  # height at which strands leave the cap
_HEAD_RADIUS = 0.09  # turns angles into lengths where both are compared


def hang_curtain(
    length: float, front: float, scalp: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices (v, 3), triangles (t, 3) and their corners' chart columns and rows (t, 3, 2).

    length: how far below the eyes it hangs. front: degrees at which it begins, on both sides of the face.
    scalp: (n, 3) points of the cap that it hangs from.
    """
    length = length * rng.uniform(0.85, 1.15)
    down = np.linspace(0, 1, ROWS)[:, None] ** 1.2  # (rows, 1), closer together near the top
    z = _TOP - down * (_TOP + length)
    front = np.deg2rad(front + rng.uniform(-6, 6)) - 0.10 * down + 0.25 * smooth_step(0.35, 0.0, down)
    across = np.linspace(0, 1, COLUMNS)[None]  # (1, columns)
    turn = front + across * 2 * (np.pi - front)  # (rows, columns)

    radius = _cap_radius(scalp, turn, np.maximum(z, 0.0) + 0 * turn)  # below the scalp, hair falls straight down
    radius = np.maximum.accumulate(radius, axis=0)  # and never back inwards
    edge = smooth_step(0.0, 0.10, np.minimum(across, 1 - across))
    bulge = rng.uniform(0.004, 0.014) * np.sin(np.pi * np.clip(down * 1.1, 0, 1)) ** 0.7 * (0.3 + 0.7 * edge)
    waves = rng.uniform(0, 0.004) * np.sin(turn * rng.integers(8, 16) + down * rng.uniform(0, 9)) * down
    clear_of_ears = 0.010 * smooth_step(0.05, 0.0, z) * smooth_step(-0.10, -0.04, z)
    tucked_in = 0.002 * (1 - smooth_step(0.0, 0.2, down))
    radius = radius - tucked_in + bulge + waves + clear_of_ears
    x, y = radius * np.sin(turn), HEAD_AXIS_Y - radius * np.cos(turn)
    vertices = np.stack([x, y, np.broadcast_to(z, x.shape)], axis=-1).reshape(-1, 3).astype(np.float32)

    triangles = grid_triangles(ROWS, COLUMNS)
    rows, columns = np.divmod(triangles, COLUMNS)
    texels = np.stack([columns * (CHART[1] / (COLUMNS - 1)), rows * (CHART[0] / (ROWS - 1))], axis=-1)
    return vertices, triangles, texels


def curtain_opacity(strands: np.ndarray, locks: np.ndarray) -> np.ndarray:
    """(h, w) over CHART: frayed at the front edges and at the ends. strands, locks: fine and coarse noise (h, w)."""
    rows, columns = CHART
    down, across = np.mgrid[0:rows, 0:columns] / np.array([rows, columns]).reshape(2, 1, 1)
    edge = np.minimum(across, 1 - across) + 0.012 * locks + 0.008 * strands
    ends = 1 - down + 0.05 * locks + 0.05 * strands
    return smooth_step(0.0, 0.022, edge) * smooth_step(0.0, 0.08, ends) * smooth_step(0.0, 0.15, down)


def curtain_noise(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Strands and locks (h, w) over CHART: noise that changes across, not along."""
    return smooth_noise(rng, CHART, (3, 240)), smooth_noise(rng, CHART, (2, 40))


def _cap_radius(scalp: np.ndarray, turn: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Distance of the cap from the axis at angles and heights of one shape, from its six nearest points."""
    scalp_turn = np.arctan2(scalp[:, 0], HEAD_AXIS_Y - scalp[:, 1])
    scalp_radius = np.hypot(scalp[:, 0], scalp[:, 1] - HEAD_AXIS_Y)
    tree = KDTree(_on_cylinder(scalp_turn, scalp[:, 2]))
    distance, nearest = tree.query(_on_cylinder(turn, z), k=6)
    share = 1 / (distance + 0.003)
    return (scalp_radius[nearest] * share).sum(axis=-1) / share.sum(axis=-1)


def _on_cylinder(turn: np.ndarray, z: np.ndarray) -> np.ndarray:
    return np.stack([_HEAD_RADIUS * np.cos(turn), _HEAD_RADIUS * np.sin(turn), z], axis=-1)
