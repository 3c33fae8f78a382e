"""The camera: posing, projection into the aligned crop, and what a camera does to the light it gets."""

from __future__ import annotations

import math

import numpy as np

from hyperface.faces.template import ARCFACE_TEMPLATE
from hyperface.heads.numerics.arrays import Floats, floats
from hyperface.heads.numerics.compiled import kernel
from hyperface.heads.numerics.noise import smooth_step
from hyperface.heads.photo.capture import Camera
from hyperface.heads.photo.darkroom import (
    compressed,
    convolved,
    noisy,
    resampled,
    sharpening_kernel,
    spread_kernel,
    vignetted,
)
from hyperface.images import ALIGNED_SIZE

_TEMPLATE = ARCFACE_TEMPLATE + 0.5  # (5, 2), from pixel indices to continuous positions in [0, 112]
_PROFILE_ZOOM, _PROFILE_SHIFT = 1.10, 6.0  # the latter in pixels
_SUM = floats([0.2126, 0.7152, 0.0722])  # luminance


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """(3, 3), head frame → camera frame (x right, y away, z up): roll, then pitch, then yaw. Degrees."""
    a, b, c = math.radians(yaw), math.radians(pitch), math.radians(roll)
    about_z = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, math.cos(b), math.sin(b)], [0, -math.sin(b), math.cos(b)]])
    about_y = np.array([[math.cos(c), 0, math.sin(c)], [0, 1, 0], [-math.sin(c), 0, math.cos(c)]])
    return np.asarray(about_z @ about_x @ about_y, np.float32)


def project(points: Floats, distance: float) -> tuple[Floats, Floats]:
    """Camera-frame points (…, 3) → image plane (…, 2), x right, y down, and depth (…) in metres."""
    depth = points[..., 1] + np.float32(distance)
    plane = np.stack([points[..., 0], -points[..., 2]], axis=-1) / depth[..., None]
    return plane.astype(np.float32), depth.astype(np.float32)


def crop_transform(five_points: Floats, jitter: Floats, yaw: float = 0.0) -> Floats:
    """Similarity (2, 3) from the image plane to pixels of the 112×112 crop, fitted to the template in least squares.

    five_points: (5, 2) on the image plane; jitter: (5, 2) pixels by which a detector would have missed them.
    yaw: degrees. From 45° on the five points close up into a vertical line, which no longer says how large the head
    is or where it lies across the picture: the crop then zooms in and moves to the side the face looks to.
    """
    target = _TEMPLATE - jitter
    source_mean, target_mean = five_points.mean(axis=0), target.mean(axis=0)
    source = (five_points - source_mean) @ np.array([1, 1j])
    # In the complex plane a similarity is one complex factor, and least squares has a closed form.
    factor = np.vdot(source, (target - target_mean) @ np.array([1, 1j])) / np.vdot(source, source).real
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    offset = target_mean - linear @ source_mean
    turned = float(smooth_step(45, 80, abs(yaw)))
    zoom, center = 1 + (_PROFILE_ZOOM - 1) * turned, np.full(2, ALIGNED_SIZE / 2)
    shift = np.array([-np.sign(yaw) * _PROFILE_SHIFT * turned, 0])
    return np.column_stack([zoom * linear, zoom * (offset + shift - center) + center]).astype(np.float32)


def develop(
    radiance: Floats, face: Floats, skin: Floats, camera: Camera, size: int, rng: np.random.Generator
) -> Floats:
    """Linear radiance (s · size, s · size, 3) → RGB in [0, 1] (size, size, 3), through lens, curve, sensor and file.

    face: (h, w), above 0 where exposure is measured; skin: albedo (3,), so that dark skin stays darker, but readable.
    """
    measured = _measured(radiance, face)
    wanted = 0.27 * (float(skin @ _SUM) / 0.35) ** 0.42 * 2**camera.exposure
    gains = (camera.white_balance * np.float32(wanted / max(measured, 1e-6))).astype(np.float32)
    image = _binned(radiance, size, gains)
    scale = size / ALIGNED_SIZE
    if camera.blur or camera.defocus or camera.motion:
        lengths = (scale * camera.blur, scale * camera.defocus, scale * camera.motion)
        image = convolved(image, spread_kernel(*lengths, camera.motion_angle))
    if camera.vignette:
        image = vignetted(image, camera.vignette, camera.vignette_center)
    saturation = camera.saturation * (1 - camera.monochrome)
    return _stored(_printed(image, floats([camera.contrast, saturation, camera.haze])), camera, rng)


