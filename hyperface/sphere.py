"""Geometry of the unit sphere S^(d-1); how far apart n points on it can be at best is handed on from `bounds`.

Embeddings are rows of unit length, so the cosine of two is their dot product and their cosine distance 1 − cosine.
"""

import math
from typing import overload

import numpy as np
import torch
from torch.nn import functional as F

from hyperface.bounds import best_known_angle, max_cosine_bound
from hyperface.errors import InputError

__all__ = [
    "angle_degrees",
    "angles",
    "as_embeddings",
    "best_known_angle",
    "geodesic",
    "max_cosine_bound",
    "normalize",
    "random_points",
]

UNIT_TOLERANCE = 1e-6  # rows this close to unit length are taken as they are: rounding, not drift


def as_embeddings(rows: torch.Tensor | np.ndarray, *, what: str = "embeddings") -> torch.Tensor:
    """Check rows (n, d) of any float type and return them as float32 unit rows on their device.

    Rows off unit length are scaled to it. `what` names them in messages. InputError for anything but two axes,
    for d < 2, for NaN or infinity, and for rows of zeros, which point nowhere.
    """
    rows = torch.as_tensor(rows)
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise InputError(
            f"The {what} must be an array of shape (number, dimension) with a dimension of at least 2; "
            f"the shape is {tuple(rows.shape)}."
        )
    if rows.is_complex():
        raise InputError(f"The {what} must be real numbers, not {rows.dtype}.")
    rows = rows.detach().to(torch.float64)
    bad = ~rows.isfinite().all(dim=1)  # (n,)
    if bad.any():
        raise InputError(f"The {what} hold NaN or infinity in {_rows(bad)}. Leave those rows out.")
    lengths = rows.norm(dim=1, keepdim=True)  # (n, 1)
    zero = lengths[:, 0] < 1e-12
    if zero.any():
        raise InputError(f"The {what} are zero in {_rows(zero)}, which is no direction. Leave those rows out.")
    drifted = (lengths - 1).abs() > UNIT_TOLERANCE
    return torch.where(drifted, rows / lengths, rows).float()


def _rows(mask: torch.Tensor) -> str:
    indices = mask.nonzero()[:, 0].tolist()
    listed = ", ".join(map(str, indices[:5]))
    return f"{'row' if len(indices) == 1 else 'rows'} {listed}" + (
        f" and {len(indices) - 5} more" if len(indices) > 5 else ""
    )


def normalize(rows: torch.Tensor) -> torch.Tensor:
    """Scale the last axis to unit length; differentiable. Zeros stay zeros."""
    return F.normalize(rows, dim=-1)


def random_points(n: int, d: int, seed: int) -> torch.Tensor:
    """n points drawn uniformly on S^(d-1), float32 (n, d): a normal sample, normalised."""
    generator = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(n, d, generator=generator, dtype=torch.float64)).float()


@overload
def angle_degrees(cosine: torch.Tensor) -> torch.Tensor: ...
@overload
def angle_degrees(cosine: float) -> float: ...
def angle_degrees(cosine: torch.Tensor | float) -> torch.Tensor | float:
    """Angle in degrees, [0, 180], of a cosine; values outside [−1, 1] by rounding are clamped. Float in, float out.

    Computed in float64 as 2·asin(chord / 2). Below about 0.02° a float32 cosine no longer tells angles apart:
    use `angles` on the vectors.
    """
    if not isinstance(cosine, torch.Tensor):
        return math.degrees(2 * math.asin(math.sqrt(min(max((1 - float(cosine)) / 2, 0.0), 1.0))))
    half_chord = ((1 - cosine.double()) / 2).clamp(0, 1).sqrt()
    return torch.rad2deg(2 * half_chord.asin())


def angles(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Angles in radians, float64 (…,), between unit vectors (…, d), accurate from 0 to π.

    2·atan2(|a − b|, |a + b|) (Kahan), where the arc cosine loses half of the digits near 0 and π.
    """
    a, b = a.double(), b.double()
    return 2 * torch.atan2((a - b).norm(dim=-1), (a + b).norm(dim=-1))


def geodesic(a: torch.Tensor, b: torch.Tensor, t: torch.Tensor | float) -> torch.Tensor:
    """The point a share t of the way from a to b (…, d) along the great circle (slerp), t broadcast over rows.

    Opposite points have no shortest way: InputError.
    """
    angle = angles(a, b).unsqueeze(-1)  # (…, 1)
    if bool((angle > math.pi - 1e-6).any()):
        raise InputError("Two of the points are opposite: no way between them is the shortest.")
    t = torch.as_tensor(t, dtype=torch.float64, device=a.device)
    if t.ndim:
        t = t.unsqueeze(-1)  # (…, 1)
    # sin(s·angle)/sin(angle) tends to s where the points coincide
    small = angle < 1e-9
    scale = torch.where(small, 1.0, angle.sin())
    from_a = torch.where(small, 1 - t, ((1 - t) * angle).sin() / scale)
    to_b = torch.where(small, t, (t * angle).sin() / scale)
    return normalize(from_a * a.double() + to_b * b.double()).to(a.dtype)
