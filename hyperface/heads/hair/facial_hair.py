"""Brows, lashes and beard as hairs, for pictures large enough to show them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hyperface.heads.hair.growing import CORNERS
from hyperface.heads.hair.strands import Strands
from hyperface.heads.identity.coordinates import Person
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.numerics.noise import smooth_step
from hyperface.heads.numerics.raster import normals_of
from hyperface.heads.shape.model import SKIN, load_head_model
from hyperface.heads.skin.paint import brow_frame, hair_color


def facial_hair(person: Person, vertices: Floats, age: float, beard: float) -> Strands:
    """Brows, lashes and beard as hairs on a person's neutral head (v, 3), for pictures large enough to show them."""
    parts = [_brows(person), *_lashes(person)]
    if beard > 0.05 and person.beard_density > 0.05:
        parts.append(_beard_hairs(person, beard))
    head = load_head_model()
    points, nearest, color = (np.concatenate([part[k] for part in parts]) for k in range(3))
    gray = hair_color(person, age) / np.maximum(person.hair, 1e-4) if age > 0.75 else np.ones(3, np.float32)
    color = color * np.where((color.sum(axis=1) > 0.02)[:, None], gray, 1)
    nearest = np.repeat(nearest[:, None], CORNERS, axis=1)
    inside = np.full(nearest.shape, 0.35, np.float32)
    width = np.concatenate([np.full(len(part[0]), part[3], np.float32) for part in parts])
    return Strands((points + (vertices - head.mean)[nearest]).astype(np.float32), nearest.astype(np.int32), inside,
                   color.astype(np.float32), width, 0.3)  # fmt: skip


# points (n, k, 3) on the mean head, the vertex below each root (n,), colours (n, 3), metres across a hair
_Hairs = tuple[Floats, Indices, Floats, float]


def _brows(person: Person) -> _Hairs:
    roots, nearest, normals, kind = _face_roots("brows")
    along, across = brow_frame(person, roots)
    opacity = np.clip(0.85 + 0.12 * person.brow[4], 0.4, 1.1)
    chance = opacity * smooth_step(1.15, 0.2, np.abs(across)) * smooth_step(-0.12, 0.30, along)
    chance = chance * smooth_step(1.08, 0.72, along)
    kept = kind < chance
    roots, nearest, normals, along, across, kind = (v[kept] for v in (roots, nearest, normals, along, across, kind))
    angle = np.deg2rad(62 * np.clip(1 - along / 0.35, 0, 1) + 14 - 38 * along - 26 * across) + 0.35 * (
        kind * 71 % 1 - 0.5
    )
    outward = np.sign(roots[:, 0]) * np.cos(angle)
    comb = np.stack([outward, np.zeros_like(angle), np.sin(angle)], axis=1)
    length = 0.0055 + 0.0025 * (kind * 13 % 1)
    shade = person.hair * (0.6 + 0.4 * (kind * 29 % 1))[:, None]
    return _laid(roots, normals, comb, length, 0.10), nearest, shade.astype(np.float32), 0.00015


def _beard_hairs(person: Person, beard: float) -> _Hairs:
    roots, nearest, normals, kind = _face_roots("beard")
    moustache, line, _ = person.beard
    side, z = np.abs(roots[:, 0]), roots[:, 2]
    border = -0.062 + 0.003 * line + 0.9 * np.clip(side - 0.035, 0, 0.03) + 0.004 * (side < 0.02)
    chance = (
        smooth_step(0.008, -0.008, z - border) * smooth_step(-0.128, -0.094, z) * smooth_step(0.085, 0.06, roots[:, 1])
    )
    lip = np.exp(-0.5 * np.square((z + 0.0585) / 0.0055)) * smooth_step(0.030, 0.021, side) * (roots[:, 1] < 0)
    chance = np.maximum(chance, lip * np.clip(0.8 + 0.25 * moustache, 0.2, 1.1)) * person.beard_density
    kept = kind < chance * (0.35 + 0.65 * beard)
    roots, nearest, normals, kind = (v[kept] for v in (roots, nearest, normals, kind))
    comb = np.stack([0.25 * np.sign(roots[:, 0]) + 0.5 * (kind * 31 % 1 - 0.5), 0 * kind, -np.ones_like(kind)], axis=1)
    length = (0.0010 + 0.006 * beard**1.5) * (0.6 + 0.6 * (kind * 17 % 1))
    shade = person.hair * (0.55 + 0.5 * (kind * 29 % 1))[:, None]
    return _laid(roots, normals, comb, length, 0.22), nearest, shade.astype(np.float32), 0.00009 + 0.00005 * beard


