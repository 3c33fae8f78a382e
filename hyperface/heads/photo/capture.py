"""How a person is photographed: pose, expression, light, background and camera, from a row of standard normal numbers.

Nothing here knows who is photographed, so that one row is comparable across people. `variation` says how far pictures
are from a studio's: 0 is studio light before a plain wall, taken by a good camera; 1 is whatever photographs are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hyperface.faces.template import ARCFACE_TEMPLATE
from hyperface.heads.light.lamps import STUDIO_TURN, Light, direction, light_of, studio_light
from hyperface.heads.numerics.arrays import Floats, floats
from hyperface.heads.numerics.draws import Draws
from hyperface.heads.photo.scenes import scene_for

__all__ = [
    "EXPRESSIONS",
    "STUDIO_TURN",
    "STYLE_SIZE",
    "Camera",
    "Capture",
    "Draws",
    "Light",
    "capture_of",
    "direction",
    "expression_of",
    "studio_light",
]

_USUALLY = 7  # one picture of so many shows hair worn in another way than usual
STYLE_SIZE = 176  # numbers of a row; more than are read, so that something can be added
_MOOD, _LAMPS, _LENS, _WORN = 78, 96, 120, 152  # where the numbers of further things begin

_WRONG = (0.18, 0.10, 0.05, 0.10)  # shares of pictures that are small, out of focus, moved and noisy


@dataclass(frozen=True)
class Camera:
    """What happens between the scene and the stored pixels. Lengths are pixels of the 112×112 crop."""

    distance: float = 1.6  # metres from the eyes
    exposure: float = 0.0  # stops around a correctly exposed face
    white_balance: Floats = field(default_factory=lambda: np.ones(3, np.float32))
    contrast: float = 1.12  # exponent around middle grey
    saturation: float = 1.08
    blur: float = 0.0  # standard deviation of a soft blur
    noise: float = 0.0  # standard deviation at full white, of [0, 1]
    jitter: Floats = field(default_factory=lambda: np.zeros((5, 2), np.float32))  # (5, 2) by which points are missed
    defocus: float = 0.0  # radius of the disc that a point becomes
    motion: float = 0.0  # length of the line that a point becomes
    motion_angle: float = 0.0  # degrees, of that line
    vignette: float = 0.0  # how steeply light falls off, see darkroom.vignetted
    vignette_center: tuple[float, float] = (0.0, 0.0)  # of the photo, in half sides of the crop from its middle
    haze: float = 0.0  # of stray light, share of white
    resolution: float = 112.0  # pixels a side that the crop had in the photo; below 112 it was enlarged
    sharpening: float = 0.0  # of the unsharp mask
    jpeg: int = 0  # quality 1 … 100; 0 for none
    monochrome: float = 0.0  # 0 colour … 1 grey


@dataclass(frozen=True)
class Capture:
    """One picture's conditions. Angles in degrees: yaw > 0 turns to the person's left, pitch > 0 looks up."""

    yaw: float
    pitch: float
    roll: float
    expression: Mapping[str, float]
    hair_style: int | None  # index into the styles of women or men, taken modulo their number; None as usually worn
    beard: float | None  # length of facial hair, 0 … 1; None as usually worn
    makeup: float | None  # 0 … 1; None as usually worn
    age_shift: float  # added to the person's own age, in the phenotype's units
    light: Light
    camera: Camera
    background: int  # seed of what is behind the head, and of the sensor's noise
    scene: str = "plain"  # one of scenes.SCENES
    scene_stops: float = 0.0  # how much brighter than usual it is behind the head
    light_kind: str = "studio"  # "studio" or one of lamps.KINDS
    glasses: float = 1.0  # below glasses.OWN whoever has glasses wears them, below glasses.BORROWED everybody
    sunglasses: bool = False
    clothes: int = 0  # seed of what is worn below the neck
    body_turn: float = 0.5  # share of the head's turn that the shoulders take part in


def capture_of(row: Sequence[float] | NDArray[np.floating], *, widest: float = 60.0, variation: float = 1.0) -> Capture:
    """Everyday conditions of a row (STYLE_SIZE,).

    widest: largest yaw in degrees. variation: 0 like a studio's pictures … 1 as photographs are; pose, expression and
    how hair and beard are worn do not depend on it.
    """
    draws, lamps, lens, worn = (Draws(row[start:]) for start in (0, _LAMPS, _LENS, _WORN))
    usual, broad = draws.normal(0, 16), draws.uniform(-1, 1)
    yaw = float(np.clip(usual if draws.uniform() < 0.72 else widest * broad, -widest, widest))
    pitch, roll = float(np.clip(draws.normal(0, 7), -20, 20)), draws.normal(0, 4)
    another, background = int(draws.uniform(0, 1 << 20)), int(draws.uniform(0, 1 << 30))
    hair_style = another // _USUALLY if another % _USUALLY == 0 else None
    beard = (None, 0.0, 0.15, 0.4, 0.9)[draws.choice([0.85, 0.06, 0.05, 0.03, 0.01])]
    makeup = None if (unusual := draws.uniform()) < 0.75 else 4 * (unusual - 0.75)
    age_shift = float(np.clip(draws.normal(0, 0.03), -0.08, 0.08))
    camera = _camera(draws, lens, variation)
    kind, light = light_of(draws, lamps, variation)
    scene, stops = scene_for(kind, worn)
    glasses, dark = worn.uniform(), worn.uniform()
    return Capture(
        yaw,
        pitch,
        roll,
        _expression(Draws(row[_MOOD:_LAMPS])),
        hair_style,
        beard,
        makeup,
        age_shift,
        light,
        camera,
        background,
        scene=scene,
        scene_stops=stops,
        light_kind=kind,
        glasses=glasses if variation > 0 else 1.0,
        sunglasses=dark < variation * (0.04 if kind == "sun" else 0.012),
        clothes=int(worn.uniform(0, 1 << 30)),
        body_turn=worn.uniform(0.25, 0.9),
    )


EXPRESSIONS = ("neutral", "smile", "grin", "serious", "surprised", "speaking")


def expression_of(name: str, strength: float = 0.6) -> dict[str, float]:
    """Facial actions of a named expression (see EXPRESSIONS), 0 barely … 1 strongly."""
    return _mood(EXPRESSIONS.index(name), [strength] * 6)


def _expression(draws: Draws) -> dict[str, float]:
    """A mild everyday expression from a few facial actions, with a gaze."""
    mood = draws.choice([0.34, 0.26, 0.14, 0.10, 0.06, 0.10])
    out = _mood(mood, [draws.uniform() for _ in range(6)])
    for name in list(out):
        if name.endswith(("Left", "Right")):
            out[name] = min(1.0, out[name] * (1 + 0.12 * draws.normal() * (name.endswith("Left"))))
    _both(out, "eyeBlink", draws.uniform(0, 0.06))
    sideways, upwards = draws.normal(0, 0.16), draws.normal(0, 0.10)
    left, right = ("Out", "In") if sideways > 0 else ("In", "Out")
    out[f"eyeLook{left}Left"] = out[f"eyeLook{right}Right"] = min(abs(sideways), 0.45)
    _both(out, "eyeLookUp" if upwards > 0 else "eyeLookDown", min(abs(upwards), 0.3))
    return out


def _mood(mood: int, u: Sequence[float]) -> dict[str, float]:
    """Facial actions of one of EXPRESSIONS; u: six numbers in [0, 1] that say how strongly."""
    out: dict[str, float] = {}
    if mood in (1, 2):
        _both(out, "mouthSmile", 0.20 + 0.45 * u[0])
        _both(out, "cheekSquint", 0.08 + 0.25 * u[1])
        _both(out, "eyeSquint", 0.12 * u[2])
    if mood == 2:
        out["jawOpen"] = 0.05 + 0.08 * u[3]
        _both(out, "mouthUpperUp", 0.22 + 0.25 * u[4])
    if mood == 3:
        _both(out, "browDown", 0.1 + 0.4 * u[0])
        _both(out, "mouthPress", 0.4 * u[1])
        _both(out, "mouthFrown", 0.3 * u[2])
    if mood == 4:
        out["browInnerUp"] = 0.2 + 0.5 * u[0]
        _both(out, "browOuterUp", 0.2 + 0.4 * u[1])
        _both(out, "eyeWide", 0.45 * u[2])
    if mood == 5:
        out["jawOpen"] = 0.03 + 0.13 * u[0]
        out["mouthFunnel"] = 0.35 * u[1]
    return out


def _both(out: dict[str, float], name: str, strength: float) -> None:
    out[f"{name}Left"] = out[f"{name}Right"] = float(min(max(strength, 0), 1))


def _camera(draws: Draws, lens: Draws, variation: float) -> Camera:
    """draws: what every picture has a little of. lens: what few pictures have. Scaled, and made rarer, by variation."""
    v = variation
    blurred, blur = draws.uniform() < 0.45 * v, draws.uniform(0.3, 1.0)
    distance = math.exp(draws.uniform(math.log(0.8), math.log(3.0)))
    exposure = float(np.clip(v * draws.normal(0.14, 0.32), -0.5, 0.9))
    cast = draws.warmth(0.055) * floats([1 + 0.02 * draws.normal(), 1, 1 + 0.02 * draws.normal()])
    contrast = math.exp(0.10 + v * draws.normal(0.05, 0.11))
    saturation = float(np.clip(1.04 + v * draws.normal(-0.02, 0.17), 0.4, 1.5))
    noise = draws.uniform(0, 0.016)
    points = floats([[draws.normal(0, 0.55), draws.normal(0, 0.55)] for _ in range(5)])
    stronger_cast = np.exp(lens.sometimes(0.08 * v, -0.16, 0.16) * floats([1, 0.1, -1.1]))
    near = lens.sometimes(0.06 * v, 0.5, 0.7)
    # One thing at most goes badly wrong in a picture: what is far away, out of focus, moving or dark.
    wrong, how_far = lens.choice((*_WRONG, 1 / v - sum(_WRONG)) if v > 0 else (0, 0, 0, 0, 1)), lens.uniform()
    return Camera(
        distance=near or 1.6 * (distance / 1.6) ** v,
        exposure=exposure,
        white_balance=(cast**v * stronger_cast).astype(np.float32),
        contrast=contrast,
        saturation=saturation,
        blur=blur if blurred else 0.0,
        noise=v * noise + (0.012 + 0.02 * how_far if wrong == 3 else 0.0),
        jitter=np.float32(v) * (points + _missed(lens)),
        defocus=0.4 + 0.9 * how_far if wrong == 1 else 0.0,
        motion=1.2 + 2.2 * how_far if wrong == 2 else 0.0,
        motion_angle=lens.uniform(0, 180),
        vignette=lens.sometimes(0.35 * v, 0.05, 0.35),
        vignette_center=(lens.normal(0, 0.5), lens.normal(0.4, 0.5)),
        haze=lens.sometimes(0.08 * v, 0.015, 0.06),
        resolution=112.0 * 0.5 ** (1 - 0.85 * how_far) if wrong == 0 else 112.0,
        sharpening=lens.sometimes(0.30 * v, 0.2, 1.0),
        jpeg=round(lens.sometimes(0.60 * v, 6.0, 9.7) ** 2),
        monochrome=lens.sometimes(0.045 * v, 1.0, 1.0),
    )


def _missed(draws: Draws) -> Floats:
    """(5, 2) pixels by which a detector misses all five points together: a shift, a scale and a turn."""
    away, scale, turn = (draws.normal(0, 0.6), draws.normal(0, 0.6)), draws.normal(0, 0.018), draws.normal(0, 0.022)
    around = ARCFACE_TEMPLATE - ARCFACE_TEMPLATE.mean(axis=0)
    return floats(around @ np.array([[scale, turn], [-turn, scale]]) + away)
