import math

import numpy as np
import pytest
import torch

from hyperface import gallery
from hyperface.errors import InputError
from hyperface.lessons import dimensions
from hyperface.lessons.catalog import lesson


def test_the_share_of_a_cap_is_its_closed_form_on_a_circle_and_a_ball():
    for degrees in (1.0, 30, 60, 90, 120, 179):
        assert dimensions.share_within(2, degrees) == pytest.approx(degrees / 180)
        assert dimensions.share_within(3, degrees) == pytest.approx((1 - math.cos(math.radians(degrees))) / 2)
        assert dimensions.angle_of_share(3, dimensions.share_within(3, degrees)) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize("dimension", [4, 24, 128])
def test_the_share_of_a_cap_is_the_integral_of_its_density(dimension):
    angle = np.radians(np.linspace(0, 180, 200_001))
    density = np.sin(angle) ** (dimension - 2)
    inside = angle <= np.radians(dimensions.NEAR)
    wanted = np.trapezoid(density[inside], angle[inside]) / np.trapezoid(density, angle)
    assert dimensions.share_within(dimension, dimensions.NEAR) == pytest.approx(wanted, rel=1e-3)


def test_what_the_lesson_says_of_128_dimensions_is_so():
    spread = dimensions.spread(128)
    assert (round(spread.low), round(spread.high)) == (82, 98)
    assert 1 / spread.near == pytest.approx(1.2e9, rel=0.05)


def test_random_heads_are_as_far_from_their_nearest_as_the_lesson_says():
    faces = gallery.load().embeddings.numpy()
    angles = []
    for seed in range(3):
        people = faces[np.random.default_rng(seed).permutation(len(faces))[:1000]]
        cosines = people @ people.T
        np.fill_diagonal(cosines, -1)
        angles.append(np.degrees(np.arccos(cosines.max(axis=1))).mean())
    assert f"about {round(np.mean(angles))}°" in lesson("dimensions").further


def test_random_pairs_lie_where_they_should():
    for dimension in (3, 32):
        spread = dimensions.spread(dimension)
        assert spread.counts.sum() == dimensions.PAIRS
        middle = (np.arange(60) + 0.5) * dimensions.BIN
        inside = spread.counts[(middle > spread.low) & (middle < spread.high)].sum() / dimensions.PAIRS
        assert inside == pytest.approx(0.9, abs=0.04)  # the bins at both ends are cut


def test_points_are_pushed_towards_the_limit_and_never_past_it():
    work = dimensions.push_apart(30, 16)
    steps = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            points = end.value.double()
            break
    cosines = (points @ points.T - 2 * torch.eye(30)).max()
    assert steps[-1].closest == pytest.approx(math.degrees(math.acos(cosines)), abs=1e-3)
    assert dimensions.bound(30, 16) == pytest.approx(90)
    assert steps[0].closest < 65 < 89.9 < steps[-1].closest <= 90 + 1e-4
    assert all(step.counts.sum() == 30 * 29 / 2 for step in steps)


def test_limits_are_those_of_simplex_and_cross_polytope():
    assert dimensions.bound(10, 128) == pytest.approx(math.degrees(math.acos(-1 / 9)))
    assert dimensions.bound(100, 64) == pytest.approx(90)


def test_other_sizes_are_refused():
    with pytest.raises(InputError, match="10, 30, 100, 300"):
        dimensions.push_apart(10_000, 3)
    with pytest.raises(InputError):
        dimensions.push_apart(10, 5000)
