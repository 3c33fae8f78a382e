"""Hair as strands: grown once for a style on the mean head, then carried to each person's head.

A strand starts on the scalp, is combed along it, falls under its weight, and is kept outside the head. What a person
adds is the hairline, the curl and the colour. Positions are metres of the head's frame (see model).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from hyperface.heads.arrays import Floats, Indices, floats
from hyperface.heads.chart import Chart, chart_of
from hyperface.heads.colors import GRAY_HAIR
from hyperface.heads.coordinates import Person
from hyperface.heads.model import SKIN, load_head_model
from hyperface.heads.noise import smooth_noise, smooth_step
from hyperface.heads.raster import normals_of
from hyperface.heads.skin import brow_frame, gray_share, hair_color

AXIS_Y = 0.065  # the vertical axis that angles around the head are measured from, above the ears
CORNERS = 12  # of a strand
STRANDS = 9000  # grown for a style; any first part of them is spread evenly
_CROWN = floats([0.0, 0.135, 0.095])  # where hair turns around
_BUN = floats([0.0, 0.185, 0.02])  # where tied hair goes
_LOCKS = 420
_TABLE = 256  # angles at which a hairline is kept
_LOWEST = 0.020  # metres below the mean hairline at which hair may still begin


@dataclass(frozen=True)
class HairStyle:
    """How hair is worn in one picture. Lengths in metres."""

    name: str
    top: float  # length of strands on top of the head
    side: float  # at the sides and the back
    volume: float  # thickness of the hair on top
    comb: str  # crown, back, left, right, middle, tied
    side_volume: float = 0.004
    fringe: float = 0.0  # how long hair is that falls over the forehead
    front: float = 76.0  # degrees from straight ahead that hanging hair keeps clear of
    weight: float = 0.35  # how much it falls
    density: float = 1.0


STYLES = {
    style.name: style
    for style in (
        HairStyle("shaved", top=0.0025, side=0.0025, volume=0.001, side_volume=0.001, comb="crown", density=0.6),
        HairStyle("cropped", top=0.012, side=0.006, volume=0.006, side_volume=0.0025, comb="crown"),
        HairStyle("short", top=0.034, side=0.014, volume=0.012, comb="right"),
        HairStyle("forward", top=0.032, side=0.016, volume=0.011, comb="crown", fringe=0.034),
        HairStyle("swept", top=0.060, side=0.022, volume=0.013, side_volume=0.004, comb="back", weight=0.25),
        HairStyle("parted", top=0.065, side=0.024, volume=0.014, side_volume=0.006, comb="left", weight=0.2),
        HairStyle("tied", top=0.13, side=0.06, volume=0.006, side_volume=0.004, comb="tied", weight=0.0),
        HairStyle("bob", top=0.21, side=0.12, volume=0.013, side_volume=0.010, comb="right", front=70.0),
        HairStyle("bob-fringe", top=0.20, side=0.12, volume=0.013, side_volume=0.011, comb="crown", fringe=0.055,
                  front=66.0),
        HairStyle("long", top=0.34, side=0.24, volume=0.012, side_volume=0.009, comb="middle", front=74.0),
        HairStyle("long-parted", top=0.34, side=0.24, volume=0.013, side_volume=0.010, comb="left", front=66.0),
    )
}  # fmt: skip
MALE_STYLES = ("shaved", "cropped", "cropped", "short", "short", "forward", "swept", "parted", "tied")
FEMALE_STYLES = ("cropped", "swept", "tied", "tied", "bob", "bob-fringe", "long", "long", "long-parted", "parted")


@dataclass(frozen=True)
class Growth:
    """A style's strands on the mean head. n strands, k corners."""

    points: Floats  # (n, k, 3)
    nearest: Indices  # (n, k) vertex of the head that each corner lies over
    inside: Floats  # (n, k) 0 at the outside of the hair … 1 at its roots
    hairline: Floats  # (n,) metres by which the root lies above the mean hairline
    angle: Floats  # (n,) radians of the root around the head from straight ahead
    kind: Floats  # (n,) uniform in [0, 1): differs from strand to strand


@dataclass(frozen=True)
class Strands:
    """A person's hair in one style, in the head's frame."""

    points: Floats  # (n, k, 3)
    nearest: Indices  # (n, k)
    inside: Floats  # (n, k)
    color: Floats  # (n, 3) albedo
    opacity: float = 0.92
    wide: bool = False  # long hair, drawn in thicker threads


