"""Glasses: who has which, and frames, lenses and temples fitted to a head.

Who has glasses, and which, follows from coordinates of their own: they belong to a person as the hair does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hyperface.heads.identity import coordinates
from hyperface.heads.numerics.arrays import Floats, floats
from hyperface.heads.shape.model import load_head_model
from hyperface.heads.worn.solids import Solid, joined, tube

OWN, BORROWED = 0.85, 0.015  # shares of pictures in which glasses are worn by who has some, and by anybody else
SHARE = 0.17  # of people who have glasses
_COORDINATES = ("glasses", "frame shape", "frame material", "frame colour", "frame size")
_RIM = 36  # corners of a rim
_METALS = {"silver": (0.72, 0.71, 0.70), "gold": (0.75, 0.56, 0.28), "gunmetal": (0.22, 0.22, 0.24)}
_PLASTICS = {
    "black": (0.010, 0.010, 0.011), "tortoise": (0.060, 0.026, 0.012), "brown": (0.030, 0.017, 0.012),
    "navy": (0.012, 0.018, 0.05), "red": (0.12, 0.015, 0.02), "clear": (0.42, 0.38, 0.34),
}  # fmt: skip
_COLORS = ("black", "black", "black", "tortoise", "tortoise", "brown", "silver", "silver", "gold", "gunmetal",
           "navy", "red", "clear")  # fmt: skip


@dataclass(frozen=True)
class Frames:
    """A pair of glasses. Lengths in metres."""

    width: float  # half of a lens
    height: float  # half of a lens
    square: float  # exponent of the superellipse: 2 round … 5 a rectangle
    drop: float  # how much more of a lens lies below than above
    cat: float  # by how much the outer upper corner is raised, as a share of the height
    rim: str  # full, upper or none
    color: str
    dark: bool = False  # sunglasses


def frames_for(z: Floats, chance: float, dark: bool) -> Frames | None:
    """What a person (d,) wears on the nose in a picture, if anything. chance, dark: of the Capture."""
    has, shape, kind, color, size = (_told(z, name) for name in _COORDINATES)
    if not dark and chance >= (OWN if has > 1 - SHARE else BORROWED):
        return None
    styles = (
        Frames(0.0255, 0.0165, 3.6, 0.0, 0.0, "full", ""),
        Frames(0.0230, 0.0205, 2.2, 0.0, 0.0, "full", ""),
        Frames(0.0250, 0.0190, 3.0, 0.0, 0.0, "full", ""),
        Frames(0.0262, 0.0150, 4.0, 0.0, 0.0, "upper", ""),
        Frames(0.0250, 0.0180, 2.8, 0.05, 0.20, "full", ""),
        Frames(0.0268, 0.0210, 2.6, 0.16, 0.0, "full", ""),
        Frames(0.0245, 0.0155, 3.2, 0.0, 0.0, "none", ""),
    )
    chosen = styles[min(int(shape * len(styles)), len(styles) - 1)]
    if dark and chosen.rim == "none":
        chosen = styles[5]
    scale = 0.94 + 0.12 * size
    name = _COLORS[min(int(color * len(_COLORS)), len(_COLORS) - 1)]
    if chosen.rim != "full" and name in _PLASTICS and kind < 0.6:
        name = "gunmetal"
    return Frames(
        scale * chosen.width, scale * chosen.height * (1.12 if dark else 1.0), chosen.square, chosen.drop, chosen.cat,
        chosen.rim, name, dark,
    )  # fmt: skip


def fitted(frames: Frames, vertices: Floats) -> Solid:
    """Glasses on a neutral head (v, 3): in front of the eyes, clear of brows and cheeks, over the ears."""
    head = load_head_model()
    eyes = np.stack([vertices[head.landmarks[f"rim_{side}"]].mean(axis=0) for side in ("right", "left")])
    middle, height = float(eyes[:, 0].mean()), float(eyes[:, 2].mean()) - 0.002
    apart = max(float(np.ptp(eyes[:, 0])) / 2, frames.width + 0.007)
    outline = _outline(frames)
    rims = [
        np.stack([middle + side * (apart + outline[:, 0]), np.zeros(_RIM), height + outline[:, 1]], axis=1)
        for side in (-1.0, 1.0)
    ]
    forward = _forward(np.concatenate(rims), vertices, middle, height)
    for rim in rims:
        rim[:, 1] = forward + _bow(rim, middle, height)
    parts = []
    for side, rim in zip((-1.0, 1.0), rims, strict=True):
        if frames.rim != "none":
            line = rim if frames.rim == "full" else rim[: _RIM // 2 + 1]
            parts.append(_bar(line, _thickness(frames), floats([0, 1, 0]), frames, closed=frames.rim == "full"))
        parts.append(_temple(frames, rim, side, middle, vertices, height))
    nasal = np.flatnonzero(outline[:, 0] < 0)
    hinge = nasal[np.abs(outline[nasal, 1] - 0.3 * frames.height).argmin()]
    inner = [rim[hinge] for rim in rims]
    share = np.linspace(0, 1, 7)[:, None]
    bridge = inner[0] + share * (inner[1] - inner[0])
    bridge[:, 2] += 0.004 * np.sin(np.pi * share[:, 0])
    bridge[:, 1] -= 0.0025 * np.sin(np.pi * share[:, 0])
    parts.append(_bar(bridge, _thickness(frames), floats([0, 1, 0]), frames, closed=False))
    return joined([*parts, *(_lens(frames, rim, side, middle) for side, rim in zip((-1.0, 1.0), rims, strict=True))])


def _told(z: Floats, name: str) -> float:
    """A coordinate as a number that is uniform over people."""
    return 0.5 + 0.5 * math.erf(float(z[coordinates.names().index(name)]) / math.sqrt(2))


def _outline(frames: Frames) -> Floats:
    """(_RIM, 2) sideways from a lens's middle, outwards positive, and up; from the outer side over the top."""
    angle = np.arange(_RIM) * (2 * np.pi / _RIM)
    c, s = np.cos(angle), np.sin(angle)
    x = frames.width * np.sign(c) * np.abs(c) ** (2 / frames.square)
    y = frames.height * np.sign(s) * np.abs(s) ** (2 / frames.square)
    y = np.where(y < 0, y * (1 + frames.drop), y * (1 - frames.drop))
    y += frames.cat * frames.height * np.clip(x / frames.width, 0, 1) ** 2 * (s > -0.3)
    return floats(np.stack([x, y], axis=1))


