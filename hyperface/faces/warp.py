"""The similarity transform that takes landmarks onto the template, and the square it cuts out of a photo."""

import numpy as np
import torch
from PIL import Image

from hyperface.errors import InputError
from hyperface.images import ALIGNED_SIZE


def estimate_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The similarity transform (rotation, uniform scale, translation) that takes source points nearest to target.

    source, target: (k, 2) with k ≥ 2. Returns (2, 3) float64 M: target ≈ M[:, :2] @ point + M[:, 2]. Least squares,
    without reflection: S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", PAMI 1991, eqs. 38 to 43. InputError if the source points coincide.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_centered, target_centered = source - source_mean, target - target_mean  # (k, 2)
    variance = np.square(source_centered).sum(axis=1).mean()
    if not variance > 0:
        raise InputError("Landmarks that all lie on one point (or are not numbers) cannot be aligned.")
    covariance = target_centered.T @ source_centered / len(source)  # (2, 2)
    u, singular_values, vt = np.linalg.svd(covariance)
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = (u * signs) @ vt  # (2, 2)
    linear = rotation * (singular_values @ signs / variance)
    return np.column_stack([linear, target_mean - linear @ source_mean])


def warp(photo: np.ndarray, matrix: np.ndarray, size: int = ALIGNED_SIZE) -> torch.Tensor:
    """Cut an aligned square out of a photo: float32 (3, size, size), RGB, [0, 1]; 0 (black) outside the photo.

    photo: uint8 (h, w, 3). matrix: (2, 3), similarity from the photo's pixel indices to the crop's. Where the crop is
    smaller than the face in the photo, the photo is first reduced with a filter as wide as the reduction, so that
    fine detail is averaged and does not alias; then bicubic interpolation.
    """
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))  # crop → photo, pixel indices
    # Pillow counts continuous coordinates, in which the first pixel's centre is at 0.5.
    inverse[:2, 2] += 0.5 - 0.5 * inverse[:2, :2].sum(axis=1)
    corners = inverse[:2] @ np.array([(0, 0, 1), (size, 0, 1), (0, size, 1), (size, size, 1)]).T  # (2, 4)
    scale = np.sqrt(np.linalg.det(matrix[:, :2]))  # crop pixels per photo pixel
    reach = 2 * max(1.0, 1 / scale)  # half the width of the cubic filter
    height, width = photo.shape[:2]
    left, top = np.clip(np.floor(corners.min(axis=1) - reach), 0, (width, height)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(corners.max(axis=1) + reach), 0, (width, height)).astype(int).tolist()
    if right <= left or bottom <= top:
        return torch.zeros(3, size, size)
    picture = Image.fromarray(photo[top:bottom, left:right])
    blocks = max(1, int(0.5 / scale))
    if blocks > 1:
        picture = picture.reduce(blocks)  # averages of blocks × blocks pixels: quick, and leaves twice what is needed
    remaining = min(1.0, scale * blocks)
    resized = tuple(max(1, round(side * remaining)) for side in picture.size)
    ratio = np.array(resized) / picture.size / blocks  # (2,) resized pixels per photo pixel
    inverse[:2, 2] -= (left, top)
    coefficients = (inverse[:2] * ratio[:, None]).ravel().tolist()
    # One float plane at a time: on 8-bit pixels Pillow rounds between steps, and its transform even cuts off.
    planes = [
        np.asarray(
            Image.fromarray(plane)
            .resize(resized, Image.Resampling.BICUBIC)
            .transform((size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)
        )
        for plane in np.asarray(picture, np.float32).transpose(2, 0, 1)  # (h, w) each
    ]
    return torch.from_numpy(np.stack(planes)).div_(255).clamp_(0, 1)  # bicubic overshoots at edges