def _lashes(person: Person) -> list[_Hairs]:
    """Upper and lower lashes of both eyes, fanned out from the lid margins."""
    head, out = load_head_model(), []
    rng = np.random.default_rng(17)
    for name in ("rim_right", "rim_left"):
        rim = head.landmarks[name]
        places = head.mean[rim]
        center, reach = places.mean(axis=0), np.ptp(places[:, 0]) / 2
        sideways = (places[:, 0] - center[0]) / reach  # −1 … 1 across the eye
        level = center[2] + 0.0004
        for upper, count, length in ((True, 110, 0.0055), (False, 50, 0.0026)):
            margin = np.flatnonzero((places[:, 2] > level) == upper)
            margin = margin[np.argsort(sideways[margin])]
            at = np.sort(rng.uniform(-0.92, 0.95, count)).astype(np.float32)
            root = np.stack([np.interp(at, sideways[margin], places[margin, axis]) for axis in range(3)], axis=1)
            nearest = rim[margin[np.abs(sideways[margin][None] - at[:, None]).argmin(axis=1)]]
            up = 1.0 if upper else -1.0
            along = np.stack([0.55 * at, -np.ones_like(at), 0.10 * up * np.ones_like(at)], axis=1)
            bend = np.stack([0.25 * at, 0.2 * np.ones_like(at), 0.75 * up * np.ones_like(at)], axis=1)
            share = np.linspace(0, 1, CORNERS)[None, :, None]
            far = (length * min(person.lashes, 1.3) * rng.uniform(0.65, 1.0, count))[:, None, None]
            points = (
                root[:, None]
                + floats([0, -0.0004, 0])
                + far * (share * along[:, None] * 0.7 + share**2 * bend[:, None])
            )
            out.append((points.astype(np.float32), nearest.astype(np.int32),
                        np.full((count, 3), 0.006, np.float32), 0.00016))  # fmt: skip
    return out


@lru_cache(maxsize=2)
def _face_roots(part: str) -> tuple[Floats, Indices, Floats, Floats]:
    """Places (n, 3) of the mean head where brows or beards may grow, the vertex below, its normal, uniform numbers."""
    from scipy.spatial import KDTree

    head = load_head_model()
    rng = np.random.default_rng(23)
    skin = head.triangles[head.parts == SKIN]
    corners = head.mean[skin]
    middle = corners.mean(axis=1)
    side, y, z = np.abs(middle[:, 0]), middle[:, 1], middle[:, 2]
    if part == "brows":
        where, count = (z > 0.004) & (z < 0.040) & (side < 0.064) & (side > 0.004) & (y < 0.03), 16000
    else:
        where, count = (z < -0.035) & (z > -0.15) & (y < 0.085), 26000
    area = where * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    chosen = rng.choice(len(area), count, p=area / area.sum())
    share = rng.dirichlet((1, 1, 1), count).astype(np.float32)
    roots = np.einsum("nc,ncx->nx", share, corners[chosen])
    vertices = np.unique(skin)
    nearest = vertices[KDTree(head.mean[vertices]).query(roots)[1]]
    if part == "beard":
        rows = ((0.86 - head.corner_uv[head.parts == SKIN][chosen].mean(axis=1)[:, 1]) * 720).astype(int)
        columns = ((head.corner_uv[head.parts == SKIN][chosen].mean(axis=1)[:, 0] - 0.62) * 720).astype(int)
        height, width = head.lips.shape
        clear = head.lips[rows.clip(0, height - 1), columns.clip(0, width - 1)] < 60
        roots, nearest = roots[clear], nearest[clear]
    normals = normals_of(head.mean, head.triangles)[nearest]
    return roots.astype(np.float32), nearest.astype(np.int32), normals, rng.random(len(roots)).astype(np.float32)


def _laid(roots: Floats, normals: Floats, comb: Floats, length: Floats, lift: float) -> Floats:
    """Short hairs (n, k, 3) that lie along the skin in the comb's direction, bending away from it by `lift`."""
    along = comb - (comb * normals).sum(axis=1, keepdims=True) * normals
    along = along / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6)
    share = np.linspace(0, 1, CORNERS, dtype=np.float32)[None, :, None]
    far = length[:, None, None]
    rise = far * lift * np.sin(np.pi * 0.75 * share) + 0.0002
    return np.asarray(roots[:, None] + far * share * along[:, None] + rise * normals[:, None], np.float32)
