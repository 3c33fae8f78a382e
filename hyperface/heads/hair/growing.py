"""Growing hair: a style's strands on the mean head, once for a process.

A strand starts on the scalp, is combed along it, falls under its weight, and is kept outside the head. Coiled hair
stands out instead. Positions are metres of the head's frame (see model).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hyperface.heads.hair.hairline import AXIS_Y, above_mean_line, around
from hyperface.heads.hair.hairstyles import HairStyle
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.numerics.noise import smooth_step
from hyperface.heads.numerics.raster import normals_of
from hyperface.heads.shape.model import SKIN, load_head_model

if TYPE_CHECKING:
    from scipy.spatial import KDTree

CORNERS = 12  # of a strand
COIL_CORNERS = 23  # of a coil; every other one makes a coil as well, for small pictures
STRANDS = 9000  # grown for a style; any first part of them is spread evenly
CROWN = floats([0.0, 0.135, 0.095])  # where hair turns around
_HEART = floats([0.0, 0.085, 0.035])  # the middle of the skull, which coils stand away from
_BUN = floats([0.0, 0.185, 0.02])  # where tied hair goes
_LOCKS = 420
_LOWEST = 0.020  # metres below the mean hairline at which hair may still begin


@dataclass(frozen=True)
class Growth:
    """A style's strands on the mean head. n strands, k corners."""

    points: Floats  # (n, k, 3)
    nearest: Indices  # (n, k) vertex of the head that each corner lies over
    inside: Floats  # (n, k) 0 at the outside of the hair … 1 at its roots
    hairline: Floats  # (n,) metres by which the root lies above the mean hairline
    angle: Floats  # (n,) radians of the root around the head from straight ahead
    kind: Floats  # (n,) uniform in [0, 1): differs from strand to strand
    lock: Floats  # (n,) uniform in [0, 1): the same for neighbours
    bulk: Floats  # (n,) 0 a thread to be seen … 1 one that fills the hair's inside


@dataclass(frozen=True)
class _Scalp:
    """Roots of n strands on the mean head, and how hair stands there in a style."""

    tree: KDTree  # of the skin's vertices
    skin: Indices
    normals: Floats  # (v, 3)
    roots: Floats  # (n, 3)
    nearest: Indices  # (n,)
    angle: Floats  # (n,) as in Growth
    above: Floats  # (n,) Growth.hairline
    high: Floats  # (n,) 0 at the sides and the back … 1 on top
    layer: Floats  # (n,) 0 inside the hair … 1 outside
    volume: Floats  # (n,) metres


@lru_cache(maxsize=32)
def grow(style: HairStyle) -> Growth:
    """Grow a style's strands on the mean head."""
    rng = np.random.default_rng(11)
    scalp = _scalp(style, rng)
    lock, guides = _locks(scalp.roots, rng)
    kind = rng.random(len(scalp.roots)).astype(np.float32)
    bulk = smooth_step(0.34, 0.10, scalp.layer)
    if style.comb == "out":
        points, inside, bulk = _coils(scalp, rng)
        over = np.repeat(scalp.nearest[:, None], COIL_CORNERS, axis=1)
    else:
        points, over = _combed_out(style, scalp, rng)
        strength = np.float32(0.75 if style.top > 0.1 else 0.4) * rng.uniform(0.2, 1, (len(points), 1, 1))
        share = np.linspace(0, 1, CORNERS)[None, :, None]
        points = points + (strength * share).astype(np.float32) * (points[guides] - points)
        inside = floats((1 - scalp.layer)[:, None] * np.linspace(1, 0.55, CORNERS))
        inside[:, 0] = 1
    return Growth(floats(points), over.astype(np.int32), floats(inside), scalp.above, scalp.angle, kind, lock, bulk)


def _scalp(style: HairStyle, rng: np.random.Generator) -> _Scalp:
    from scipy.spatial import KDTree

    head = load_head_model()
    skin = np.unique(head.triangles[head.parts == SKIN])
    tree = KDTree(head.mean[skin])
    roots = _roots(rng)
    above = above_mean_line(roots)
    high = smooth_step(0.02, 0.085, roots[:, 2])
    volume = style.side_volume + (style.volume - style.side_volume) * high
    volume = volume * (0.15 + 0.85 * smooth_step(0.0, 0.022, above))
    return _Scalp(tree, skin, normals_of(head.mean, head.triangles), roots, skin[tree.query(roots)[1]], around(roots),
                  above, high, rng.random(len(roots)).astype(np.float32), floats(volume))  # fmt: skip


