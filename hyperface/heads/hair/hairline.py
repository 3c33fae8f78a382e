"""Where hair begins on a head, told by the angle around it. Positions are metres of the head's frame (see model)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hyperface.heads.identity.coordinates import Person
from hyperface.heads.numerics.arrays import Floats

AXIS_Y = 0.065  # the vertical axis that angles around the head are measured from, above the ears
TABLE = 256  # angles at which a hairline is kept


def hairline(person: Person, age: float) -> tuple[Floats, Floats]:
    """Where hair begins: heights (m,) in metres at angles (m,) in radians around the head, 0 straight ahead."""
    forehead, temples, peak, sideburns = person.hairline
    recede = person.receding * float(np.clip((age - 0.66) / 0.34, 0, 1.2))
    front = 0.060 + forehead + 0.026 * recede
    corner = 0.053 + forehead + temples + 0.040 * recede
    heights = [front - peak, front, corner, 0.033 + 0.6 * temples + 0.014 * recede, 0.016, 0.006, -0.022 + sideburns,
               -0.005, -0.055, -0.085]  # fmt: skip
    return _line(tuple(heights))


def mean_line() -> tuple[Floats, Floats]:
    return _line((0.060, 0.060, 0.055, 0.034, 0.016, 0.006, -0.022, -0.005, -0.055, -0.085))


@lru_cache(maxsize=64)  # a person's at one age is asked for by hair and by scalp
def _line(heights: tuple[float, ...]) -> tuple[Floats, Floats]:
    from scipy.interpolate import pchip_interpolate

    degrees = [0, 20, 40, 52, 62, 72, 84, 96, 125, 180]
    fine = np.linspace(0, np.pi, TABLE)
    return fine.astype(np.float32), pchip_interpolate(np.deg2rad(degrees), heights, fine).astype(np.float32)


def around(points: Floats) -> Floats:
    return np.asarray(np.arctan2(np.abs(points[:, 0]), AXIS_Y - points[:, 1]), np.float32)


def above_mean_line(points: Floats) -> Floats:
    return (points[:, 2] - np.interp(around(points), *mean_line())).astype(np.float32)
