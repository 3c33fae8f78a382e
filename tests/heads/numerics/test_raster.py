"""The rasteriser and the maps of light against plain computations."""

import numpy as np
import pytest

from hyperface.heads.light import shadows
from hyperface.heads.numerics.raster import BACKGROUND, cover, cover_lines, normals_of, place, rasterize
from hyperface.heads.photo import camera
from hyperface.heads.photo.capture import STYLE_SIZE, Draws, capture_of


def sphere(rows: int = 40, columns: int = 60, radius: float = 0.1):
    """Vertices and outward triangles of a sphere."""
    up, around = np.meshgrid(np.linspace(0.02, np.pi - 0.02, rows), np.linspace(0, 2 * np.pi, columns), indexing="ij")
    points = radius * np.stack([np.sin(up) * np.cos(around), np.sin(up) * np.sin(around), np.cos(up)], -1).reshape(
        -1, 3
    )
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel()
    triangles = np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)]).astype(np.int32)
    return points.astype(np.float32), triangles


def test_rasterizing_against_every_sample_tried_by_hand():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 12, (9, 2)).astype(np.float32)
    depth = rng.uniform(1, 2, 9).astype(np.float32)
    triangles = np.arange(9, dtype=np.int32).reshape(3, 3)
    index, weights, nearest = rasterize(points, depth, triangles, 12, 12)
    for row in range(12):
        for column in range(12):
            best, first = np.inf, BACKGROUND
            for t, corners in enumerate(triangles):
                system = np.vstack([points[corners].T, np.ones(3)])
                if abs(np.linalg.det(system)) < 1e-6 or np.linalg.det(system) > 0:
                    continue  # turned away
                share = np.linalg.solve(system, [column + 0.5, row + 0.5, 1])
                if (share < -1e-5).any():
                    continue
                z = 1 / (share / depth[corners]).sum()
                if z < best:
                    best, first = z, t
            assert index[row, column] == first
            if first != BACKGROUND:
                assert nearest[row, column] == pytest.approx(best, rel=1e-3)
                assert weights[row, column].sum() <= 1 + 1e-4


def test_normals_of_a_sphere_point_outwards():
    points, triangles = sphere()
    normals = normals_of(points, triangles)
    inner = slice(200, -200)
    np.testing.assert_allclose(normals[inner], points[inner] / 0.1, atol=0.08)


def test_a_ball_alone_sees_half_of_everything():
    points, triangles = sphere()
    normals = points / np.float32(0.1)
    seen = shadows.visibility(
        points, normals, triangles, np.zeros((0, 2, 3), np.float32), shadows.sphere_directions(400)
    )
    # The mean of max(0, n·d) over the sphere is 1/4; the ball hides nothing from its own surface.
    np.testing.assert_allclose(seen.mean(axis=1)[200:-200], 0.25, atol=0.03)


def test_a_plate_above_hides_the_light_from_there():
    points, triangles = sphere(radius=0.05)
    plate = np.float32([[-0.2, -0.2, 0.12], [0.2, -0.2, 0.12], [0.2, 0.2, 0.12], [-0.2, 0.2, 0.12]])
    both = np.concatenate([points, plate])
    solid = np.concatenate([triangles, len(points) + np.int32([[0, 1, 2], [0, 2, 3]])])
    up = np.float32([[0, 0, 1]])
    normals = np.concatenate([points / np.float32(0.05), np.float32([[0, 0, 1]] * 4)])
    none = np.zeros((0, 2, 3), np.float32)
    free = shadows.visibility(both, normals, triangles, none, up)[: len(points)]
    covered = shadows.visibility(both, normals, solid, none, up)[: len(points)]
    assert free.max() > 0.9
    assert covered.max() == 0