def style_for(person: Person, choice: int) -> HairStyle:
    """The style of a picture: `choice` runs through those of women or of men; coils are worn shorter and fuller."""
    styles = MALE_STYLES if person.male > 0.5 else FEMALE_STYLES
    style = STYLES[styles[choice % len(styles)]]
    if person.curl < 0.72:
        return style
    fuller = 0.030 if style.top > 0.1 and style.comb != "tied" else min(1.8 * style.volume, 0.022)
    return replace(style, name=f"{style.name}, coiled", top=min(style.top, 0.075), side=min(style.side, 0.060),
                   volume=fuller, side_volume=min(2.0 * style.side_volume, 0.020), fringe=0.0,
                   comb="tied" if style.comb == "tied" else "out", weight=0.02)  # fmt: skip


@lru_cache(maxsize=32)
def grow(style: HairStyle) -> Growth:
    """Grow a style's strands on the mean head."""
    from scipy.spatial import KDTree

    head = load_head_model()
    rng = np.random.default_rng(11)
    skin = np.unique(head.triangles[head.parts == SKIN])
    normals = normals_of(head.mean, head.triangles)
    tree = KDTree(head.mean[skin])
    roots = _roots(rng)
    nearest = skin[tree.query(roots)[1]]
    angle, above = _around(roots), _above_mean_line(roots)
    rising = smooth_step(0.0, 0.022, above)
    high = smooth_step(0.02, 0.085, roots[:, 2])
    front = (angle < np.deg2rad(62)) & (above < 0.05)
    length = style.side + (style.top - style.side) * high
    if style.fringe:
        length = np.where(front, np.minimum(length, style.fringe * rng.uniform(0.85, 1.1, len(roots))), length)
    length = length * (0.25 + 0.75 * rising) if style.top < 0.08 else length
    length = (length * rng.uniform(0.8, 1.05, len(roots))).astype(np.float32)
    layer = rng.random(len(roots)).astype(np.float32)
    volume = (style.side_volume + (style.volume - style.side_volume) * high) * (0.15 + 0.85 * rising)
    height = 0.0006 + volume * (0.25 + 0.75 * np.sqrt(layer))

    step = (length / (CORNERS - 1))[:, None]
    point, direction = roots, normals[nearest]
    points, over = [point], [nearest]
    for corner in range(1, CORNERS):
        share = corner / (CORNERS - 1)
        normal = normals[nearest]
        wish = _combed(style.comb, point, normal)
        fall = floats([0, 0, -style.weight * (0.4 + 1.6 * share)])
        loose = smooth_step(0.03, -0.02, point[:, 2])[:, None]  # below the scalp, hair hangs
        direction = (
            0.55 * direction + (1 - 0.8 * loose) * wish + fall + floats([0, 0, -1.2]) * loose * (style.weight > 0.05)
        )
        rough = 0.55 if style.comb == "out" else np.where(length > 0.1, 0.035, 0.09)[:, None]
        direction += rough * rng.standard_normal(direction.shape).astype(np.float32)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True) + 1e-6
        point = point + step * direction
        nearest = skin[tree.query(point)[1]]
        normal = normals[nearest]
        apart = ((point - head.mean[nearest]) * normal).sum(axis=1)
        wanted = height * min(1.0, 0.35 + 2.2 * share)
        lift = np.clip(wanted - apart, -0.35 * step[:, 0] * (style.comb in ("tied", "back")), 0.03)
        point = point + lift[:, None] * normal
        if style.side > 0.05:
            point = _off_the_face(point, style.front, above, style.fringe > 0, front)
        points.append(point.astype(np.float32))
        over.append(nearest)
    strands = np.stack(points, axis=1)
    strands = _gathered(strands, rng, 0.75 if style.top > 0.1 else 0.4)
    inside = np.repeat((1 - layer)[:, None], CORNERS, axis=1) * np.linspace(1, 0.55, CORNERS, dtype=np.float32)
    inside[:, 0] = 1
    return Growth(strands, np.stack(over, axis=1).astype(np.int32), inside.astype(np.float32), above, angle,
                  rng.random(len(roots)).astype(np.float32))  # fmt: skip


