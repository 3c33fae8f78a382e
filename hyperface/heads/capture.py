"""How a person is photographed: pose, expression, light, background and camera, from a row of standard normal numbers.

Nothing here knows who is photographed, so that one row is comparable across people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hyperface.heads.arrays import Floats, floats

STYLE_SIZE = 96  # numbers of a row; more than are read, so that something can be added


@dataclass(frozen=True)
class Light:
    """Light in the camera's frame (x right, y away from the camera, z up). Colours are linear RGB."""

    key_direction: Floats  # (3,) unit, towards the light
    key: Floats  # (3,)
    softness: float  # 0 hard shadows … 1 very soft ones
    lobe_directions: Floats  # (k, 3) unit, soft lights
    lobe_sharpness: Floats  # (k,)
    lobes: Floats  # (k, 3)
    sky: Floats  # (3,) from above
    ground: Floats  # (3,) from below


@dataclass(frozen=True)
class Camera:
    """What happens between the scene and the stored pixels."""

    distance: float = 1.6  # metres from the eyes
    exposure: float = 0.0  # stops around a correctly exposed face
    white_balance: Floats = field(default_factory=lambda: np.ones(3, np.float32))
    contrast: float = 1.12  # exponent around middle grey
    saturation: float = 1.08
    blur: float = 0.0  # standard deviation, pixels of the 112×112 crop
    noise: float = 0.0  # standard deviation at full white, of [0, 1]
    jitter: Floats = field(default_factory=lambda: np.zeros((5, 2), np.float32))  # (5, 2) pixels of the crop


@dataclass(frozen=True)
class Capture:
    """One picture's conditions. Angles in degrees: yaw > 0 turns to the person's left, pitch > 0 looks up."""

    yaw: float
    pitch: float
    roll: float
    expression: Mapping[str, float]
    hair_style: int  # index into the styles of women or men, taken modulo their number
    beard: float  # length of facial hair, 0 … 1
    makeup: float  # 0 … 1
    age_shift: float  # added to the person's own age, in the phenotype's units
    light: Light
    camera: Camera
    background: int  # seed of what is behind the head, and of the sensor's noise


class Draws:
    """Reads a row of standard normal numbers one after the other, as whatever distribution is asked for."""

    def __init__(self, row: Sequence[float] | NDArray[np.floating]) -> None:
        self._row = [float(value) for value in row]
        self._next = 0

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        self._next += 1
        return mean + sd * self._row[self._next - 1]

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * 0.5 * (1 + math.erf(self.normal() / math.sqrt(2)))

    def choice(self, shares: Sequence[float]) -> int:
        """An index, with these shares."""
        place = self.uniform() * sum(shares)
        for index, share in enumerate(shares):
            place -= share
            if place < 0:
                return index
        return len(shares) - 1


def capture_of(row: Sequence[float] | NDArray[np.floating], *, widest: float = 60.0) -> Capture:
    """Everyday conditions of a row (STYLE_SIZE,). widest: largest yaw in degrees."""
    draws = Draws(row)
    usual, broad = draws.normal(0, 16), draws.uniform(-1, 1)
    yaw = float(np.clip(usual if draws.uniform() < 0.72 else widest * broad, -widest, widest))
    pitch, roll = float(np.clip(draws.normal(0, 7), -20, 20)), draws.normal(0, 4)
    hair_style, background = int(draws.uniform(0, 1 << 20)), int(draws.uniform(0, 1 << 30))
    beard = (0.0, 0.15, 0.4, 0.9)[draws.choice([0.45, 0.3, 0.15, 0.1])]
    makeup = draws.uniform() ** 2
    age_shift = float(np.clip(draws.normal(0, 0.03), -0.08, 0.08))
    camera, light = _camera(draws), _light(draws)
    return Capture(
        yaw, pitch, roll, _expression(draws), hair_style, beard, makeup, age_shift, light, camera, background
    )


EXPRESSIONS = ("neutral", "smile", "grin", "serious", "surprised", "speaking")


