"""Copies of a photo in the sizes that detectors want, and the way back from them to the photo's pixels.

Positions are pixel indices in both: (0, 0) is the centre of the upper left pixel.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

SAME_FACE_OVERLAP = 0.3  # intersection over union of two boxes


@dataclass(frozen=True)
class View:
    """pixels: uint8 (h, w, 3), RGB, contiguous. scale: (2,), its pixels for each of the photo's, across and down.
    corner: (2,), where its outer upper left corner lies, in pixel indices of the photo."""

    pixels: np.ndarray
    scale: np.ndarray
    corner: np.ndarray

    def to_photo(self, points: np.ndarray) -> np.ndarray:
        """Points (…, 2) of the view, in the photo."""
        there: np.ndarray = (points + 0.5) / self.scale + self.corner
        return there

    def from_photo(self, points: np.ndarray) -> np.ndarray:
        """Points (…, 2) of the photo, in the view."""
        here: np.ndarray = (points - self.corner) * self.scale - 0.5
        return here


def whole_view(picture: Image.Image, scale: float, margin: float = 0.0) -> View:
    """The whole photo, resized; with its border repeated outwards by `margin` of each side."""
    size = np.maximum(1, np.rint(np.multiply(picture.size, scale))).astype(int)  # (2,) width, height
    pixels = np.asarray(picture.resize(tuple(size.tolist()), Image.Resampling.BILINEAR, reducing_gap=2.0))
    added = np.rint(margin * size).astype(int)  # (2,) pixels on each side
    across, down = added.tolist()
    pixels = np.ascontiguousarray(np.pad(pixels, ((down, down), (across, across), (0, 0)), mode="edge"))
    exact = size / np.array(picture.size)  # (2,)
    return View(pixels, exact, -added / exact - 0.5)


def face_view(picture: Image.Image, box: np.ndarray, face_size: int, margin: float) -> View:
    """A face and its surroundings, cut out of the photo itself and resized.

    box: (4,), left, top, right, bottom, in pixel indices of the photo. It is `face_size` pixels wide in the view, and
    `margin` of it is added on each side. Beyond the photo its border is repeated.
    """
    box_size = box[2] - box[0] + 1
    around = margin * box_size
    wanted = np.rint([*(box[:2] - around), *(box[2:] + around + 1)]).astype(int)  # (4,) edges, whole pixels
    limits = np.tile(picture.size, 2)
    inside = np.clip(wanted, 0, limits)
    if (inside[2:] <= inside[:2]).any():  # a box that lies outside the photo altogether
        inside = np.array([0, 0, *picture.size])
        wanted = inside
    size = np.maximum(1, np.rint((inside[2:] - inside[:2]) * (face_size / box_size))).astype(int)
    scale = size / (inside[2:] - inside[:2])  # (2,) view pixels per photo pixel
    pixels = np.asarray(
        picture.resize(tuple(size.tolist()), Image.Resampling.BILINEAR, box=tuple(inside.tolist()), reducing_gap=2.0)
    )
    missing = np.rint(np.abs(wanted - inside) * np.tile(scale, 2)).astype(int).tolist()
    pixels = np.pad(pixels, ((missing[1], missing[3]), (missing[0], missing[2]), (0, 0)), mode="edge")
    return View(np.ascontiguousarray(pixels), scale, inside[:2] - missing[:2] / scale - 0.5)


def without_repeats(found: list[tuple[np.ndarray, float]]) -> list[tuple[np.ndarray, float]]:
    """Of boxes (4,) that overlap, the one with the highest score: views share faces."""
    kept: list[tuple[np.ndarray, float]] = []
    for box, score in sorted(found, key=lambda face: -face[1]):
        if all(_overlap(box, other) < SAME_FACE_OVERLAP for other, _ in kept):
            kept.append((box, score))
    return kept


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (4,)."""
    common = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return float(common / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - common))