def wear(person: Person, vertices: Floats, style: HairStyle, age: float, count: int) -> Strands:
    """A style on a person's neutral head (v, 3): at most `count` strands."""
    growth, head = grow(style), load_head_model()
    line = hairline(person, age)
    recede = growth.hairline - (np.interp(growth.angle, line[0], line[1]) - np.interp(growth.angle, *_mean_line()))
    ragged = 0.012 * (growth.kind * 53 % 1) ** 2 - 0.003
    kept = np.flatnonzero((recede > ragged) & (growth.kind < style.density * _thinning(person, age, growth)))[:count]
    points, nearest = growth.points[kept], growth.nearest[kept]
    points = points + (vertices - head.mean)[nearest]
    points = _curled(points, person.curl, growth.kind[kept], style)
    dark = np.exp(0.22 * (growth.kind[kept] * 37 % 1 - 0.5) * 2 + 0.12 * np.sin(growth.kind[kept] * 400))
    own = person.hair * dark[:, None]
    gray = (growth.kind[kept] * 91 % 1 < 1.05 * gray_share(person, age) - 0.05)[:, None]
    color = np.where(gray, GRAY_HAIR * (0.75 + 0.5 * growth.kind[kept][:, None]), own)
    opacity = 0.35 if style.top < 0.004 else 0.92
    return Strands(points.astype(np.float32), nearest, growth.inside[kept], color.astype(np.float32), opacity,
                   style.top > 0.1)  # fmt: skip


def root_opacity(person: Person, chart: Chart, style: HairStyle, age: float) -> Floats:
    """How much of the scalp (h, w) is hidden by the roots of hair."""
    place, ragged, clear = _scalp(chart.detail)
    _, heights = hairline(person, age)
    above = chart.position[..., 2] - heights[place]
    soft = 0.012 if style.top < 0.02 else 0.010
    strength = style.density * (0.82 if style.top < 0.02 else 0.92)
    return np.float32(strength) * smooth_step(-0.25 * soft, soft, above + ragged) * clear


@lru_cache(maxsize=3)
def _scalp(detail: int) -> tuple[Indices, Floats, Floats]:
    """Of a chart's texels (h, w): entry of the hairline's table, metres by which it is ragged, 0 on the ears."""
    chart = chart_of(detail)
    angle = np.arctan2(np.abs(chart.position[..., 0]), AXIS_Y - chart.position[..., 1])
    rng = np.random.default_rng(5)
    height, width = chart.shape
    ragged = smooth_noise(rng, chart.shape, (70, 70 * width / height))
    ragged = ragged + smooth_noise(rng, chart.shape, (260, 260 * width / height))
    place = np.rint(angle * ((_TABLE - 1) / np.pi)).astype(np.int32)
    return place, np.float32(0.0016) * ragged, smooth_step(0.5, 0.2, chart.ears)


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
    return Strands((points + (vertices - head.mean)[nearest]).astype(np.float32), nearest.astype(np.int32), inside,
                   color.astype(np.float32))  # fmt: skip


_Hairs = tuple[Floats, Indices, Floats]  # points (n, k, 3) on the mean head, the vertex below each root, colours


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
    return _laid(roots, normals, comb, length, 0.10), nearest, shade.astype(np.float32)


def _beard_hairs(person: Person, beard: float) -> _Hairs:
    roots, nearest, normals, kind = _face_roots("beard")
    moustache, line, _ = person.beard
    side, z = np.abs(roots[:, 0]), roots[:, 2]
    border = -0.062 + 0.003 * line + 0.9 * np.clip(side - 0.035, 0, 0.03) + 0.004 * (side < 0.02)
    chance = (
        smooth_step(0.008, -0.008, z - border) * smooth_step(-0.125, -0.105, z) * smooth_step(0.085, 0.06, roots[:, 1])
    )
    lip = np.exp(-0.5 * np.square((z + 0.0585) / 0.0055)) * smooth_step(0.030, 0.021, side) * (roots[:, 1] < 0)
    chance = np.maximum(chance, lip * np.clip(0.8 + 0.25 * moustache, 0.2, 1.1)) * person.beard_density
    kept = kind < chance * (0.35 + 0.65 * beard)
    roots, nearest, normals, kind = (v[kept] for v in (roots, nearest, normals, kind))
    comb = np.stack([0.25 * np.sign(roots[:, 0]) + 0.5 * (kind * 31 % 1 - 0.5), 0 * kind, -np.ones_like(kind)], axis=1)
    length = (0.0010 + 0.006 * beard**1.5) * (0.6 + 0.6 * (kind * 17 % 1))
    shade = person.hair * (0.55 + 0.5 * (kind * 29 % 1))[:, None]
    return _laid(roots, normals, comb, length, 0.30), nearest, shade.astype(np.float32)


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
                        np.full((count, 3), 0.006, np.float32)))  # fmt: skip
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