def expression_of(name: str, strength: float = 0.6) -> dict[str, float]:
    """Facial actions of a named expression (see EXPRESSIONS), 0 barely … 1 strongly."""
    return _mood(EXPRESSIONS.index(name), [strength] * 6)


STUDIO_TURN = -35.0  # degrees from the camera at which a portrait's key light stands


def studio_light(turn: float = STUDIO_TURN, lift: float = 35.0, softness: float = 0.6) -> Light:
    """A soft key light (degrees from the camera, `turn` above 0 to the right), a fill and a rim, as for portraits."""
    side = -1.0 if turn > 0 else 1.0
    return Light(
        key_direction=direction(math.radians(turn), math.radians(lift)),
        key=floats([1.28, 1.24, 1.18]),
        softness=softness,
        lobe_directions=np.stack(
            [direction(side * 0.9, 0.15), direction(side * 2.5, 0.5), direction(-side * 2.7, 0.3)]
        ),
        lobe_sharpness=floats([2.5, 9, 9]),
        lobes=floats([[0.34, 0.36, 0.40], [0.85, 0.85, 0.90], [0.45, 0.46, 0.50]]),
        sky=floats([0.36, 0.37, 0.39]),
        ground=floats([0.24, 0.22, 0.20]),
    )


def direction(azimuth: float, height: float) -> Floats:
    """Unit vector towards a light; azimuth 0 is on the camera's side of the face, positive to the right."""
    flat = math.cos(height)
    return floats([math.sin(azimuth) * flat, -math.cos(azimuth) * flat, math.sin(height)])


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


def _light(draws: Draws) -> Light:
    azimuth, height = math.radians(draws.uniform(-80, 80)), math.radians(draws.uniform(-2, 62))
    key_share = draws.uniform(0.15, 0.66)
    directions, sharpness, colors = [], [], []
    for number in range(3):
        turn, lift = draws.uniform(-math.pi, math.pi), math.radians(draws.uniform(-30, 70))
        directions.append(direction(turn, lift))
        sharpness.append(draws.uniform(2, 12))
        strength = draws.uniform(0.2, 1.3) * (1.0 if number == 0 or draws.uniform() < 0.5 else 0.0)
        colors.append(strength * _warmth(draws, 0.10))
    ambient = (1 - key_share) * draws.uniform(0.5, 1.0)
    return Light(
        key_direction=direction(azimuth, height),
        key=(key_share * 2.2 * _warmth(draws, 0.09)).astype(np.float32),
        softness=draws.uniform(0.1, 0.8),
        lobe_directions=np.stack(directions).astype(np.float32),
        lobe_sharpness=floats(sharpness),
        lobes=np.stack(colors).astype(np.float32),
        sky=(ambient * _warmth(draws, 0.11)).astype(np.float32),
        ground=(ambient * draws.uniform(0.3, 0.85) * _warmth(draws, 0.12)).astype(np.float32),
    )


def _camera(draws: Draws) -> Camera:
    blurred = draws.uniform() < 0.45
    blur = draws.uniform(0.3, 1.0)
    return Camera(
        distance=math.exp(draws.uniform(math.log(0.8), math.log(3.0))),
        exposure=float(np.clip(draws.normal(0, 0.33), -0.8, 0.8)),
        white_balance=(_warmth(draws, 0.055) * floats([1 + 0.02 * draws.normal(), 1, 1 + 0.02 * draws.normal()])),
        contrast=math.exp(draws.normal(0.10, 0.13)),
        saturation=float(np.clip(draws.normal(1.02, 0.15), 0.45, 1.4)),
        blur=blur if blurred else 0.0,
        noise=draws.uniform(0, 0.016),
        jitter=floats([[draws.normal(0, 0.55), draws.normal(0, 0.55)] for _ in range(5)]),
    )


def _warmth(draws: Draws, spread: float) -> Floats:
    """A colour of luminance about 1 between candle and blue sky."""
    warm, green = draws.normal(0, spread), 0.12 * draws.normal(0, spread)
    return np.exp(floats([warm, green, -1.1 * warm]))