def test_lines_cover_the_samples_they_run_through():
    nearest = np.full((8, 8), np.inf, np.float32)
    cover_lines(np.float32([[[0.5, 3.5], [7.5, 3.5]]]), np.float32([[1.0, 2.0]]), 1, nearest)
    assert np.isfinite(nearest[3]).sum() >= 7
    assert np.isinf(nearest[[0, 1, 2, 4, 5, 6, 7]]).all()
    assert (np.diff(nearest[3][np.isfinite(nearest[3])]) > 0).all()


def test_a_triangle_that_faces_the_light_casts_a_shadow_as_deep_as_it_lies():
    points, depth = np.float32([[0, 0], [8, 0], [0, 8]]), np.float32([1, 2, 3])
    nearest = np.full((8, 8), np.inf, np.float32)
    cover(points, depth, np.int32([[0, 2, 1]]), nearest)
    assert np.isinf(nearest).all()
    cover(points, depth, np.int32([[0, 1, 2]]), nearest)
    row, column = np.mgrid[0:8, 0:8] + 0.5
    inside = row + column < 8 - 1e-3
    np.testing.assert_allclose(nearest[inside], (1 + column / 8 + 2 * row / 8)[inside], rtol=1e-5)
    assert np.isinf(nearest[row + column > 8 + 1e-3]).all()


def test_points_are_placed_as_turning_and_projecting_them_does():
    rng = np.random.default_rng(3)
    points, turn = rng.normal(0, 0.1, (20, 3)).astype(np.float32), camera.rotation(20, -10, 5)
    transform, middle = np.float32([[70, 3, 50], [-3, 70, 60]]), np.float32([0.01, 0.02, -0.03])
    around, screen, depth = place(points, turn, np.float32([*middle, 1.5]), transform)
    plane, away = camera.project(points @ turn.T, 1.5)
    np.testing.assert_allclose(around, points @ turn.T - middle, atol=1e-6)
    np.testing.assert_allclose(screen, plane @ transform[:, :2].T + transform[:, 2], rtol=1e-5)
    np.testing.assert_allclose(depth, away, rtol=1e-6)


def test_rotation_is_one_and_turns_as_told():
    turn = camera.rotation(90, 0, 0)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(turn @ [0, -1, 0], [1, 0, 0], atol=1e-6)  # the face looks to the picture's right
    np.testing.assert_allclose(camera.rotation(0, 30, 0) @ [0, -1, 0], [0, -np.sqrt(0.75), 0.5], atol=1e-6)


def test_the_crop_puts_five_points_where_they_belong():
    template = camera.ARCFACE_TEMPLATE + 0.5
    angle, scale, shift = 0.3, 0.01, np.array([0.2, -0.1])
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    seen = template @ back.T + shift
    found = camera.crop_transform(seen, np.zeros((5, 2)))
    np.testing.assert_allclose(seen @ found[:, :2].T + found[:, 2], template, atol=1e-3)


def test_draws_have_the_distributions_asked_for():
    rng = np.random.default_rng(1)
    uniform, picked = [], []
    for _ in range(4000):
        draws = Draws(rng.standard_normal(2))
        uniform.append(draws.uniform(2, 4))
        picked.append(draws.choice([0.5, 0.3, 0.2]))
    assert np.mean(uniform) == pytest.approx(3, abs=0.05)
    assert np.var(uniform) == pytest.approx(4 / 12, abs=0.03)
    np.testing.assert_allclose(np.bincount(picked) / 4000, [0.5, 0.3, 0.2], atol=0.04)


def test_conditions_keep_within_what_was_asked():
    rng = np.random.default_rng(2)
    captures = [capture_of(rng.standard_normal(STYLE_SIZE), widest=40) for _ in range(300)]
    assert max(abs(capture.yaw) for capture in captures) <= 40
    assert all(0 <= strength <= 1 for capture in captures for strength in capture.expression.values())
    for capture in captures:
        assert np.linalg.norm(capture.light.key_direction) == pytest.approx(1, abs=1e-5)
        assert (capture.light.key >= 0).all()
