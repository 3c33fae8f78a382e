"""Hair: threads cover what they are wide, curves go through their corners, coils and fringes end where they should."""

from dataclasses import replace

import numpy as np
import pytest

from hyperface.heads.hair.growing import COIL_CORNERS, grow
from hyperface.heads.hair.hairstyles import STYLES, style_for
from hyperface.heads.hair.strands import _finer, wear
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.colors import GRAY_HAIR
from hyperface.heads.light.shading import draw_strands
from hyperface.heads.light.shadows import REACH, shadow_taps
from hyperface.heads.shape.model import load_head_model

SIDE = 48


@pytest.fixture(scope="module")
def someone():
    return coordinates.person(coordinates.sample([3])[0])


def drawn(start, end, width: float, *, behind: float = 2.0) -> np.ndarray:
    """Light (SIDE, SIDE) of one white thread between two places in samples, a metre away, on black."""
    corners = 12
    share = np.linspace(0, 1, corners, dtype=np.float32)[:, None]
    screen = np.asarray(start, np.float32) * (1 - share) + np.asarray(end, np.float32) * share
    points = np.concatenate([screen[:, :1], 0 * share, -screen[:, 1:]], axis=1).astype(np.float32) / 1000
    one, image = np.ones((1, 3), np.float32), np.zeros((SIDE, SIDE, 3), np.float32)
    nearest = np.full((SIDE, SIDE), behind, np.float32)
    shadow, axes = np.full((8, 8), np.inf, np.float32), np.eye(3, dtype=np.float32)
    draw_strands(
        points[None], one, np.zeros((1, corners), np.float32), np.zeros((1, corners), np.int32), one, one,
        screen[None], np.ones((1, corners), np.float32), shadow, axes, np.zeros((1, 2), np.float32),
        np.zeros(3, np.float32), np.array([width], np.float32), np.zeros(1, np.int32),
        np.array([1, REACH, 0, 1], np.float32), nearest, image,
    )  # fmt: skip
    return image[..., 0]


@pytest.mark.parametrize("end", [(40.0, 9.0), (13.0, 41.0), (38.0, 38.0)])
def test_a_thread_covers_as_much_as_it_is_wide(end):
    full = drawn((8, 8), end, 6.0)
    for width in (0.2, 0.7, 1.5, 3.0):
        assert drawn((8, 8), end, width).sum() / full.sum() == pytest.approx(width / 6, rel=0.04)


def test_a_thread_is_as_wide_in_every_direction():
    ends = np.array([(40, 8), (36, 20), (32, 32), (20, 36), (8, 40)], float)
    per_length = [drawn((8, 8), end, 1.2).sum() / np.hypot(*(end - 8)) for end in ends]
    np.testing.assert_allclose(per_length, per_length[0], rtol=0.03)


def test_a_thin_thread_is_as_bright_wherever_it_lies_between_samples():
    sums = [drawn((8, 20 + shift), (40, 20 + shift), 0.3).sum() for shift in (0, 0.2, 0.5, 0.9)]
    np.testing.assert_allclose(sums, sums[0], rtol=1e-3)
    np.testing.assert_allclose(drawn((8, 20.3), (40, 23.1), 0.8), drawn((20.3, 8), (23.1, 40), 0.8).T, atol=2e-2)


def test_a_thread_behind_something_is_hidden():
    assert drawn((8, 8), (40, 30), 2.0, behind=0.5).max() == 0
    assert drawn((8, 8), (40, 30), 2.0).max() > 0.5


def test_finer_strands_pass_through_their_corners_and_leave_straight_ones_straight():
    points = np.random.default_rng(0).normal(size=(5, 12, 3)).astype(np.float32)
    nearest, inside = np.arange(60, dtype=np.int32).reshape(5, 12), np.ones((5, 12), np.float32)
    fine, over, deep = _finer(points, nearest, inside, 3)
    np.testing.assert_allclose(fine[:, ::3], points, atol=1e-6)
    np.testing.assert_array_equal(over[:, ::3], nearest)
    assert fine.shape == (5, 34, 3)
    assert deep.shape == (5, 34)
    line = np.linspace(0, 1, 12, dtype=np.float32)[None, :, None] * np.array([1, 2, 3], np.float32)
    between = _finer(line, nearest[:1], inside[:1], 2)[0][0, 3:-3]
    np.testing.assert_allclose(
        np.diff(between, axis=0), np.diff(between, axis=0)[:1].repeat(len(between) - 1, 0), atol=1e-6
    )


def test_coils_stay_within_the_hair(someone):
    style = style_for(replace(someone, curl=0.95), 5)
    growth, head = grow(style), load_head_model()
    assert style.comb == "out"
    assert growth.points.shape[1] == growth.nearest.shape[1] == growth.inside.shape[1] == COIL_CORNERS
    far = np.linalg.norm(growth.points - head.mean[growth.nearest], axis=2)
    assert far.max() < style.volume + 0.012  # and a coil's size, and the way to the nearest vertex
    middles = growth.points.mean(axis=1)
    assert np.median(np.linalg.norm(middles - growth.points[:, 0], axis=1)) < style.volume


def test_a_fringe_ends_between_hairline_and_eyes():
    growth = grow(STYLES["bob-fringe"])
    fringe = growth.points[(growth.angle < np.deg2rad(15)) & (growth.hairline > 0)]
    lowest = fringe[:, -1, 2]
    assert 0.015 < np.median(lowest) < 0.050  # above the eyes (0), below the hairline (0.06)
    assert np.quantile(lowest, 0.02) > 0.002


def test_hair_grays_with_age_and_not_before(someone):
    style = STYLES["short"]
    dark = replace(someone, hair=np.array([0.02, 0.015, 0.01], np.float32), gray_age=0.9)
    vertices = load_head_model().mean
    young, old = (wear(dark, vertices, style, age, 500).color.mean(axis=0) for age in (0.66, 1.0))
    np.testing.assert_allclose(young, dark.hair, rtol=0.1)
    assert (old > 0.6 * GRAY_HAIR).all()


def test_places_that_a_soft_shadow_is_read_at_are_one_set_turned_sixteen_ways():
    sets = shadow_taps(0.5, 256, 6)
    away = np.hypot(*np.moveaxis(sets, -1, 0))
    np.testing.assert_allclose(away, away[:1].repeat(16, 0), rtol=1e-5)
    angles = np.arctan2(sets[:, 0, 1], sets[:, 0, 0]) * 16 / (2 * np.pi)
    assert len({round(float(angle - angles[0])) % 16 for angle in angles}) == 16
