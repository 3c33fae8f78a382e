"""What lenses, sensors and files do to a picture, each effect by itself. Pictures are (size, size, 3), float32."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

from hyperface.heads.numerics.arrays import Floats, floats
from hyperface.heads.numerics.compiled import kernel


def spread_kernel(blur: float, defocus: float, motion: float, angle: float) -> Floats:
    """What a point becomes: (k, k), k odd, sum 1. All in pixels, the angle in degrees from the horizontal.

    blur: standard deviation of a Gaussian. defocus: radius of a disc. motion: length of a line.
    """
    reach = max(1, math.ceil(2.5 * blur + defocus + motion / 2))
    at = np.arange(-reach, reach + 1)
    x, y = np.meshgrid(at, at)
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    kernel[reach, reach] = 1
    if blur > 0:
        kernel = np.exp(-(x**2 + y**2) / (2 * blur**2))
    if defocus > 0:
        kernel = _both(kernel, np.clip(defocus + 0.5 - np.hypot(x, y), 0, 1))
    if motion > 0:
        turn = math.radians(angle)
        along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
        kernel = _both(kernel, np.clip(motion / 2 + 0.5 - abs(along), 0, 1) * np.clip(1 - abs(across), 0, 1))
    return floats(kernel / kernel.sum())


def sharpening_kernel(amount: float, radius: float) -> Floats:
    """The unsharp mask: a picture plus `amount` times what a Gaussian of standard deviation `radius` takes from it."""
    kernel = -amount * spread_kernel(radius, 0, 0, 0)
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2] += 1 + amount
    return kernel


def convolved(image: Floats, kernel: Floats) -> Floats:
    """A picture under a symmetric kernel (k, k), edges repeated."""
    reach = kernel.shape[0] // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), "edge")
    return _convolved(padded.reshape(len(padded), -1), kernel).reshape(image.shape)


def vignetted(image: Floats, strength: float, center: tuple[float, float] = (0.0, 0.0)) -> Floats:
    """Light lost towards a photo's corners by the law of cos⁴: 1 / (1 + strength · r²)².

    r: distance from `center`, (x, y), both in half sides of the picture from its middle.
    """
    side = len(image)
    at = (np.arange(side, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / side) - 1
    squared = np.square(at - np.float32(center[0]))[None] + np.square(at - np.float32(center[1]))[:, None]
    return np.asarray(image / np.square(1 + np.float32(strength) * squared)[..., None], np.float32)


def noisy(image: Floats, strength: float, rng: np.random.Generator) -> Floats:
    """Grain of standard deviation strength · √value, as photons arrive."""
    out = rng.standard_normal(image.shape, np.float32)
    _grained(np.ascontiguousarray(image).ravel(), strength, out.ravel())
    return out


def resampled(image: Floats, side: int) -> Floats:
    """A picture at another size: averaged where it shrinks, bicubic where it grows."""
    way = Image.Resampling.BOX if side < len(image) else Image.Resampling.BICUBIC
    channels = [
        Image.fromarray(np.ascontiguousarray(image[..., channel])).resize((side, side), way) for channel in range(3)
    ]
    return np.stack([np.asarray(channel, np.float32) for channel in channels], axis=-1)


def compressed(image: Floats, quality: int, corner: tuple[int, int] = (0, 0)) -> Floats:
    """A picture in [0, 1] written as JPEG and read again. corner: (row, column) of the picture in a block, 0 … 7."""
    pixels = np.pad(np.rint(255 * image).astype(np.uint8), ((corner[0], 0), (corner[1], 0), (0, 0)), "edge")
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    with Image.open(file) as read:
        return np.asarray(read, np.float32)[corner[0] :, corner[1] :] / np.float32(255)


def _both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Two kernels one after the other (their convolution), cut to their own size; sum of the second's values 1."""
    side = len(first)
    shape = (2 * side - 1, 2 * side - 1)
    product = np.fft.irfft2(np.fft.rfft2(first, shape) * np.fft.rfft2(second / second.sum(), shape), shape)
    cut = slice(side // 2, side // 2 + side)
    return np.asarray(np.maximum(product[cut, cut], 0))


@kernel
def _grained(image: Floats, strength: float, grain: Floats) -> None:
    """Turns standard normal numbers (n,) into what `noisy` gives for values (n,)."""
    for n in range(len(image)):
        grain[n] = image[n] + strength * np.sqrt(max(image[n], np.float32(0.02))) * grain[n]


@kernel
def _convolved(padded: Floats, kernel: Floats) -> Floats:
    """padded: (h + k − 1, 3 (w + k − 1)), rows with their channels side by side."""
    high, wide = padded.shape[0] - kernel.shape[0] + 1, padded.shape[1] - 3 * (kernel.shape[1] - 1)
    out = np.zeros((high, wide), np.float32)
    for row in range(high):
        for i in range(kernel.shape[0]):
            for j in range(kernel.shape[1]):
                share = kernel[i, j]
                if share != 0:
                    for column in range(wide):
                        out[row, column] += share * padded[row + i, column + 3 * j]
    return out