def _bow(points: Floats, middle: float, height: float) -> Floats:
    """How far back points (n, 3) of a pair's front lie: it bends round the face, and its upper edge leans forward."""
    return np.asarray(1.8 * (points[:, 0] - middle) ** 2 + 0.10 * (height - points[:, 2]) * -1.0)


def _forward(rims: Floats, vertices: Floats, middle: float, height: float) -> float:
    """Where the front has to stand to be clear of brows and cheeks, within what looks like glasses."""
    near = vertices[(vertices[:, 1] < 0.06) & (np.abs(vertices[:, 2]) < 0.05)]
    outer = rims[np.abs(rims[:, 0] - middle) > 0.014]
    far = np.square(near[None, :, 0] - outer[:, None, 0]) + np.square(near[None, :, 2] - outer[:, None, 2])
    surface = np.where(far < 0.005**2, near[None, :, 1], np.inf).min(axis=1)
    room = surface - _bow(outer, middle, height)
    return float(np.clip(room[np.isfinite(room)].min(initial=0.0) - 0.003, -0.022, -0.010))


def _thickness(frames: Frames) -> tuple[float, float]:
    if frames.color in _METALS or frames.rim == "none":
        return 0.0008, 0.0008
    return 0.0014, 0.0017


def _bar(line: Floats, sides: tuple[float, float], reference: Floats, frames: Frames, *, closed: bool) -> Solid:
    points, normals, triangles = tube(floats(line), sides, reference, closed=closed)
    metal = frames.color in _METALS
    color = (_METALS if metal else _PLASTICS)[frames.color]
    count = len(points)
    rails = np.moveaxis(points.reshape(-1, 6, 3), 1, 0)
    if closed:
        rails = np.concatenate([rails, rails[:, :1]], axis=1)
    return Solid(
        points, normals, triangles, np.tile(floats(color), (count, 1)), np.full(count, metal, np.float32),
        np.full(count, 0.5, np.float32), np.zeros((count, 3), np.float32), (np.ascontiguousarray(rails),),
    )  # fmt: skip


def _temple(frames: Frames, rim: Floats, side: float, middle: float, vertices: Floats, height: float) -> Solid:
    """From the front's outer corner along the head and down behind the ear."""
    start = rim[3] if frames.rim != "none" else rim[2]
    beside = vertices[(np.abs(vertices[:, 1] - 0.062) < 0.012) & (np.abs(vertices[:, 2] - start[2]) < 0.008)]
    wide = float(np.abs(beside[:, 0] - middle).max(initial=0.07)) + 0.001
    over = start[2] - 0.004
    corner = middle + side * max(abs(start[0] - middle) + 0.002, 0.85 * wide)
    line = floats([
        start, [corner, start[1] + 0.006, start[2]], [middle + side * wide, 0.050, over + 0.002],
        [middle + side * wide, 0.085, over], [middle + side * wide, 0.098, over - 0.006],
        [middle + side * (wide - 0.002), 0.108, over - 0.024],
    ])  # fmt: skip
    share = np.linspace(0, len(line) - 1, 16)
    line = floats(np.stack([np.interp(share, np.arange(len(line)), line[:, axis]) for axis in range(3)], axis=1))
    slim, tall = _thickness(frames)
    return _bar(
        line, (slim, max(tall, 0.0009 if frames.color in _METALS else 0.0022)), floats([1, 0, 0]), frames, closed=False
    )


def _lens(frames: Frames, rim: Floats, side: float, middle: float) -> Solid:
    """A curved pane inside a rim (_RIM, 3)."""
    center = rim.mean(axis=0)
    rings = np.array([0.0, 0.35, 0.7, 1.0])
    points = [center[None]] + [center + share * (rim - center) for share in rings[1:]]
    points[0][:, 1] -= 0.002
    for share, ring in zip(rings[1:], points[1:], strict=True):
        ring[:, 1] -= 0.002 * (1 - share**2)
    vertices = floats(np.concatenate(points))
    lean = (vertices - floats(center)) / np.float32(0.11)
    outward = side * 3.6 * abs(float(center[0]) - middle) * 0.55
    normals = floats([outward, -1, 0.10]) + lean * floats([1, 0, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    k = np.arange(_RIM)
    following = (k + 1) % _RIM
    triangles = [np.stack([0 * k, 1 + k, 1 + following], axis=1)]
    for ring in range(len(rings) - 2):
        inner, outer = 1 + _RIM * ring, 1 + _RIM * (ring + 1)
        triangles += [np.stack([inner + k, outer + k, outer + following], axis=1),
                      np.stack([inner + k, outer + following, inner + following], axis=1)]  # fmt: skip
    count = len(vertices)
    tint = floats([0.10, 0.095, 0.09]) if frames.dark else floats([0.93, 0.935, 0.93])
    return Solid(
        vertices, floats(normals), np.concatenate(triangles).astype(np.int32), np.zeros((count, 3), np.float32),
        np.zeros(count, np.float32), np.full(count, 1.0, np.float32), np.tile(tint, (count, 1)),
    )  # fmt: skip