def _stored(image: Floats, camera: Camera, rng: np.random.Generator) -> Floats:
    """Sensor noise, sharpening and compression, at the resolution that the face has in the photo."""
    size = len(image)
    side = min(size, round(camera.resolution)) if camera.resolution < ALIGNED_SIZE else size
    if side < size:
        image = resampled(image, side)
    if camera.noise:
        image = noisy(image, camera.noise, rng)
    if camera.sharpening:
        image = convolved(image, sharpening_kernel(camera.sharpening, max(0.7, 0.7 * side / ALIGNED_SIZE)))
    if camera.monochrome:
        image = image + np.float32(camera.monochrome) * ((image @ _SUM)[..., None] - image)
    image = np.clip(image, 0, 1)
    if camera.jpeg:
        row, column = rng.integers(0, 8, 2).tolist()
        image = compressed(image, camera.jpeg, (row, column))
    if side < size:
        image = np.clip(resampled(image, size), 0, 1)
    return image


@kernel
def _measured(radiance: Floats, face: Floats) -> float:
    """Mean luminance where `face` is above 0."""
    total, count = 0.0, 0
    for row in range(face.shape[0]):
        for column in range(face.shape[1]):
            if face[row, column] > 0:
                r, g, b = radiance[row, column, 0], radiance[row, column, 1], radiance[row, column, 2]
                total += min(0.2126 * r + 0.7152 * g + 0.0722 * b, 4.0)
                count += 1
    return total / max(count, 1)


@kernel
def _binned(radiance: Floats, size: int, gains: Floats) -> Floats:
    """Mean over squares of samples, after a curve that keeps single bright samples from flickering."""
    side = radiance.shape[0] // size
    out = np.empty((size, size, 3), np.float32)
    share = np.float32(1.0 / (side * side))
    for row in range(size):
        for column in range(size):
            for channel in range(3):
                total = np.float32(0)
                for i in range(side):
                    for j in range(side):
                        value = radiance[row * side + i, column * side + j, channel] * gains[channel]
                        total += value * (1 + value / np.float32(7.0)) / (1 + np.float32(0.85) * value)
                out[row, column, channel] = total * share
    return out


@kernel
def _printed(image: Floats, settings: Floats) -> Floats:
    """Stray light, sRGB's curve, contrast and saturation (contrast, saturation, haze) of settings."""
    contrast, saturation, haze = settings[0], settings[1], settings[2]
    out = np.empty_like(image)
    pixel = np.empty(3, np.float32)
    top = np.float32(1.2)
    table = np.empty(2050, np.float32)  # over the square root of light, where the curve is nearly straight
    for entry in range(2050):
        value = np.float32(entry / 2048) ** 2 * top
        if value <= 0.0031308:
            value = np.float32(12.92) * value
        else:
            value = np.float32(1.055) * value ** np.float32(1 / 2.4) - np.float32(0.055)
        value = np.float32(0.45) * (max(value, np.float32(1e-6)) / np.float32(0.45)) ** contrast
        if value > np.float32(0.8):  # highlights bend instead of being cut
            value = np.float32(0.8) + np.float32(0.2) * np.tanh((value - np.float32(0.8)) / np.float32(0.2))
        table[entry] = value
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            for channel in range(3):
                value = haze + (np.float32(1) - haze) * image[row, column, channel]
                value = min(max(value, np.float32(0)), top)
                place = np.sqrt(value / top) * np.float32(2048)
                entry = int(place)
                pixel[channel] = table[entry] + (place - np.float32(entry)) * (table[entry + 1] - table[entry])
            gray = np.float32(0.2126) * pixel[0] + np.float32(0.7152) * pixel[1] + np.float32(0.0722) * pixel[2]
            for channel in range(3):
                value = gray + saturation * (pixel[channel] - gray)
                out[row, column, channel] = min(max(value, np.float32(0)), np.float32(1))
    return out
