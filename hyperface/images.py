"""The one image format inside the package, and the borders where pixels enter and leave it.

Inside: float32 tensors (n, 3, h, w), RGB, values in [0, 1]. Faces are aligned to the 112×112 five-point
template of ArcFace (see `hyperface.faces`) unless a docstring says otherwise.
"""

import io

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from hyperface.errors import InputError

ALIGNED_SIZE = 112  # pixels of an aligned face, square


def check_images(images: torch.Tensor) -> torch.Tensor:
    """Return `images` if it is a float32 (n, 3, h, w) RGB batch in [0, 1]; raise InputError if not."""
    if not isinstance(images, torch.Tensor) or images.ndim != 4 or images.shape[1] != 3:
        shape = tuple(getattr(images, "shape", ()))
        raise InputError(
            f"Images must be a tensor of shape (n, 3, height, width); got {type(images).__name__} {shape}."
        )
    if images.dtype != torch.float32:
        raise InputError(f"Images must be float32 in [0, 1]; got {images.dtype}. uint8 pixels: divide by 255 first.")
    if images.numel():
        low, high = images.detach().aminmax()
        # Not `low < 0 or high > 1`: NaN must fail too. The slack is bicubic resampling in float32.
        if not (low >= -1e-4 and high <= 1 + 1e-4):
            raise InputError(f"Image values must lie in [0, 1]; got {low:.4g} to {high:.4g}.")
    return images


def from_uint8(pixels: np.ndarray, *, device: str | torch.device = "cpu") -> torch.Tensor:
    """uint8 RGB pixels (n, h, w, 3) → float32 tensor (n, 3, h, w) in [0, 1], on a device."""
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[3] != 3:
        raise InputError(f"Pixels must be uint8 of shape (n, height, width, 3); got {pixels.dtype} {pixels.shape}.")
    # copy: the array may be read-only (a decoded file), which torch refuses to share quietly
    return torch.from_numpy(pixels.copy()).to(device).permute(0, 3, 1, 2).float().div_(255)


def to_uint8(images: torch.Tensor) -> np.ndarray:
    """Float tensor (n, 3, h, w) in [0, 1] → uint8 RGB pixels (n, h, w, 3), rounded and clipped."""
    pixels = images.detach().float().mul(255).round_().clamp_(0, 255)  # (n, 3, h, w)
    return pixels.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def jpeg_bytes(pixels: np.ndarray, *, quality: int) -> bytes:
    """uint8 RGB pixels (h, w, 3) → the content of a JPEG file. quality: 1 … 95."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def axis_weights(positions: torch.Tensor, size: int, mode: str) -> torch.Tensor:
    """Weights (m, size) that read a row of `size` pixels at m places, for `resample_axes`.

    positions: (m,) continuous pixel coordinates, in which pixel 0 covers [0, 1]; beyond the edge the last pixel goes
    on. mode: "bilinear" or "bicubic", as in torch's grid_sample, of which this is the one-dimensional part.
    """
    with torch.inference_mode(False):  # callers keep them, and may want gradients through them later
        pixels = torch.eye(size)[None, :, None]  # (1, size, 1, size)
        x = positions * (2 / size) - 1  # (m,) in [-1, 1] over the row
        grid = torch.stack([x, torch.zeros_like(x)], dim=-1)[None, None]  # (1, 1, m, 2)
        read = F.grid_sample(pixels, grid, mode=mode, padding_mode="border", align_corners=False)  # (1, size, 1, m)
        return read[0, :, 0].T.contiguous()


def resample_axes(images: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Read images (n, c, h, w) at a grid: weights of the rows (out, h) and columns (out, w) → (n, c, out, out).

    Two products of matrices: several times faster than grid_sample, backwards most. They keep float32 under autocast,
    as grid_sample does. Weights may also be (n, 1, out, h), others for each image.
    """
    with torch.autocast(images.device.type, enabled=False):
        return rows.to(images) @ images @ columns.to(images).mT
