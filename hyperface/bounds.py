"""How far apart n points on the unit sphere S^(d-1) can be at best: bounds of coding theory, and the best known codes.

`hyperface.sphere` hands out both functions beside its geometry; this module knows nothing of it.
"""

import csv
import math
from collections.abc import Callable
from functools import cache

import numpy as np

from hyperface.assets import asset
from hyperface.errors import InputError


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
