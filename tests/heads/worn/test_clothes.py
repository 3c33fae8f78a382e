"""Neck and shoulders: they meet the head, stand below it, and are dressed as the seed says."""

from dataclasses import replace

import numpy as np
import pytest

from hyperface.heads.identity import coordinates
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio
from hyperface.heads.shape.model import load_head_model
from hyperface.heads.worn import clothes


@pytest.fixture(scope="module")
def people():
    return [coordinates.person(z) for z in coordinates.sample(range(30))]


def test_the_lower_edge_of_the_neck_is_where_the_head_is_open():
    head = load_head_model()
    edge = head.mean[clothes.neck_edge()]
    assert 30 < len(edge) < 60
    assert edge[:, 2].max() < -0.095
    assert edge[:, 2].min() == pytest.approx(head.mean[:, 2].min())


def test_shoulders_are_wider_than_the_neck_and_below_it(people):
    edge = load_head_model().mean[clothes.neck_edge()]
    for seed, person in enumerate(people):
        body = clothes.joined_to(clothes.dressed(person, seed), clothes.neck_scale(edge))
        x, _, z = body.vertices.T
        assert z.max() < 0.03
        assert 0.15 < x[z < -0.2].max() < 0.27
        throat = np.abs(z + 0.012) < 0.006
        assert np.abs(x[throat]).max() < 0.09  # with a collar
        assert np.isfinite(body.vertices).all()
        assert (body.albedo >= 0).all()
        assert (body.albedo < 1).all()
        np.testing.assert_allclose(np.linalg.norm(body.normals, axis=1), 1, atol=1e-3)


def test_a_neck_is_as_wide_as_the_head_asks_for_and_shoulders_stay(people):
    body = clothes.dressed(people[0], 1)
    wide = clothes.joined_to(body, np.array([1.2, 1.1, 1.0], np.float32))
    top, low = body.vertices[:, 2] > -0.03, body.vertices[:, 2] < -0.15
    np.testing.assert_allclose(wide.vertices[top], body.vertices[top] * [1.2, 1.1, 1.0], rtol=1e-5)
    np.testing.assert_array_equal(wide.vertices[low], body.vertices[low])


def test_clothes_follow_from_the_seed(people):
    same = [clothes.dressed(people[3], 5) for _ in range(2)]
    np.testing.assert_array_equal(same[0].albedo, same[1].albedo)
    looks = {clothes.dressed(people[3], seed).albedo.tobytes() for seed in range(12)}
    assert len(looks) == 12


def test_shoulders_fill_what_is_below_the_neck():
    row = np.random.default_rng(3).standard_normal(STYLE_SIZE)
    capture = replace(capture_of(row, variation=0.0), yaw=0.0, pitch=0.0, roll=0.0)
    z = coordinates.sample([2])[0]
    one, other = (Studio().photograph(z, replace(capture, clothes=seed), framing=0.5) for seed in (1, 2))
    changed = np.abs(one - other).mean(axis=2)
    assert changed[104:, 40:72].mean() > 0.01
    assert changed[:70].max() == 0