def hairline(person: Person, age: float) -> tuple[Floats, Floats]:
    """Where hair begins: heights (m,) in metres at angles (m,) in radians around the head, 0 straight ahead."""
    forehead, temples, peak, sideburns = person.hairline
    recede = person.receding * float(np.clip((age - 0.66) / 0.34, 0, 1.2))
    front = 0.060 + forehead + 0.026 * recede
    corner = 0.053 + forehead + temples + 0.040 * recede
    heights = [front - peak, front, corner, 0.033 + 0.6 * temples + 0.014 * recede, 0.016, 0.006, -0.022 + sideburns,
               -0.005, -0.055, -0.085]  # fmt: skip
    return _line(heights)


def _mean_line() -> tuple[Floats, Floats]:
    return _line([0.060, 0.060, 0.055, 0.034, 0.016, 0.006, -0.022, -0.005, -0.055, -0.085])


def _line(heights: list[float]) -> tuple[Floats, Floats]:
    from scipy.interpolate import pchip_interpolate

    degrees = [0, 20, 40, 52, 62, 72, 84, 96, 125, 180]
    fine = np.linspace(0, np.pi, _TABLE)
    return fine.astype(np.float32), pchip_interpolate(np.deg2rad(degrees), heights, fine).astype(np.float32)


def _thinning(person: Person, age: float, growth: Growth) -> Floats:
    """Share of strands left where hair thins with age: on the crown of those whose hairline recedes."""
    thin = np.clip(person.receding * np.clip((age - 0.72) / 0.28, 0, 1) - 0.35, 0, 0.8)
    crown = np.linalg.norm(growth.points[:, 0] - _CROWN, axis=1)
    return np.asarray(1 - thin * smooth_step(0.075, 0.03, crown), np.float32)


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
    bare = (head.ears[rows, columns] > 60) | (_above_mean_line(middle) < -_LOWEST) | (uv[:, 0] < 0.62)
    area[bare] = 0
    chosen = rng.choice(len(area), STRANDS, p=area / area.sum())
    u, v = rng.random((2, STRANDS, 1)).astype(np.float32)
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    picked = corners[chosen]
    return np.asarray(picked[:, 0] * (1 - u - v) + picked[:, 1] * u + picked[:, 2] * v, np.float32)


def _around(points: Floats) -> Floats:
    return np.asarray(np.arctan2(np.abs(points[:, 0]), AXIS_Y - points[:, 1]), np.float32)


def _above_mean_line(points: Floats) -> Floats:
    return (points[:, 2] - np.interp(_around(points), *_mean_line())).astype(np.float32)


def _combed(comb: str, point: Floats, normal: Floats) -> Floats:
    """Where the comb takes hair at points (n, 3): unit vectors along the scalp."""
    if comb == "out":
        return normal
    away = point - _CROWN
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


def _gathered(strands: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """Strands drawn together into locks towards their ends."""
    from scipy.spatial import KDTree

    guides = rng.choice(len(strands), min(_LOCKS, len(strands)), replace=False)
    mine = guides[KDTree(strands[guides, 0]).query(strands[:, 0])[1]]
    share = np.linspace(0, 1, strands.shape[1], dtype=np.float32)[None, :, None]
    own = rng.uniform(0.2, 1, (len(strands), 1, 1)).astype(np.float32)
    return np.asarray(strands + np.float32(strength) * own * share * (strands[mine] - strands), np.float32)


def _curled(points: Floats, curl: float, kind: Floats, style: HairStyle) -> Floats:
    """Waves to coils: strands wind around their line."""
    if curl < 0.15 or style.top < 0.01:
        return points
    strength = float(smooth_step(0.15, 0.6, curl))
    wavelength = 0.060 * (1 - curl) + 0.009
    steps = np.linalg.norm(np.diff(points, axis=1), axis=2)
    along = np.concatenate([np.zeros((len(points), 1), np.float32), np.cumsum(steps, axis=1)], axis=1)
    lock = np.floor(kind * 40)[:, None]  # neighbours in a lock wind together
    phase = 2 * np.pi * (along / wavelength + lock * 0.37) + kind[:, None] * (0.5 + 5 * curl**2)
    reach = strength * (0.0008 + 0.0032 * curl) * (1 + 0.5 * np.sin(lock)) * np.minimum(1, along / 0.02)
    out = points.copy()
    out[..., 0] += reach * np.cos(phase)
    out[..., 1] += reach * np.sin(phase + 0.7)
    out[..., 2] += 0.6 * reach * np.sin(phase)
    return out
