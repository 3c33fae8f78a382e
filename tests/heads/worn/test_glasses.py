"""Glasses: who has some, that they fit, and what a mesh drawn over a picture does to it."""

from dataclasses import replace

import numpy as np
import pytest

from hyperface.heads.identity import coordinates
from hyperface.heads.light.lamps import studio_light
from hyperface.heads.numerics.arrays import floats
from hyperface.heads.parts import neutral_head
from hyperface.heads.photo.capture import STYLE_SIZE, capture_of
from hyperface.heads.render import Studio
from hyperface.heads.shape.model import load_head_model
from hyperface.heads.worn.glasses import BORROWED, OWN, SHARE, fitted, frames_for
from hyperface.heads.worn.solids import Solid, cast, draw, joined, tube


@pytest.fixture(scope="module")
def people():
    return coordinates.sample(range(400))


def test_as_many_have_glasses_as_should_and_others_rarely_wear_some(people):
    own = np.array([frames_for(z, OWN - 0.01, False) is not None for z in people])
    assert own.mean() == pytest.approx(SHARE, abs=0.05)
    assert all(frames_for(z, BORROWED / 2, False) for z in people[:20])
    assert not any(frames_for(z, OWN, False) for z in people)
    assert all(frames_for(z, 1.0, True).dark for z in people[:20])
    chances = np.random.default_rng(1).random(len(people))
    met = np.mean([frames_for(z, chance, False) is not None for z, chance in zip(people, chances, strict=True)])
    assert met == pytest.approx(0.17 * 0.85 + 0.83 * 0.015, abs=0.045)


def test_a_small_change_of_a_person_keeps_the_glasses(people):
    rng = np.random.default_rng(0)
    changed = people + 0.02 * rng.standard_normal(people.shape).astype(np.float32)
    same = [frames_for(a, 0.5, False) == frames_for(b, 0.5, False) or frames_for(b, 0.5, False) is not None
            for a, b in zip(people, changed, strict=True) if frames_for(a, 0.5, False)]  # fmt: skip
    assert np.mean(same) > 0.9


def test_frames_stand_before_the_face_and_around_the_eyes(people):
    head = load_head_model()
    for z in people[:6]:
        person = coordinates.person(z)
        vertices = neutral_head(person, person.phenotype.age)
        solid = fitted(frames_for(z, 0.0, False), vertices)
        front = solid.vertices[solid.vertices[:, 1] < 0.01]
        for side in ("right", "left"):
            eye = vertices[head.landmarks[f"rim_{side}"]]
            own = front[front[:, 0] * eye[0, 0] > 0]
            assert own[:, 0].min() < eye[:, 0].min() + 0.004
            assert own[:, 0].max() > eye[:, 0].max() - 0.004
            assert own[:, 2].min() < eye[:, 2].min() < eye[:, 2].max() < own[:, 2].max()
            assert np.median(own[:, 1]) < eye[:, 1].min() - 0.002


def test_a_bar_has_the_size_asked_for_and_normals_that_look_outwards():
    line = floats(np.stack([np.linspace(0, 1, 5), np.zeros(5), np.zeros(5)], axis=1))
    points, normals, triangles = tube(line, (0.2, 0.1), floats([0, 1, 0]), closed=False)
    assert np.abs(points[:, 1]).max() == pytest.approx(0.2)
    assert np.abs(points[:, 2]).max() == pytest.approx(0.1 * 3**0.5 / 2, rel=1e-5)
    assert ((points - np.repeat(line, 6, axis=0)) * normals).sum(axis=1).min() > 0
    assert triangles.max() == len(points) - 1


def square(depth: float, through: float) -> tuple[Solid, np.ndarray, np.ndarray]:
    screen = floats([[2, 2], [8.3, 2], [8, 8.1], [2, 8]])  # no sample lies on the edge that the two triangles share
    solid = Solid(
        vertices=floats([[-0.1, 0, 0.1], [0.1, 0, 0.1], [0.1, 0, -0.1], [-0.1, 0, -0.1]]),
        normals=floats([[0, -1, 0]] * 4),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        albedo=np.zeros((4, 3), np.float32),
        metal=np.zeros(4, np.float32),
        gloss=np.zeros(4, np.float32),
        through=np.full((4, 3), through, np.float32),
    )
    return solid, screen, np.full(4, depth, np.float32)


@pytest.mark.parametrize(("depth", "through"), [(1.0, 0.0), (1.0, 0.8), (3.0, 0.0)])
def test_a_mesh_hides_what_is_behind_it_as_far_as_it_lets_no_light_through(depth, through):
    solid, screen, depths = square(depth, through)
    image, nearest = np.full((10, 10, 3), 100, np.float32), np.full((10, 10), 2, np.float32)
    open_map = np.full((64, 64), np.inf, np.float32)
    axes, taps = floats(np.eye(3)), np.zeros((1, 2), np.float32)
    draw(solid, screen, depths, studio_light(), open_map, axes, taps, 1.6, nearest, image)
    inside = image[3:7, 3:7]
    share = through if depth < 2 else 1.0
    np.testing.assert_allclose(inside, 100 * share, atol=1.0)
    assert (image[:2] == 100).all()
    assert (nearest[3:7, 3:7] == (depth if share == 0 else 2)).all()


def test_threads_of_a_mesh_are_seen_by_the_light():
    solid, *_ = square(1.0, 0.0)
    thread = floats([[[-0.1, 0, 0], [0.1, 0, 0]]])
    both = joined([solid, replace(solid, threads=(thread,))])
    assert len(both.vertices) == 8
    assert both.triangles.max() == 7
    shadow = np.full((84, 84), np.inf, np.float32)
    cast(both, shadow, floats([[1, 0, 0], [0, 0, 1], [0, 1, 0]]))
    assert np.isfinite(shadow[42]).sum() == pytest.approx(40, abs=2)
    assert not np.isfinite(shadow[:42]).any()


def test_glasses_change_the_picture_around_the_eyes_alone(people):
    row = np.random.default_rng(3).standard_normal(STYLE_SIZE)
    bare = replace(capture_of(row, variation=0.0), yaw=0.0, pitch=0.0, roll=0.0)
    studio = Studio()
    without, own, dark = (
        studio.photograph(people[0], replace(bare, **change)) for change in ({}, {"glasses": 0.0}, {"sunglasses": True})
    )
    changed = np.abs(own - without).mean(axis=2)
    assert changed[38:66].mean() > 0.006
    assert changed[95:].mean() < 0.3 * changed[38:66].mean()  # dark frames make the whole picture a bit brighter
    assert dark[48:56, 32:44].mean() < 0.6 * without[48:56, 32:44].mean()
