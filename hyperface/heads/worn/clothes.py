"""Neck, shoulders and what is worn on them: below the head's own mesh, in a frame that stands upright.

The frame's origin lies in the middle of the neck's lower edge: x to the person's left, y backwards, z up; metres.
Shapes are made once for a kind of clothes; a picture adds the colours and the width of the person's neck.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from hyperface.heads.identity.coordinates import Person
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.numerics.noise import smooth_noise, smooth_step
from hyperface.heads.numerics.raster import grid_triangles, normals_of
from hyperface.heads.shape.model import SKIN, load_head_model
from hyperface.heads.worn.solids import Solid, joined

KINDS = ("crew", "deep", "shirt", "turtleneck", "hood", "jacket")
_SHARES = ((0.30, 0.10, 0.26, 0.06, 0.12, 0.16), (0.28, 0.30, 0.12, 0.10, 0.08, 0.12))  # men's, women's
_COLORS = {  # linear RGB, and how often each is met
    "black": ((0.012, 0.012, 0.013), 22), "white": ((0.68, 0.67, 0.65), 15), "gray": ((0.18, 0.18, 0.185), 13),
    "navy": ((0.012, 0.018, 0.045), 12), "denim": ((0.05, 0.09, 0.17), 7), "sky": ((0.27, 0.40, 0.56), 6),
    "beige": ((0.45, 0.37, 0.27), 6), "brown": ((0.07, 0.04, 0.025), 4), "olive": ((0.06, 0.065, 0.03), 5),
    "burgundy": ((0.09, 0.01, 0.018), 4), "red": ((0.35, 0.03, 0.03), 3), "rose": ((0.5, 0.22, 0.25), 3),
}  # fmt: skip
_NECK, _DEEP = 0.055, 0.050  # half width and half depth of the neck that shapes are made for
_ANGLES, _LEVELS = 44, 22
_CROPPED = -0.08  # the aligned crop ends above that height, however the head is held
_OPEN = 0.16  # radians from straight ahead at which a collar ends
_SKIN, _CLOTH, _SECOND = 0, 1, 2  # what a corner is made of

# Half width, half depth to the front and to the back, and how far forward the middle lies, by height.
_HEIGHTS = np.array([-0.62, -0.34, -0.22, -0.165, -0.125, -0.095, -0.072, -0.052, -0.034, -0.012, 0.03])
_WIDE = np.array([0.205, 0.212, 0.212, 0.200, 0.172, 0.132, 0.092, 0.068, 0.0585, 0.0545, 0.052])
_FRONT = np.array([0.150, 0.140, 0.122, 0.108, 0.094, 0.080, 0.066, 0.055, 0.0495, 0.0475, 0.045])
_BACK = np.array([0.140, 0.140, 0.132, 0.120, 0.106, 0.090, 0.076, 0.064, 0.0565, 0.0520, 0.049])


def dressed(person: Person, seed: int, *, neck_alone: bool = False) -> Solid:
    """A person's neck and shoulders in the clothes of a picture, in this module's frame.

    seed: of the Capture. neck_alone: leave out what the aligned crop does not show.
    """
    rng = np.random.default_rng([seed, 71])
    male = person.male > 0.5
    kind = KINDS[int(rng.choice(len(KINDS), p=_SHARES[0 if male else 1]))]
    shape, made_of, hidden = _upper(kind) if neck_alone else _shape(kind)
    first, second = _color(rng), _color(rng)
    if kind == "jacket":
        first, second = first * np.float32(0.5), floats([0.66, 0.66, 0.66]) if rng.uniform() < 0.6 else second
    albedo = np.stack([person.skin, first, second])[made_of]
    if rng.uniform() < 0.10 and kind in ("crew", "turtleneck", "deep"):
        stripes = (np.floor(shape.vertices[:, 2] / rng.uniform(0.022, 0.045)) % 2 == 0) & (made_of == _CLOTH)
        albedo[stripes] = second
    build = (1.03 if male else 0.90) * (0.94 + 0.14 * person.phenotype.weight)
    size = floats([build, 0.5 + 0.5 * build, 1.0])
    return replace(shape, vertices=shape.vertices * size, albedo=floats(albedo * hidden))


@lru_cache(maxsize=1)
def neck_edge() -> Indices:
    """Vertices of the head at the lower edge of the neck."""
    head = load_head_model()
    skin = head.triangles[head.parts == SKIN].astype(np.int64)
    edges = np.sort(np.concatenate([skin[:, [0, 1]], skin[:, [1, 2]], skin[:, [2, 0]]]), axis=1)
    pairs, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.unique(pairs[count == 1])
    return np.asarray(rim[head.mean[rim, 2] < -0.095], np.int32)


def neck_scale(edge: Floats) -> Floats:
    """(3,) how a neck (n, 3) of a head differs from the one that shapes are made for, where they meet it."""
    return floats([float(np.ptp(edge[:, 0])) / 2 / _NECK, float(np.ptp(edge[:, 1])) / 2 / _DEEP, 1.0])


def joined_to(body: Solid, scale: Floats) -> Solid:
    """A body whose neck is as wide as the head's, and whose shoulders are its own."""
    near = smooth_step(-0.11, -0.03, body.vertices[:, 2])[:, None]
    return replace(body, vertices=body.vertices * (1 + near * (np.clip(scale, 0.8, 1.35) - 1)))


