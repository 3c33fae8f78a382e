"""Colours that people have: skin between measured-looking anchors, hair and irises on palettes. Linear RGB throughout.

Every colour moves on a line or between a few anchors, so that none can become one that nobody has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Color = NDArray[np.float32]  # (3,) linear RGB


def to_linear(srgb: ArrayLike) -> NDArray[np.float64]:
    """sRGB values in [0, 1] → linear light (IEC 61966-2-1)."""
    values = np.asarray(srgb, np.float64)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


_SKIN = to_linear(
    np.array([[236, 206, 190], [222, 186, 166], [198, 157, 133], [160, 120, 97], [114, 82, 66], [76, 54, 45]]) / 255
)
_PINK, _OLIVE = np.array([0.05, -0.045, -0.02]), np.array([-0.035, 0.015, -0.05])  # of the logarithm
_HAIR = to_linear(
    np.array([[24, 20, 19], [38, 28, 23], [62, 43, 31], [92, 64, 42], [134, 98, 62], [182, 146, 98], [214, 184, 136]])
    / 255
)
_RED_HAIR = to_linear(np.array([128, 62, 34]) / 255)
GRAY_HAIR = to_linear(np.array([196, 192, 188]) / 255)
_IRIS = to_linear(
    np.array([[44, 28, 20], [72, 45, 28], [106, 74, 42], [118, 104, 66], [104, 122, 104], [104, 132, 152]]) / 255
)


def skin(melanin: float, undertone: float) -> Color:
    """Albedo of bare skin. melanin: 0 lightest … 1 darkest; undertone: deviates, above 0 pinker, below more olive."""
    log_albedo = _between(np.log(_SKIN), melanin)
    lean = _PINK if undertone > 0 else _OLIVE
    return np.exp(log_albedo + abs(undertone) * lean).astype(np.float32)


def lips(bare: Color, redness: float, depth: float) -> Color:
    """Lips are the skin with more blood: redness in [0, 1], depth about 1 (darker above it)."""
    pale, red = np.array([0.88, 0.60, 0.62]), np.array([0.80, 0.36, 0.40])
    return (bare * ((1 - redness) * pale + redness * red) ** depth).astype(np.float32)


def hair(lightness: float, redness: float) -> Color:
    """Ungreyed hair. lightness: 0 black … 1 fair; redness: 0 none … 1 red, in hair that is neither black nor fair."""
    color = _between(_HAIR, lightness)
    share = redness * np.clip(4 * lightness * (1 - lightness), 0, 1)
    return np.asarray((1 - share) * color + share * _RED_HAIR, np.float32)


def iris(lightness: float) -> Color:
    """From dark brown (0) over hazel and green to blue-grey (1)."""
    return _between(_IRIS, lightness).astype(np.float32)


def _between(anchors: NDArray[np.float64], position: float) -> NDArray[np.float64]:
    places = np.linspace(0, 1, len(anchors))
    return np.array([np.interp(position, places, anchors[:, channel]) for channel in range(3)])
