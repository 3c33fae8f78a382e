"""What lenses, sensors and files do to a picture, each by its definition."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import convolve, gaussian_filter

from hyperface.heads.photo.darkroom import (
    compressed,
    convolved,
    noisy,
    resampled,
    sharpening_kernel,
    spread_kernel,
    vignetted,
)


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(0)
    return gaussian_filter(rng.random((48, 48, 3)), (2, 2, 0)).astype(np.float32) * 2


def dot(side: int = 31) -> np.ndarray:
    image = np.zeros((side, side, 3), np.float32)
    image[side // 2, side // 2] = 1
    return image


@pytest.mark.parametrize("lengths", [(0.8, 0, 0), (0, 1.4, 0), (0, 0, 5), (0.6, 1.2, 4)])
def test_a_blur_spreads_light_and_loses_none(picture, lengths):
    kernel = spread_kernel(*lengths, 30)
    spread = convolved(dot(), kernel)
    np.testing.assert_allclose(spread.sum(axis=(0, 1)), 1, rtol=1e-5)
    assert spread.max() < 0.7
    want = np.stack([convolve(picture[..., c], kernel, mode="nearest") for c in range(3)], axis=-1)
    np.testing.assert_allclose(convolved(picture, kernel), want, atol=1e-5)


def test_blurs_have_the_size_asked_for():
    def spreads(kernel):
        at = np.arange(len(kernel)) - len(kernel) // 2
        return [np.sqrt((kernel.sum(axis=axis) * at**2).sum()) for axis in (0, 1)]  # across, down

    assert spreads(spread_kernel(1.5, 0, 0, 0)) == pytest.approx([1.5, 1.5], rel=0.06)
    assert spreads(spread_kernel(0, 3, 0, 0)) == pytest.approx([1.5, 1.5], rel=0.10)  # of a disc: half its radius
    across, down = spreads(spread_kernel(0, 0, 9, 0))
    assert across == pytest.approx(9 / 12**0.5, rel=0.05)  # of a line: its length / √12
    assert down < 0.1
    assert spreads(spread_kernel(0, 0, 9, 90)) == pytest.approx([down, across], abs=1e-5)


def test_sharpening_adds_what_a_blur_takes(picture):
    blurred = convolved(picture, spread_kernel(0.8, 0, 0, 0))
    np.testing.assert_allclose(
        convolved(picture, sharpening_kernel(0.6, 0.8)), picture + 0.6 * (picture - blurred), atol=1e-5
    )


def test_light_falls_off_by_the_law():
    image = vignetted(np.ones((20, 20, 3), np.float32), 0.3, (0.2, -0.1))
    for row, column in ((0, 0), (10, 3), (19, 19)):
        x, y = (column + 0.5) / 10 - 1, (row + 0.5) / 10 - 1
        want = (1 + 0.3 * ((x - 0.2) ** 2 + (y + 0.1) ** 2)) ** -2
        np.testing.assert_allclose(image[row, column], want, rtol=1e-5)
    np.testing.assert_array_equal(vignetted(image, 0.0), image)


@pytest.mark.parametrize("level", [0.09, 0.5])
def test_noise_grows_with_the_root_of_light(level):
    flat = np.full((200, 200, 3), level, np.float32)
    grain = noisy(flat, 0.04, np.random.default_rng(1)) - flat
    assert grain.std() == pytest.approx(0.04 * level**0.5, rel=0.01)
    assert abs(grain.mean()) < 2e-4


@pytest.mark.parametrize("corner", [(0, 0), (3, 5)])
def test_compression_is_a_jpeg_file_written_and_read(picture, corner):
    image = np.clip(picture, 0, 1)
    padded = np.rint(255 * np.pad(image, ((corner[0], 0), (corner[1], 0), (0, 0)), "edge")).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(padded).save(file, format="JPEG", quality=40)
    want = np.asarray(Image.open(file))[corner[0] :, corner[1] :]
    np.testing.assert_allclose(compressed(image, 40, corner), want / 255, atol=1e-6)
    errors = [np.abs(compressed(image, quality, corner) - image).mean() for quality in (95, 60, 15)]
    assert 0 < errors[0] < errors[1] < errors[2] < 0.05


def test_a_picture_made_smaller_keeps_its_mean(picture):
    small = resampled(picture, 24)
    np.testing.assert_allclose(small, picture.reshape(24, 2, 24, 2, 3).mean(axis=(1, 3)), atol=1e-5)
    back = resampled(small, 48)
    np.testing.assert_allclose(back.mean(axis=(0, 1)), picture.mean(axis=(0, 1)), atol=2e-3)
    assert back.std() < picture.std()