def _color(rng: np.random.Generator) -> Floats:
    shares = np.array([share for _, share in _COLORS.values()], float)
    color, _ = list(_COLORS.values())[int(rng.choice(len(shares), p=shares / shares.sum()))]
    return floats(np.array(color) * np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.05, 3)))


@lru_cache(maxsize=len(KINDS))
def _upper(kind: str) -> tuple[Solid, Indices, Floats]:
    """Like `_shape`, without what lies further down than _CROPPED."""
    shape, made_of, hidden = _shape(kind)
    kept = shape.triangles[shape.vertices[shape.triangles, 2].max(axis=1) > _CROPPED]
    corners, triangles = np.unique(kept, return_inverse=True)
    some = {
        name: getattr(shape, name)[corners]
        for name in ("vertices", "normals", "albedo", "metal", "gloss", "through")
    }  # fmt: skip
    return (
        replace(shape, **some, triangles=triangles.reshape(-1, 3).astype(np.int32)),
        made_of[corners],
        hidden[corners],
    )


def _surface(angle: Floats, height: Floats, away: float | Floats = 0.0) -> Floats:
    """Points (…, 3) of the body at angles around it (0 in front) and heights, `away` metres outside."""
    wide, front, back = (np.interp(height, _HEIGHTS, row) for row in (_WIDE, _FRONT, _BACK))
    deep = np.where(np.cos(angle) > 0, front, back)
    low = smooth_step(-0.06, -0.16, height)  # shoulders are squarer than a neck
    c, s = np.cos(angle), np.sin(angle)
    power = 1 - 0.22 * low
    x = (wide + away) * np.sign(s) * np.abs(s) ** power
    y = -(deep + away) * np.sign(c) * np.abs(c) ** power + 0.012 * low
    fall = 0.055 * smooth_step(0.10, 0.21, np.abs(x)) * low  # shoulders slope
    return floats(np.stack([x, y, height - fall], axis=-1))


def _sheet(points: Floats, made_of: int, gloss: float = 0.0, *, closed: bool = True) -> tuple[Solid, Floats]:
    """A grid of points (levels, angles, 3), all the way round the body or not."""
    points = np.concatenate([points, points[:, :1]], axis=1) if closed else points
    vertices = np.ascontiguousarray(points.reshape(-1, 3), np.float32)
    triangles = grid_triangles(points.shape[0], points.shape[1])
    normals = normals_of(vertices, triangles)
    count = len(vertices)
    none = np.zeros((count, 3), np.float32)
    solid = Solid(
        vertices, normals, triangles, none, np.zeros(count, np.float32), np.full(count, gloss, np.float32), none
    )
    return solid, np.full(count, made_of)


