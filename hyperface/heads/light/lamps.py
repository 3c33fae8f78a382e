"""Light that people are photographed in: a studio's, what most rooms have, and the kinds that photographs know by name.

Only ratios matter: exposure is measured on the face. Colours are what is left after a camera's white balance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hyperface.heads.numerics.arrays import Floats, floats
from hyperface.heads.numerics.draws import Draws


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


# Kinds of light and how often each is met. "mixed" is a room's: one key and a few soft lights from anywhere.
KINDS = ("mixed", "overcast", "window", "sun", "lamps", "flash", "backlight", "colored")
SHARES = (0.34, 0.18, 0.13, 0.11, 0.12, 0.07, 0.04, 0.01)
STUDIO_TURN = -35.0  # degrees from the camera at which a portrait's key light stands
OUTDOORS = ("overcast", "sun", "backlight")


def direction(azimuth: float, height: float) -> Floats:
    """Unit vector towards a light; azimuth 0 is on the camera's side of the face, positive to the right."""
    flat = math.cos(height)
    return floats([math.sin(azimuth) * flat, -math.cos(azimuth) * flat, math.sin(height)])


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


def light_of(mixed: Draws, special: Draws, variation: float) -> tuple[str, Light]:
    """The kind of a picture's light ("studio" or one of KINDS) and the light.

    mixed: numbers that a room's light is drawn from. special: numbers that say which kind it is, and how the other
    kinds are. variation: 0 always a studio's … 1 never.
    """
    varied, kind = special.uniform() < variation, KINDS[special.choice(SHARES)]
    if not varied:
        return "studio", studio_light(special.uniform(-50, 50), special.uniform(20, 50), special.uniform(0.4, 0.8))
    return kind, _mixed(mixed) if kind == "mixed" else _SPECIAL[kind](special)


def _mixed(draws: Draws) -> Light:
    azimuth, height = math.radians(draws.uniform(-80, 80)), math.radians(draws.uniform(-2, 62))
    key_share = draws.uniform(0.15, 0.66)
    directions, sharpness, colors = [], [], []
    for number in range(3):
        turn, lift = draws.uniform(-math.pi, math.pi), math.radians(draws.uniform(-30, 70))
        directions.append(direction(turn, lift))
        sharpness.append(draws.uniform(2, 12))
        strength = draws.uniform(0.2, 1.3) * (1.0 if number == 0 or draws.uniform() < 0.5 else 0.0)
        colors.append(strength * draws.warmth(0.10))
    ambient = (1 - key_share) * draws.uniform(0.5, 1.0)
    return Light(
        key_direction=direction(azimuth, height),
        key=(key_share * 2.2 * draws.warmth(0.09)).astype(np.float32),
        softness=draws.uniform(0.1, 0.8),
        lobe_directions=np.stack(directions).astype(np.float32),
        lobe_sharpness=floats(sharpness),
        lobes=np.stack(colors).astype(np.float32),
        sky=(ambient * draws.warmth(0.11)).astype(np.float32),
        ground=(ambient * draws.uniform(0.3, 0.85) * draws.warmth(0.12)).astype(np.float32),
    )


def _built(
    key: tuple[float, float, float],
    color: Floats,
    softness: float,
    around: Sequence[tuple[float, float, float, Floats]],
    sky: Floats,
    ground: Floats,
) -> Light:
    """key: azimuth and height in degrees, strength. around: soft lights by azimuth, height, sharpness and colour."""
    turn, lift, strength = key
    none = [(0.0, 90.0, 2.0, floats([0, 0, 0]))] * (3 - len(around))
    lights = [*around, *none]
    return Light(
        key_direction=direction(math.radians(turn), math.radians(lift)),
        key=floats(strength * color),
        softness=softness,
        lobe_directions=np.stack([direction(math.radians(a), math.radians(h)) for a, h, _, _ in lights]),
        lobe_sharpness=floats([sharp for _, _, sharp, _ in lights]),
        lobes=floats([tint for *_, tint in lights]),
        sky=floats(sky),
        ground=floats(ground),
    )


def _overcast(draws: Draws) -> Light:
    """A bright sky without a sun: light from above, shallow shadows below brows, nose and chin."""
    brighter = (draws.uniform(-120, 120), draws.uniform(25, 60), draws.uniform(1.5, 4), 0.5 * draws.warmth(0.05))
    return _built(
        (draws.uniform(-60, 60), draws.uniform(45, 75), draws.uniform(0.15, 0.5)),
        draws.warmth(0.04),
        1.0,
        [brighter],
        0.8 * draws.warmth(0.05) * floats([0.96, 1, 1.07]),
        draws.uniform(0.2, 0.5) * draws.warmth(0.06),
    )


