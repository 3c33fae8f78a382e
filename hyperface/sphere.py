"""Geometry of the unit sphere S^(d-1), and how far apart n points on it can be at best.

Embeddings are rows of unit length, so the cosine of two is their dot product and their cosine distance 1 − cosine.
"""

import csv
import math
from collections.abc import Callable
from functools import cache
from typing import overload

import numpy as np
import torch
from torch.nn import functional as F

from hyperface.assets import asset
from hyperface.errors import InputError

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


def max_cosine_bound(n: int, d: int) -> float:
    """A value that the largest cosine between n points on S^(d-1) cannot be below, whatever the packing.

    Sharp (reached by some packing) for d = 2 and for n ≤ 2d, also for the icosahedron and other Levenshtein-sharp
    codes. Sources: Rankin 1955 (n ≤ 2d); Fejes Tóth 1943 (d = 3); Levenshtein 1979 beyond, the whole family
    L_3, L_4, …, each on its own range (`_levenshtein_bound`), so that there is a bound for every n. (Welch's bound
    is for the largest |cosine| and is no floor here.) One point has no pair: −1. InputError for n < 1 or d < 1.
    """
    if n < 1 or d < 1:
        raise InputError(f"A packing has at least one point in at least one dimension; got n = {n}, d = {d}.")
    if n <= 2:
        return -1.0
    if d == 1:
        return 1.0  # three points on two places
    if d == 2:
        return math.cos(2 * math.pi / n)
    if n <= d + 1:
        return -1 / (n - 1)
    if n <= 2 * d:
        return 0.0
    bound = _levenshtein_bound(n, d)
    if d == 3:
        omega = n / (n - 2) * math.pi / 6
        bound = max(bound, (1 / math.tan(omega) ** 2 - 1) / 2)
    return bound


@cache
def _levenshtein_bound(n: int, d: int) -> float:
    """Solve L(d, s) = n for s, n ≥ 2d, d ≥ 3. L bounds the size of a code of largest cosine s, and rises with s.

    From n = 2·C(d+k−2, k−1) to C(d+k−1, k) + C(d+k−2, k−1) it is L_{2k−1}, with s from t_{k−1}^{1,1} to t_k^{1,0}; from
    there to 2·C(d+k−1, k) it is L_{2k}, with s up to t_k^{1,1}. t_k^{a,b} is the largest zero of the Jacobi polynomial
    of degree k with parameters a + (d−3)/2, b + (d−3)/2. (V. I. Levenshtein, Universal bounds for codes and designs,
    Handbook of Coding Theory, 1998, section 5.)
    """
    k = 2
    while n > 2 * math.comb(d + k - 1, k):
        k += 1
    if n <= math.comb(d + k - 1, k) + math.comb(d + k - 2, k - 1):
        size, low, high = _odd_bound(k, d), _largest_zero(k - 1, 1, 1, d), _largest_zero(k, 1, 0, d)
    else:
        size, low, high = _even_bound(k, d), _largest_zero(k, 1, 0, d), _largest_zero(k, 1, 1, d)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if size(middle) < n else (low, middle)
    return low


def _odd_bound(k: int, d: int) -> Callable[[float], float]:
    """L_{2k−1}(d, s)."""
    factor = math.comb(k + d - 3, k - 1)

    def size(s: float) -> float:
        before, last = _gegenbauer(k, d, s)[-2:]
        return factor * ((2 * k + d - 3) / (d - 1) - (before - last) / ((1 - s) * last))

    return size


def _even_bound(k: int, d: int) -> Callable[[float], float]:
    """L_{2k}(d, s)."""
    factor = math.comb(k + d - 2, k)

    def size(s: float) -> float:
        before, last = _gegenbauer(k + 1, d, s)[-2:]
        return factor * ((2 * k + d - 1) / (d - 1) - (1 + s) * (before - last) / ((1 - s) * (before + last)))

    return size


def _gegenbauer(degree: int, d: int, s: float) -> list[float]:
    """Gegenbauer polynomials of S^(d-1) of degree 0 … `degree` at s, scaled to 1 at s = 1."""
    values = [1.0, s]
    for i in range(1, degree):
        values.append(((2 * i + d - 2) * s * values[i] - i * values[i - 1]) / (i + d - 2))
    return values[: degree + 1]


def _largest_zero(degree: int, a: int, b: int, d: int) -> float:
    """t_degree^{a,b}, see `_levenshtein_bound`: the top eigenvalue of the polynomials' three-term recurrence."""
    from scipy.linalg import eigh_tridiagonal

    alpha, beta = a + (d - 3) / 2, b + (d - 3) / 2
    i = np.arange(degree, dtype=np.float64)
    total = 2 * i + alpha + beta
    diagonal = (beta**2 - alpha**2) / (total * (total + 2))
    j, total = i[1:], total[1:]
    squares = 4 * j * (j + alpha) * (j + beta) * (j + alpha + beta) / (total**2 * (total + 1) * (total - 1))
    top = (degree - 1, degree - 1)
    return float(eigh_tridiagonal(diagonal, np.sqrt(squares), eigvals_only=True, select="i", select_range=top)[0])


@cache
def _best_known_angles() -> dict[int, float]:
    with asset("tammes.csv").open(newline="") as file:
        table = {int(row["n"]): float(row["min_angle_deg"]) for row in csv.DictReader(file)}
    return {2: 180.0, 3: 120.0} | table


def best_known_angle(n: int) -> float | None:
    """Smallest angle in degrees of the best known packing of n points on S² (Tammes), None where not in the table."""
    return _best_known_angles().get(n)