def _combed_out(style: HairStyle, scalp: _Scalp, rng: np.random.Generator) -> tuple[Floats, Indices]:
    """Strands (n, k, 3) that leave the skin, follow the comb and fall, and the vertices (n, k) they lie over."""
    head, tree, skin, normals = load_head_model(), scalp.tree, scalp.skin, scalp.normals
    front = scalp.angle < np.deg2rad(64)
    length = style.side + (style.top - style.side) * scalp.high
    if style.fringe:
        reach = _to_hairline(scalp) + style.fringe * rng.uniform(0.8, 1.1, len(length))
        length = np.where(front, np.minimum(length, reach), length)
    if style.top < 0.08:
        length = length * (0.25 + 0.75 * smooth_step(0.0, 0.022, scalp.above))
    length = floats(length * rng.uniform(0.8, 1.05, len(length)))
    height = 0.0006 + scalp.volume * (0.25 + 0.75 * np.sqrt(scalp.layer))
    step = (length / (CORNERS - 1))[:, None]
    point, nearest = scalp.roots, scalp.nearest
    direction = normals[nearest]
    points, over = [point], [nearest]
    for corner in range(1, CORNERS):
        share = corner / (CORNERS - 1)
        wish = _combed(style.comb, point, normals[nearest])
        fall = floats([0, 0, -style.weight * (0.4 + 1.6 * share)])
        loose = smooth_step(0.03, -0.02, point[:, 2])[:, None]  # below the scalp, hair hangs
        pulled = (
            0.55 * direction + (1 - 0.8 * loose) * wish + fall + floats([0, 0, -1.2]) * loose * (style.weight > 0.05)
        )
        rough = np.where(length > 0.1, 0.035, 0.09)[:, None]
        pulled = pulled + rough * rng.standard_normal(direction.shape)
        direction = floats(pulled / (np.linalg.norm(pulled, axis=1, keepdims=True) + 1e-6))
        point = floats(point + step * direction)
        nearest = skin[tree.query(point)[1]]
        normal = normals[nearest]
        apart = ((point - head.mean[nearest]) * normal).sum(axis=1)
        wanted = height * min(1.0, 0.35 + 2.2 * share)
        lift = np.clip(wanted - apart, -0.35 * step[:, 0] * (style.comb in ("tied", "back")), 0.03)
        point = floats(point + lift[:, None] * normal)
        if style.side > 0.05:
            point = _off_the_face(point, style.front, scalp.above, style.fringe > 0, front)
        points.append(point)
        over.append(nearest)
    return floats(np.stack(points, axis=1)), np.stack(over, axis=1).astype(np.int32)


def _to_hairline(scalp: _Scalp) -> Floats:
    """Metres (n,) over the scalp from each root to the hairline below it."""
    radius = np.hypot(scalp.roots[:, 0], scalp.roots[:, 1] - AXIS_Y)
    line = np.flatnonzero(np.abs(scalp.above) < 0.003)
    line = line[np.argsort(scalp.angle[line])]
    at_line = np.interp(scalp.angle, scalp.angle[line], radius[line])
    return floats(1.12 * np.hypot(at_line - radius, np.maximum(scalp.above, 0)))


