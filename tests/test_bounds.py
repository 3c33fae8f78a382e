"""The bounds against closed forms and packings that are known exactly."""

import itertools
import math

import numpy as np
import pytest

from hyperface import bounds, sphere
from hyperface.errors import InputError

SHARP = [  # n, d, largest cosine: the sharp configurations of Cohn and Kumar 2007, table 1
    (2, 5, -1.0),
    (6, 5, -1 / 5),  # simplex
    (7, 2, math.cos(2 * math.pi / 7)),
    (10, 5, 0.0),  # cross-polytope
    (12, 3, 1 / math.sqrt(5)),  # icosahedron
    (16, 5, 1 / 5),
    (27, 6, 1 / 4),
    (56, 7, 1 / 3),
    (240, 8, 1 / 2),  # roots of E8
    (275, 22, 1 / 6),
    (552, 23, 1 / 5),
    (4600, 23, 1 / 3),
    (196560, 24, 1 / 2),  # Leech lattice
]


@pytest.mark.parametrize(("n", "d", "cosine"), SHARP)
def test_bound_is_reached_by_the_sharp_codes(n, d, cosine):
    assert bounds.max_cosine_bound(n, d) == pytest.approx(cosine, abs=1e-9)


@pytest.mark.parametrize(("n", "cosine"), [(2000, 0.0037), (10_000, 0.0238), (50_000, 0.0391), (131_840, 0.0422)])
def test_bound_in_512_dimensions(n, cosine):
    """Levenshtein's L3 in closed form: n = d(1−s)(2+(d+1)s)/(1−ds²)."""
    d, s = 512, bounds.max_cosine_bound(n, 512)
    assert s == pytest.approx(cosine, abs=6e-5)
    assert d * (1 - s) * (2 + (d + 1) * s) / (1 - d * s * s) == pytest.approx(n, rel=1e-6)


def test_bound_holds_for_the_600_cell():
    assert bounds.max_cosine_bound(120, 4) < (1 + math.sqrt(5)) / 4


def test_bound_holds_for_every_best_known_packing_on_the_sphere():
    for n in (*range(4, 21), 24):
        assert sphere.angle_degrees(bounds.max_cosine_bound(n, 3)) >= bounds.best_known_angle(n) - 1e-6, n


@pytest.mark.parametrize("n", [12, 24, 100, 5000])
def test_bound_in_three_dimensions_is_fejes_toths_where_it_is_the_sharper(n):
    """n points are at best the corners of 2n − 4 equal triangles: such a triangle, of the bound's side, has that share
    of the sphere's area (as the solid angle of its corners: A. Van Oosterom, J. Strackee 1983)."""
    cosine = bounds.max_cosine_bound(n, 3)
    corners = np.linalg.cholesky(np.full((3, 3), cosine) + (1 - cosine) * np.eye(3))  # unit rows of these cosines
    area = 2 * math.atan2(abs(np.linalg.det(corners)), 1 + 3 * cosine)
    assert (2 * n - 4) * area == pytest.approx(4 * math.pi, rel=1e-9)


@pytest.mark.parametrize("d", [2, 3, 4, 8, 40, 128, 512])
def test_bound_rises_with_the_number_of_points(d):
    numbers = [1, 2, 3, d, d + 1, d + 2, 2 * d, 2 * d + 1, 5 * d, 100 * d, 200_000, 200_001, 10_000_000]
    found = [bounds.max_cosine_bound(n, d) for n in sorted(set(numbers))]
    assert all(low <= high for low, high in itertools.pairwise(found))
    assert found[-1] < 1


def test_bound_refuses_nothing_to_pack():
    with pytest.raises(InputError):
        bounds.max_cosine_bound(0, 3)
    assert bounds.max_cosine_bound(1, 3) == -1


def test_best_known_angles():
    assert bounds.best_known_angle(2) == 180
    assert bounds.best_known_angle(12) == pytest.approx(math.degrees(math.acos(1 / math.sqrt(5))), abs=1e-7)
    assert bounds.best_known_angle(23) is None


def test_the_sphere_hands_the_bounds_on():
    assert sphere.max_cosine_bound is bounds.max_cosine_bound
    assert sphere.best_known_angle is bounds.best_known_angle
