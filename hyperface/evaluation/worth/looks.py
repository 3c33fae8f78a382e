"""What can be seen of pictures without knowing who drew them: turn, light, sharpness."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch

from hyperface.datasets import LabeledImages
from hyperface.errors import DatasetError, PhotoError
from hyperface.faces.alignment import Face
from hyperface.faces.detectors import load_detector
from hyperface.faces.pose import nose_offset, plausible

STEP = 20  # pictures between two steps
TURNED = 0.12  # of the nose beside the middle of the eyes, in distances between them: about 20° on rendered heads
DARK, BRIGHT = 0.2, 0.8  # mean luminance of a face beyond which little of it is seen
BLURRED = 0.01  # sharpness below which eyes and mouth are smears at 112 pixels
_FACE = (slice(36, 96), slice(30, 82))  # rows and columns of the middle of the face in the aligned crop
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Looks:
    """Of a sample of pictures. found: share in which a face was found again.

    turned: share of the faces found that look to a side; None where none was found. turn_spread: standard deviation of
    how far the nose is beside the middle between the eyes, in distances between the eyes. light_spread: standard
    deviation of the mean luminance of faces, 0 to 1. side_light: mean difference between a face's halves, over their
    mean. dark, bright: shares of faces too dark and too bright. sharpness: median, as of `sharpness_of`. blurred: share
    below BLURRED.
    """

    pictures: int
    found: float
    turned: float | None
    turn_spread: float | None
    light_spread: float
    side_light: float
    dark: float
    bright: float
    sharpness: float
    blurred: float


def see_looks(dataset: LabeledImages, places: np.ndarray) -> Generator[int, None, Looks]:
    """Look at the pictures at these places (n,), yielding how many were looked at. DatasetError if none can be
    read."""
    detector = load_detector("dlib")
    offsets, rows = [], []
    for done, place in enumerate(places.tolist(), 1):
        try:
            pixels = dataset[place][0]
        except PhotoError:
            continue
        rows.append(_figures(pixels))
        if found := detector.detect(pixels):
            best = max(found, key=lambda face: face.confidence)
            face = Face(torch.empty(0), best.box, best.landmarks, best.confidence, detector.landmark_names)
            offsets.append(nose_offset(face))
        if done % STEP == 0:
            yield done
    if not rows:
        raise DatasetError(f"None of the pictures of {dataset.path} that were looked at can be read.")
    return _looks(np.array(rows), np.array(offsets).reshape(-1, 2))


def sharpness_of(gray: np.ndarray) -> float:
    """Standard deviation of the Laplacian of luminance (h, w) in [0, 1]: large where edges are sharp.

    Source: J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000; the root of its
    variance.
    """
    inner = gray[1:-1, 1:-1]
    laplacian = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:] - 4 * inner
    return float(laplacian.std())


def _figures(pixels: np.ndarray) -> tuple[float, float, float]:
    """Luminance, difference of the halves and sharpness of a face, uint8 (112, 112, 3)."""
    gray = pixels[_FACE] @ _LUMA / 255  # (60, 52)
    middle = gray.shape[1] // 2
    left, right = gray[:, :middle].mean(), gray[:, middle:].mean()
    return float(gray.mean()), float(abs(left - right) / max(left + right, 1e-6) * 2), sharpness_of(gray)


def _looks(rows: np.ndarray, offsets: np.ndarray) -> Looks:
    light, side, sharp = rows.T
    sides = offsets[plausible(offsets), 0] if len(offsets) else np.zeros(0)
    return Looks(
        pictures=len(rows),
        found=len(offsets) / len(rows),
        turned=float((np.abs(sides) > TURNED).mean()) if len(sides) else None,
        turn_spread=float(sides.std()) if len(sides) else None,
        light_spread=float(light.std()),
        side_light=float(side.mean()),
        dark=float((light < DARK).mean()),
        bright=float((light > BRIGHT).mean()),
        sharpness=float(np.median(sharp)),
        blurred=float((sharp < BLURRED).mean()),
    )