def _coils(scalp: _Scalp, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Tightly coiled hair: points (n, k, 3), inside (n, k) and bulk (n,).

    Three in ten strands are thick posts that fill the hair up to just below its surface; the others are short
    pieces of coil that make the surface, each where its root's hair would be.
    """
    count, share = len(scalp.roots), np.linspace(0, 1, COIL_CORNERS, dtype=np.float32)
    outward = scalp.roots - _HEART
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    outward = floats(0.35 * scalp.normals[scalp.nearest] + 0.65 * outward)
    uneven = 1 + 0.10 * np.sin(scalp.roots @ floats([170, 130, 150])) * np.sin(scalp.roots @ floats([-110, 160, 90]))
    depth = floats(scalp.volume * uneven)
    post = scalp.layer < 0.30
    posts = scalp.roots[:, None] + (depth[:, None] * 0.74 * share)[..., None] * outward[:, None]
    level = 1 - 0.5 * rng.random(count) ** 1.3
    center = scalp.roots + (depth * level)[:, None] * outward
    axes = rng.standard_normal((3, count, 3))
    axes /= np.linalg.norm(axes, axis=2, keepdims=True)
    radius = np.minimum(rng.uniform(0.0008, 0.0018, count), 0.16 * depth + 0.0003)[:, None, None]
    turn = (2 * np.pi * rng.uniform(1.4, 2.2, count)[:, None] * share + 6.3 * rng.random(count)[:, None])[..., None]
    coil = (
        np.cos(turn) * axes[0][:, None]
        + np.sin(turn) * axes[1][:, None]
        + 3.0 * (share[:, None] - 0.5) * axes[2][:, None]
    )
    points = np.where(post[:, None, None], posts, center[:, None] + radius * coil)
    inside = np.repeat(np.where(post, 0.45, 1.0 * (1 - level))[:, None], COIL_CORNERS, axis=1)
    return floats(points), floats(inside), post.astype(np.float32)


def _locks(roots: Floats, rng: np.random.Generator) -> tuple[Floats, Indices]:
    """Of each strand a number of its lock (n,), uniform in [0, 1), and the strand (n,) that leads the lock."""
    from scipy.spatial import KDTree

    guides = rng.choice(len(roots), min(_LOCKS, len(roots)), replace=False)
    mine = KDTree(roots[guides]).query(roots)[1]
    return rng.random(len(guides)).astype(np.float32)[mine], guides[mine].astype(np.int32)


def _roots(rng: np.random.Generator) -> Floats:
    """(n, 3) places on the mean head where hair may grow, evenly spread, in random order."""
    head = load_head_model()
    skin = head.triangles[head.parts == SKIN]
    corners = head.mean[skin]  # (t, 3, 3)
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    middle = corners.mean(axis=1)
    uv = head.corner_uv[head.parts == SKIN].mean(axis=1)
    rows = ((0.86 - uv[:, 1]) * 720).clip(0, head.ears.shape[0] - 1).astype(int)
    columns = ((uv[:, 0] - 0.62) * 720).clip(0, head.ears.shape[1] - 1).astype(int)
    bare = (head.ears[rows, columns] > 60) | (above_mean_line(middle) < -_LOWEST) | (uv[:, 0] < 0.62)
    area[bare] = 0
    chosen = rng.choice(len(area), STRANDS, p=area / area.sum())
    u, v = rng.random((2, STRANDS, 1)).astype(np.float32)
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    picked = corners[chosen]
    return np.asarray(picked[:, 0] * (1 - u - v) + picked[:, 1] * u + picked[:, 2] * v, np.float32)


def _combed(comb: str, point: Floats, normal: Floats) -> Floats:
    """Where the comb takes hair at points (n, 3): unit vectors along the scalp."""
    if comb == "out":
        return normal
    away = point - CROWN
    if comb == "tied":
        away = _BUN - point
    elif comb == "back":
        away = floats([0, 1, 0.15]) + floats([0.25, 0, 0]) * np.sign(point[:, :1])
    elif comb in ("left", "right", "middle"):
        part = {"left": 0.026, "right": -0.026, "middle": 0.0}[comb]
        sideways = np.clip((point[:, :1] - part) / 0.012, -1, 1)
        behind = smooth_step(0.06, 0.13, point[:, 1:2])
        toward = np.concatenate([sideways, np.full_like(sideways, 0.30), np.zeros_like(sideways)], axis=1)
        away = toward * (1 - behind) + behind * away / (np.linalg.norm(away, axis=1, keepdims=True) + 1e-6)
    along = away - (away * normal).sum(axis=1, keepdims=True) * normal
    return np.asarray(along / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6), np.float32)


def _off_the_face(point: Floats, degrees: float, above: Floats, fringed: bool, front: np.ndarray) -> Floats:
    """Turn hanging hair around the head's axis until it is clear of the face."""
    radius = np.hypot(point[:, 0], point[:, 1] - AXIS_Y)
    turn = np.arctan2(point[:, 0], AXIS_Y - point[:, 1])
    clear = (
        np.deg2rad(degrees)
        * smooth_step(0.062, 0.018, point[:, 2])
        * (1 - 0.10 * smooth_step(-0.05, -0.12, point[:, 2]))
    )
    held = np.abs(turn) < clear
    if fringed:
        held &= ~front
    turn = np.where(held, np.where(turn < 0, -clear, clear), turn)
    out = point.copy()
    out[:, 0], out[:, 1] = radius * np.sin(turn), AXIS_Y - radius * np.cos(turn)
    return out
