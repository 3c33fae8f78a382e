import numpy as np
import pytest
import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.images import axis_weights, check_images, from_uint8, resample_axes, to_uint8


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


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_resampling_by_axes_is_grid_sample_on_an_upright_grid(mode):
    images = torch.rand(2, 3, 20, 16, generator=torch.Generator().manual_seed(0)).requires_grad_()
    rows, columns = torch.linspace(-3, 24, 31), torch.linspace(1, 12, 31)  # beyond the edge, too
    x, y = columns * (2 / 16) - 1, rows * (2 / 20) - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).expand(2, -1, -1, -1)
    expected = F.grid_sample(images, grid, mode=mode, padding_mode="border", align_corners=False)
    with torch.inference_mode():  # weights made here must serve gradients later
        weights = axis_weights(rows, 20, mode), axis_weights(columns, 16, mode)
    found = resample_axes(images, *weights)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    push = torch.rand(expected.shape, generator=torch.Generator().manual_seed(1))
    (wanted,) = torch.autograd.grad((expected * push).sum(), images)
    (gradient,) = torch.autograd.grad((found * push).sum(), images)
    torch.testing.assert_close(gradient, wanted, rtol=1e-4, atol=1e-5)


def test_resampling_keeps_float32_under_autocast():
    images, weights = torch.rand(1, 3, 8, 8), axis_weights(torch.arange(4) + 0.7, 8, "bilinear")
    with torch.autocast("cpu", torch.bfloat16):
        found = resample_axes(images, weights, weights)
    torch.testing.assert_close(found, weights @ images @ weights.T)
