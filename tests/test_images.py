import numpy as np
import pytest
import torch

from hyperface.errors import InputError
from hyperface.images import check_images, from_uint8, to_uint8


def test_pixels_survive_the_round_trip():
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)
    images = from_uint8(pixels)
    assert images.shape == (2, 3, 5, 7)
    assert images[1, 2, 4, 6].item() == pytest.approx(pixels[1, 4, 6, 2] / 255)
    np.testing.assert_array_equal(to_uint8(check_images(images)), pixels)


def test_values_are_rounded_and_clipped():
    images = torch.tensor([-0.2, 0.0, 0.4999 / 255, 0.5001 / 255, 1.0, 1.3]).reshape(1, 1, 1, 6).expand(1, 3, 1, 6)
    assert to_uint8(images)[0, 0, :, 0].tolist() == [0, 0, 0, 1, 255, 255]


@pytest.mark.parametrize(
    "pixels", [np.zeros((2, 2, 3), np.uint8), np.zeros((1, 2, 2, 3)), np.zeros((1, 3, 2, 2), np.uint8)]
)
def test_other_arrays_are_no_pixels(pixels):
    with pytest.raises(InputError, match="uint8"):
        from_uint8(pixels)
