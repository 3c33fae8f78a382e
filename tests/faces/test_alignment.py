"""Alignment against an independent closed form, and crops against pictures whose right answer is known."""

import numpy as np
import pytest
import torch

from hyperface.errors import InputError
from hyperface.faces.template import ARCFACE_TEMPLATE
from hyperface.faces.warp import estimate_similarity, warp

IDENTITY = np.array([[1.0, 0, 0], [0, 1, 0]])


def complex_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least squares in the complex plane: target ≈ a · source + b, where a turns and scales at once."""
    z, w = source @ [1, 1j], target @ [1, 1j]
    a = np.vdot(z - z.mean(), w - w.mean()) / np.vdot(z - z.mean(), z - z.mean())
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def similarity(scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    a = scale * np.exp(1j * np.radians(degrees))
    return np.array([[a.real, -a.imag, shift[0]], [a.imag, a.real, shift[1]]])


def blobs(shape: tuple[int, int], points: np.ndarray, radius: float) -> np.ndarray:
    """Photo with a soft white spot at each point (pixel indices), each in a colour channel of its own in turn."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    photo = np.zeros((*shape, 3))
    for number, (px, py) in enumerate(points):
        photo[:, :, number % 3] += 255 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2))
    return photo.round().clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("count", [2, 3, 5, 20])
def test_similarity_is_the_complex_least_squares_solution(count):
    rng = np.random.default_rng(count)
    for _ in range(20):
        source, target = rng.normal(size=(2, count, 2)) * 50 + 100
        np.testing.assert_allclose(estimate_similarity(source, target), complex_similarity(source, target), atol=1e-9)


def test_an_exact_similarity_is_recovered():
    rng = np.random.default_rng(0)
    for degrees in (0, 30, 90, 179, -120):
        matrix = similarity(rng.uniform(0.01, 20), degrees, (rng.normal(), 1000 * rng.normal()))
        source = rng.normal(size=(5, 2)) * 30
        found = estimate_similarity(source, source @ matrix[:, :2].T + matrix[:, 2])
        np.testing.assert_allclose(found, matrix, rtol=1e-9, atol=1e-9)


def test_mirrored_points_are_turned_and_never_mirrored():
    mirrored = ARCFACE_TEMPLATE * [-1, 1]
    matrix = estimate_similarity(mirrored, ARCFACE_TEMPLATE)
    assert np.linalg.det(matrix[:, :2]) > 0
    np.testing.assert_allclose(matrix, complex_similarity(mirrored, ARCFACE_TEMPLATE), atol=1e-9)


def test_points_in_one_place_are_refused():
    with pytest.raises(InputError, match="one point"):
        estimate_similarity(np.ones((5, 2)), ARCFACE_TEMPLATE)
    with pytest.raises(InputError, match="one point"):
        estimate_similarity(np.full((5, 2), np.nan), ARCFACE_TEMPLATE)


def test_the_identity_copies_pixels():
    photo = np.random.default_rng(1).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    crop = warp(photo, IDENTITY)
    assert crop.dtype == torch.float32
    np.testing.assert_array_equal((crop * 255).round().byte().permute(1, 2, 0).numpy(), photo)


def test_whole_pixel_shifts_and_quarter_turns_copy_pixels_and_the_outside_is_black():
    photo = np.random.default_rng(2).integers(1, 256, (112, 112, 3), dtype=np.uint8)
    shifted = (warp(photo, similarity(1, 0, (-10, 7))) * 255).round().byte().permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(shifted[7:, :102], photo[:105, 10:])
    assert not shifted[:7].any()
    assert not shifted[:, 102:].any()
    turned = (warp(photo, similarity(1, 90, (111, 0))) * 255).round().byte().permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(turned, np.rot90(photo, -1))  # x to the right becomes y down


@pytest.mark.slow
@pytest.mark.parametrize("face_scale", [0.3, 0.9, 1, 1.7, 4, 20])
@pytest.mark.parametrize("degrees", [0, -25, 140])
def test_landmarks_land_on_the_template(face_scale, degrees):
    """Spots drawn where the landmarks are appear in the crop where the template is, to a tenth of a pixel."""
    back = similarity(face_scale, degrees, (0, 0))
    points = ARCFACE_TEMPLATE @ back[:, :2].T
    points += 40 * face_scale - points.min(axis=0)
    shape = tuple(np.ceil(points.max(axis=0) + 40 * face_scale).astype(int)[::-1])
    photo = blobs(shape, points[:3], radius=max(2.5 * face_scale, 1.5))
    crop = warp(photo, estimate_similarity(points, ARCFACE_TEMPLATE)).numpy()  # (3, 112, 112)
    y, x = np.mgrid[0:112, 0:112]
    for channel, expected in zip(crop, ARCFACE_TEMPLATE, strict=False):
        near = channel * (np.hypot(x - expected[0], y - expected[1]) < 12)
        centroid = np.array([(near * x).sum(), (near * y).sum()]) / near.sum()
        np.testing.assert_allclose(centroid, expected, atol=0.1)


def test_fine_detail_is_averaged_where_the_face_is_reduced():
    """One-pixel squares in black and white at 25 photo pixels to a crop pixel: an even grey, at any angle."""
    y, x = np.mgrid[0:3000, 0:3000]
    photo = np.repeat((255 * ((x + y) % 2)).astype(np.uint8)[:, :, None], 3, axis=2)
    for degrees in (0, 30):
        crop = warp(photo, similarity(1 / 25, degrees, (30, -10)))
        inside = crop[:, 40:70, 30:60]
        assert (inside - 0.5).abs().max() < 0.02


def test_a_face_outside_the_photo_is_black():
    photo = np.full((50, 50, 3), 255, np.uint8)
    for shift in ((500, 0), (0, -500), (-9999, 9999)):
        assert not warp(photo, similarity(1, 10, shift)).any()


def test_tiny_and_narrow_photos():
    assert warp(np.full((1, 1, 3), 255, np.uint8), similarity(100, 0, (56, 56))).max() == 1
    assert warp(np.full((1, 5000, 3), 255, np.uint8), similarity(0.01, 0, (30, 56))).shape == (3, 112, 112)