@lru_cache(maxsize=len(KINDS))
def _shape(kind: str) -> tuple[Solid, Indices, Floats]:
    """The meshes of a kind of clothes, without colours, what each corner is made of, and the share of
    light (v, 1) that the head and the collar leave of what comes from around."""
    rng = np.random.default_rng(KINDS.index(kind))
    angle = floats(np.arange(_ANGLES) * (2 * np.pi / _ANGLES))[None]
    ahead = np.clip(np.cos(angle), 0, 1)
    down = floats(np.linspace(0.02, -0.20, 14))[:, None]
    skin = _sheet(_surface(angle, down + 0 * angle, -0.005 * smooth_step(-0.045, -0.075, down)), _SKIN, 0.15)
    neckline, loose = _neckline(kind, ahead)
    parts = [skin, _cloth(angle, neckline, loose, rng, _CLOTH)]
    if kind == "jacket":
        parts.append(_cloth(angle, _neckline("shirt", ahead)[0], 0.003, rng, _SECOND))
    if kind in ("shirt", "jacket"):
        parts.append(_collar(_CLOTH if kind == "shirt" else _SECOND))
    if kind == "hood":
        parts.append(_roll(angle, neckline, 0.017))
    if kind in ("crew", "deep"):
        parts.append(_roll(angle, neckline, 0.0035))
    shape = joined([solid for solid, _ in parts])
    hidden = 1 - np.float32(0.45) * smooth_step(-0.13, 0.0, shape.vertices[:, 2:])
    return shape, np.concatenate([made_of for _, made_of in parts]), floats(hidden)


def _cloth(
    angle: Floats, neckline: Floats, loose: float, rng: np.random.Generator, made_of: int
) -> tuple[Solid, Floats]:
    """Cloth from the neckline (1, a) down, with folds."""
    share = (np.linspace(0, 1, _LEVELS) ** 1.6)[:, None]
    height = floats(neckline + share * (-0.60 - neckline))
    folds = (
        smooth_noise(rng, (_LEVELS, _ANGLES + 1), (5, 14))[:, :-1]
        + 0.6 * smooth_noise(rng, (_LEVELS, _ANGLES + 1), (9, 26))[:, :-1]
    )
    edge = np.minimum(1, 6 * np.minimum(np.arange(_ANGLES), _ANGLES - np.arange(_ANGLES)) / _ANGLES)[None]
    away = loose * np.minimum(1, 0.4 + 8 * share) + 0.0035 * folds * np.minimum(1, 4 * share) * edge
    return _sheet(_surface(angle + 0 * height, height, floats(away)), made_of)


def _neckline(kind: str, ahead: Floats) -> tuple[Floats, float]:
    """Heights (1, a) at which cloth begins, and how far it stands off. ahead: 1 in front … 0 at the sides."""
    v = np.clip(1.7 * ahead - 0.7, 0, 1)
    return {
        "crew": (-0.052 - 0.022 * ahead**2, 0.004),
        "deep": (-0.060 - 0.085 * v**1.5, 0.003),
        "shirt": (-0.046 - 0.030 * v, 0.005),
        "turtleneck": (0.004 - 0.012 * ahead, 0.005),
        "hood": (-0.050 - 0.030 * ahead**2, 0.009),
        "jacket": (-0.052 - 0.170 * v, 0.010),
    }[kind]


def _collar(made_of: int) -> tuple[Solid, Floats]:
    """A shirt's collar: a band that stands around the neck and folds over, open in front."""
    angle = floats(np.linspace(_OPEN, 2 * np.pi - _OPEN, _ANGLES))[None]
    ahead = np.clip(np.cos(angle), 0, 1)
    points = np.clip(4 * ahead - 3, 0, 1)
    low, top, rows = -0.052 - 0.034 * points, -0.010 - 0.034 * ahead**3, []
    for share, away in ((0.0, 0.003), (0.5, 0.004), (1.0, 0.005), (0.97, 0.009), (0.5, 0.014), (0.06, 0.020)):
        rows.append(_surface(angle, floats(low + share * (top - low)), floats(away + 0.004 * points)))
    return _sheet(floats(np.concatenate(rows)), made_of, closed=False)


def _roll(angle: Floats, neckline: Floats, thick: float) -> tuple[Solid, Floats]:
    """A seam or the edge of a hood along the neckline."""
    around = np.linspace(0, 2 * np.pi, 6)
    rows = [
        _surface(
            angle,
            floats(neckline + 0.8 * thick * np.sin(turn)),
            floats(0.3 * thick + thick * (0.5 + np.cos(turn)) + 0 * angle),
        )
        for turn in around
    ]
    return _sheet(floats(np.concatenate(rows)), _CLOTH)
