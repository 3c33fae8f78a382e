"""Changes of a whole face's proportions, beside MakeHuman's local ones: smooth displacements of the mean head.

Each is told as a field over the mean head, in metres of the model's frame (x to the person's left, y backwards, z up,
the eyes at z = 0): how far it moves a place at full strength. Full strength is about as far as two people in a
hundred go to one side. A face changed the other way is moved the opposite way.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hyperface.heads.numerics.arrays import Floats, Indices
from hyperface.heads.numerics.noise import bump, smooth_step

_SMALLEST = 2e-5  # metres; what moves less stays


def proportions(mean: Floats) -> Mapping[str, tuple[Indices, Floats]]:
    """Of every change: vertices (m,) of the mean head (v, 3) that it moves, and how far (m, 3) at full strength."""
    shapes = {}
    for name, field in _fields(mean).items():
        moved = np.flatnonzero(np.abs(field).max(axis=1) > _SMALLEST)
        shapes[name] = (moved.astype(np.int32), field[moved])
    return shapes


def _fields(mean: Floats) -> dict[str, Floats]:
    """Displacements (v, 3) by the name of the change."""
    x, y, z = mean.T
    side, left = np.abs(x), np.tanh(x / 0.012)
    beside = left * smooth_step(0.018, 0.052, side)  # neither nose nor mouth become wider with the face
    face = smooth_step(0.09, 0.03, y)
    lips, eyes = bump(z + 0.072, 0.016), bump(side - 0.032, 0.017) * bump(z, 0.013) * face
    nose = bump(x, 0.016) * smooth_step(0.012, -0.010, z) * smooth_step(-0.062, -0.044, z) * (y < 0.01)
    return {
        "face-temples-width": _along(0, 0.0075 * beside * bump(z - 0.040, 0.026)),
        "face-cheekbones-width": _along(0, 0.0070 * beside * bump(z + 0.028, 0.016)),
        "face-jaw-width": _along(0, 0.0085 * beside * bump(z + 0.082, 0.024)),
        "face-chin-width": _along(0, 0.0060 * left * smooth_step(0.004, 0.022, side) * bump(z + 0.110, 0.014) * face),
        "face-middle-length": _along(2, -0.0065 * smooth_step(-0.008, -0.058, z)),
        "face-lower-length": _along(2, -0.0075 * smooth_step(-0.080, -0.112, z)),
        "face-upper-length": _along(2, 0.0090 * smooth_step(0.022, 0.085, z)),
        "face-profile-forward": _along(1, -0.0065 * bump(x, 0.026) * bump(z + 0.048, 0.030) * face),
        "face-jaw-forward": _along(1, -0.0075 * smooth_step(-0.070, -0.108, z) * bump(x, 0.040) * face),
        "face-forehead-slope": _along(1, 0.0100 * smooth_step(0.018, 0.085, z) * face),
        "face-eyes-depth": _along(1, 0.0042 * eyes),
        "face-brow-ridge": _along(1, -0.0045 * bump(side - 0.024, 0.020) * bump(z - 0.021, 0.008) * face),
        "face-nose-root": _along(1, -0.0045 * bump(x, 0.009) * bump(z - 0.004, 0.011) * face),
        "face-cheeks-hollow": _along(0, -0.0055 * left * bump(side - 0.052, 0.014) * bump(z + 0.058, 0.018) * face),
        "face-midface-depth": _along(1, 0.0055 * bump(side - 0.040, 0.016) * bump(z + 0.034, 0.018) * face),
        "uneven-jaw": _along(0, 0.0045 * smooth_step(-0.055, -0.110, z) * bump(x, 0.060) * face),
        "uneven-nose": _along(0, 0.0030 * nose),
        "uneven-mouth": _along(2, 0.0030 * np.tanh(x / 0.020) * lips * bump(x, 0.040) * face),
        "uneven-eyes": _along(2, 0.0025 * np.tanh(x / 0.025) * bump(z - 0.004, 0.026) * face),
        "uneven-cheeks": _along(0, 0.0040 * np.abs(beside) * bump(z + 0.045, 0.030)),
    }


def _along(axis: int, distance: Floats) -> Floats:
    """Displacements (v, 3) along one axis."""
    out = np.zeros((len(distance), 3), np.float32)
    out[:, axis] = distance
    return out
