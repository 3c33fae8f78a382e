"""How pictures are taken: what a row of numbers says, how often, and what `variation` leaves of it."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from hyperface.heads.identity import coordinates
from hyperface.heads.light import lamps
from hyperface.heads.photo.camera import develop
from hyperface.heads.photo.capture import STYLE_SIZE, Camera, capture_of
from hyperface.heads.photo.scenes import SCENES, SIDE, paint_scene
from hyperface.heads.render import Studio


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(5).standard_normal((1500, STYLE_SIZE))


@pytest.fixture(scope="module")
def wide(rows):
    return [capture_of(row) for row in rows]


def shares(values) -> dict:
    count = Counter(values)
    return {name: number / count.total() for name, number in count.items()}


def test_lights_are_met_as_often_as_they_should(wide):
    met = shares(capture.light_kind for capture in wide)
    for kind, share in zip(lamps.KINDS, lamps.SHARES, strict=True):
        assert met[kind] == pytest.approx(share, abs=0.035), kind
    assert "studio" not in met


def test_places_go_with_their_light(wide):
    outside = shares(capture.scene for capture in wide if capture.light_kind in ("sun", "overcast"))
    inside = shares(capture.scene for capture in wide if capture.light_kind in ("window", "lamps"))
    assert outside["street"] + outside["greenery"] > 0.6
    assert inside["room"] > 0.4
    assert "room" not in outside


def test_most_pictures_are_ordinary(wide):
    cameras = [capture.camera for capture in wide]
    assert np.mean([camera.defocus > 0 for camera in cameras]) == pytest.approx(0.10, abs=0.03)
    assert np.mean([camera.motion > 0 for camera in cameras]) == pytest.approx(0.05, abs=0.02)
    assert np.mean([camera.resolution < 112 for camera in cameras]) == pytest.approx(0.18, abs=0.04)
    assert np.mean([camera.jpeg > 0 for camera in cameras]) == pytest.approx(0.60, abs=0.04)
    assert min(camera.resolution for camera in cameras) >= 56
    assert min(camera.jpeg for camera in cameras if camera.jpeg) >= 36


def test_no_variation_is_a_studio(rows):
    for row in rows[:40]:
        capture = capture_of(row, variation=0)
        camera = capture.camera
        assert (capture.light_kind, capture.scene, capture.scene_stops) == ("studio", "plain", 0.0)
        assert (camera.blur, camera.defocus, camera.motion, camera.vignette, camera.haze) == (0, 0, 0, 0, 0)
        assert (camera.noise, camera.sharpening, camera.jpeg, camera.monochrome, camera.resolution) == (0, 0, 0, 0, 112)
        assert (camera.exposure, camera.distance) == (0, pytest.approx(1.6))
        np.testing.assert_array_equal(camera.jitter, np.zeros((5, 2)))
        np.testing.assert_array_equal(camera.white_balance, np.ones(3))


def test_variation_changes_neither_pose_nor_expression(rows):
    for row in rows[:20]:
        mild, wild = capture_of(row, variation=0.3), capture_of(row)
        for name in ("yaw", "pitch", "roll", "expression", "hair_style", "beard", "makeup", "age_shift", "background"):
            assert getattr(mild, name) == getattr(wild, name)


def test_more_variation_is_more_of_everything(rows):
    def defects(variation):
        cameras = [capture_of(row, variation=variation).camera for row in rows[:300]]
        return [np.mean([bool(getattr(c, name)) for c in cameras]) for name in ("defocus", "jpeg", "sharpening")]

    assert (np.diff([defects(v) for v in (0, 0.5, 1)], axis=0) > 0).all()


@pytest.mark.parametrize("scene", SCENES)
def test_scenes_are_light_that_follows_from_a_seed(scene):
    first, again, other = (paint_scene(scene, 0.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (SIDE, SIDE, 3)
    assert first.min() > 0
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.005
    np.testing.assert_allclose(paint_scene(scene, 1.0, np.random.default_rng(1)), 2 * first, rtol=1e-5)


def test_exposure_does_not_depend_on_how_bright_the_light_is():
    rng = np.random.default_rng(2)
    radiance = rng.random((224, 224, 3)).astype(np.float32) + 0.2
    face, skin = np.ones((224, 224), np.float32), np.full(3, 0.4, np.float32)
    dim, bright = (develop(k * radiance, face, skin, Camera(), 112, rng) for k in (np.float32(0.1), np.float32(3)))
    np.testing.assert_allclose(dim, bright, atol=2e-3)


def test_gray_pictures_have_no_color_and_all_effects_together_are_a_picture(wide):
    z = coordinates.sample([3])[0]
    camera = replace(
        wide[0].camera, monochrome=1.0, jpeg=60, resolution=60.0, defocus=1.0, motion=2.0, noise=0.03, haze=0.05,
        vignette=0.3, sharpening=0.5,
    )  # fmt: skip
    capture = replace(wide[0], camera=camera, yaw=10.0)
    first, again = (Studio().photograph(z, capture) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert 0 <= first.min() < first.max() <= 1
    assert np.abs(first - first.mean(axis=2, keepdims=True)).max() < 0.03
