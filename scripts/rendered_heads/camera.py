"""The camera: posing, projection into the aligned crop, and what a camera does to the light it gets."""

import numpy as np
from scipy.ndimage import gaussian_filter

from hyperface.faces.template import ARCFACE_TEMPLATE
from hyperface.images import ALIGNED_SIZE

from .capture import Camera, Capture
from .noise import smooth_step

CROP = ALIGNED_SIZE  # pixels
TEMPLATE = ARCFACE_TEMPLATE + 0.5  # (5, 2), from pixel indices to continuous positions in [0, 112]

PROFILE_ZOOM = 1.10
PROFILE_SHIFT = 6.0  # pixels


def head_rotation(capture: Capture) -> np.ndarray:
    """(3, 3), head frame → camera frame (x right, y away, z up): roll, then pitch, then yaw."""
    yaw, pitch, roll = np.deg2rad([capture.yaw, capture.pitch, capture.roll])
    about_z = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]])
    return (about_z @ about_x @ about_y).astype(np.float32)


def project(points: np.ndarray, distance: float) -> tuple[np.ndarray, np.ndarray]:
    """Camera-frame points (n, 3) → image plane (n, 2), x right, y down, and depth (n,) in metres."""
    depth = points[:, 1] + distance
    return np.stack([points[:, 0], -points[:, 2]], axis=1) / depth[:, None], depth


def crop_transform(five_points: np.ndarray, jitter: np.ndarray, yaw: float = 0.0) -> np.ndarray:
    """Similarity (2, 3) from the image plane to pixels of the crop, fitted to the template in least squares.

    five_points: (5, 2) on the image plane; jitter: (5, 2) pixels by which a detector would have missed them.
    yaw: degrees. From 45° on the five points close up into a vertical line, which no longer says how large the head
    is or where it lies across the picture: the crop then zooms in and moves to the side the face looks to, by
    PROFILE_ZOOM and PROFILE_SHIFT when the yaw reaches 80°.
    """
    target = TEMPLATE - jitter
    source_mean, target_mean = five_points.mean(axis=0), target.mean(axis=0)
    source = (five_points - source_mean) @ np.array([1, 1j])
    # In the complex plane a similarity is one complex factor, and least squares has a closed form.
    factor = np.vdot(source, (target - target_mean) @ np.array([1, 1j])) / np.vdot(source, source).real
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    offset = target_mean - linear @ source_mean
    turned = float(smooth_step(45, 80, abs(yaw)))
    zoom, center = 1 + (PROFILE_ZOOM - 1) * turned, np.full(2, CROP / 2)
    shift = np.array([-np.sign(yaw) * PROFILE_SHIFT * turned, 0])
    return np.column_stack([zoom * linear, zoom * (offset + shift - center) + center])


def develop(
    radiance: np.ndarray, face: np.ndarray, skin: np.ndarray, camera: Camera, rng: np.random.Generator
) -> np.ndarray:
    """Linear radiance (h, w, 3), a multiple of 112 a side → uint8 RGB (112, 112, 3).

    face: bool (h, w), the samples that exposure is measured on; skin: albedo (3,), so that dark skin stays darker.
    """
    weights = np.array([0.2126, 0.7152, 0.0722])
    measured = float(np.mean(radiance[face] @ weights))
    wanted = 0.29 * (float(skin @ weights) / 0.4) ** 0.7 * 2**camera.exposure
    side = radiance.shape[0] // CROP
    image = radiance.reshape(CROP, side, CROP, side, 3).mean(axis=(1, 3)) * (wanted / max(measured, 1e-6))
    image = image * camera.white_balance
    image = image * (1 + image / 6.0) / (1 + 0.75 * image)  # a soft shoulder into the highlights
    image = gaussian_filter(image, (camera.blur, camera.blur, 0)) if camera.blur else image
    image = np.clip(image, 0, 1)
    image = np.where(image <= 0.0031308, 12.92 * image, 1.055 * image ** (1 / 2.4) - 0.055)
    image = 0.45 * (np.maximum(image, 1e-6) / 0.45) ** camera.contrast
    gray = (image @ weights)[..., None]
    image = gray + camera.saturation * (image - gray)
    image = image + camera.noise * np.sqrt(np.clip(image, 0.02, 1)) * rng.standard_normal(image.shape)
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)
