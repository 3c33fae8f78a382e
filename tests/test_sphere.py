"""The sphere's geometry against closed forms."""

import math

import numpy as np
import pytest
import torch

from hyperface import sphere
from hyperface.errors import InputError


def test_embeddings_are_checked_and_scaled_to_unit_rows():
    rows = sphere.as_embeddings(np.array([[3.0, 4.0], [0.0, -2.0]]))
    assert rows.dtype == torch.float32
    torch.testing.assert_close(rows, torch.tensor([[0.6, 0.8], [0.0, -1.0]]))


def test_unit_rows_pass_unchanged():
    rows = sphere.random_points(100, 7, seed=0)
    assert torch.equal(sphere.as_embeddings(rows), rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (torch.ones(3), "shape"),
        (torch.ones(2, 1), "shape"),
        (torch.tensor([[1.0, 0.0], [math.nan, 1.0]]), "NaN or infinity in row 1"),
        (torch.tensor([[math.inf, 0.0]]), "NaN or infinity in row 0"),
        (torch.zeros(9, 2), "zero in rows 0, 1, 2, 3, 4 and 4 more"),
        (torch.ones(2, 2, dtype=torch.complex64), "real"),
    ],
)
def test_unusable_embeddings_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        sphere.as_embeddings(rows)


def test_random_points_repeat_with_the_seed_and_have_no_preferred_direction():
    points = sphere.random_points(20_000, 3, seed=5)
    assert torch.equal(points, sphere.random_points(20_000, 3, seed=5))
    assert not torch.equal(points, sphere.random_points(20_000, 3, seed=6))
    torch.testing.assert_close(points.norm(dim=1), torch.ones(20_000))
    second_moments = points.T @ points / len(points)
    torch.testing.assert_close(second_moments, torch.eye(3) / 3, atol=0.02, rtol=0)  # 5 standard errors


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-5, 1.0, math.pi / 2, math.pi - 1e-9, math.pi])
def test_angles_keep_their_digits_everywhere(angle):
    a = torch.tensor([1.0, 0.0], dtype=torch.float64)
    b = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    assert float(sphere.angles(a, b)) == pytest.approx(angle, rel=1e-9, abs=1e-15)


def test_angle_of_a_cosine():
    assert sphere.angle_degrees(0.5) == pytest.approx(60)
    assert sphere.angle_degrees(-1.0000001) == 180
    assert sphere.angle_degrees(1.0000001) == 0
    cosines = torch.tensor([1.0, 0.0, -1.0])
    torch.testing.assert_close(sphere.angle_degrees(cosines), torch.tensor([0.0, 90.0, 180.0], dtype=torch.float64))
    assert sphere.angle_degrees(math.cos(1e-6)) == pytest.approx(math.degrees(1e-6), rel=1e-3)


def test_geodesic_goes_at_constant_speed_along_the_great_circle():
    a, b = sphere.normalize(sphere.random_points(2, 16, seed=1).double())
    whole = float(sphere.angles(a, b))
    for share in (0.0, 0.25, 0.5, 1.0):
        point = sphere.geodesic(a, b, share)
        assert float(point.norm()) == pytest.approx(1)
        assert float(sphere.angles(a, point)) == pytest.approx(share * whole)
        assert float(sphere.angles(point, b)) == pytest.approx((1 - share) * whole)
    torch.testing.assert_close(sphere.geodesic(a, a, 0.3), a)
    rows = sphere.geodesic(a.expand(3, -1), b.expand(3, -1), torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(rows[1], sphere.geodesic(a, b, 0.5))
    with pytest.raises(InputError, match="opposite"):
        sphere.geodesic(a, -a, 0.5)