def _window(draws: Draws) -> Light:
    """Beside a window: soft light from one side, the other side as dark as the room is."""
    side = -1.0 if draws.uniform() < 0.5 else 1.0
    azimuth, height = side * draws.uniform(30, 80), draws.uniform(5, 40)
    color, room = draws.warmth(0.05), draws.uniform(0.20, 0.50)
    return _built(
        (azimuth, height, draws.uniform(0.9, 1.5)),
        color,
        draws.uniform(0.6, 1.0),
        [(azimuth, height, draws.uniform(3, 7), 0.8 * color)],
        room * draws.warmth(0.08),
        0.7 * room * draws.warmth(0.10) * floats([1.06, 1, 0.93]),
    )


def _sun(draws: Draws) -> Light:
    """Direct sun: hard and warm, shadows filled by a blue sky and by what the ground throws back."""
    fill = draws.uniform(0.34, 0.62)
    return _built(
        (draws.uniform(-65, 65), draws.uniform(15, 60), draws.uniform(1.3, 2.1)),
        draws.warmth(0.04) * floats([1.06, 1, 0.9]),
        draws.uniform(0.0, 0.12),
        [(draws.uniform(-180, 180), -20.0, 3.0, 0.25 * draws.warmth(0.06))],
        fill * floats([0.88, 1.0, 1.16]),
        draws.uniform(0.4, 0.9) * fill * draws.warmth(0.07) * floats([1.06, 1, 0.9]),
    )


def _lamps(draws: Draws) -> Light:
    """A room in the evening or an office: lamps overhead and around, warmer or cooler than the camera thinks."""
    cast = draws.normal(0.04, 0.09)
    tint = floats(np.exp([cast, 0.0, -1.2 * cast]))
    low = draws.uniform(0.25, 0.5)
    second = (draws.uniform(-150, 150), draws.uniform(10, 70), draws.uniform(3, 9), draws.uniform(0.3, 0.9) * tint)
    third = (
        draws.uniform(-180, 180),
        draws.uniform(0, 50),
        draws.uniform(4, 12),
        draws.uniform(0.0, 0.6) * draws.warmth(0.15),
    )
    return _built(
        (draws.uniform(-70, 70), draws.uniform(40, 78), draws.uniform(0.6, 1.4)),
        tint,
        draws.uniform(0.25, 0.7),
        [second, third],
        low * tint * draws.warmth(0.04),
        0.55 * low * tint,
    )


def _flash(draws: Draws) -> Light:
    """The camera's own flash: flat, hard-edged, in a dark room."""
    room = draws.uniform(0.05, 0.25)
    return _built(
        (draws.uniform(-9, 9), draws.uniform(3, 16), draws.uniform(1.2, 2.0)),
        draws.warmth(0.03) * floats([0.98, 1, 1.04]),
        draws.uniform(0.0, 0.15),
        [],
        room * draws.warmth(0.12) * floats([1.1, 1, 0.86]),
        0.6 * room * draws.warmth(0.12),
    )


def _backlight(draws: Draws) -> Light:
    """The sun or a window behind: a bright edge around a face that only its surroundings light."""
    side = -1.0 if draws.uniform() < 0.5 else 1.0
    around = draws.uniform(0.4, 0.7)
    front = (draws.uniform(-50, 50), draws.uniform(-10, 40), 2.0, draws.uniform(0.3, 0.7) * draws.warmth(0.05))
    behind = (side * draws.uniform(140, 180), 25.0, 6.0, draws.uniform(0.6, 1.6) * draws.warmth(0.06))
    return _built(
        (side * draws.uniform(125, 165), draws.uniform(15, 50), draws.uniform(1.2, 2.6)),
        draws.warmth(0.05) * floats([1.06, 1, 0.9]),
        draws.uniform(0.05, 0.4),
        [front, behind],
        around * draws.warmth(0.07),
        0.8 * around * draws.warmth(0.07),
    )


def _colored(draws: Draws) -> Light:
    """A stage or a shop window: one side in one colour, the other in another."""
    hues = [draws.uniform(0, 1), draws.uniform(0, 1)]
    first, second = (
        np.float32(0.45)
        + np.float32(0.55) * floats([0.5 + 0.5 * math.cos(2 * math.pi * (hue - k / 3)) for k in range(3)])
        for hue in hues
    )
    side = -1.0 if draws.uniform() < 0.5 else 1.0
    return _built(
        (side * draws.uniform(20, 70), draws.uniform(5, 50), draws.uniform(0.8, 1.3)),
        first,
        draws.uniform(0.2, 0.7),
        [(-side * draws.uniform(30, 110), draws.uniform(0, 40), draws.uniform(3, 8), 0.8 * second)],
        0.25 * draws.warmth(0.06),
        0.18 * draws.warmth(0.06),
    )


_SPECIAL: dict[str, Callable[[Draws], Light]] = {
    "overcast": _overcast,
    "window": _window,
    "sun": _sun,
    "lamps": _lamps,
    "flash": _flash,
    "backlight": _backlight,
    "colored": _colored,
}
