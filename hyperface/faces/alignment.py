"""Alignment: a photo in, each of its faces cut out and put onto the template."""

from dataclasses import dataclass, field

import numpy as np
import torch

from hyperface.errors import InputError, NoFaceError
from hyperface.faces.base import Detection, Detector
from hyperface.faces.detectors import load_detector
from hyperface.faces.warp import estimate_similarity, warp
from hyperface.images import ALIGNED_SIZE

NEARLY_BLACK = 40  # of 255: a photo whose brightest pixel is darker shows nothing that a detector could see
SMALLEST_FACE = 25  # pixels, as benchmarks/photos.py --recall measures it for dlib


@dataclass(frozen=True)
class Face:
    """A face found in a photo. Positions are pixel indices of the photo: (0, 0) is its upper left pixel's centre.

    image: float32 (3, 112, 112), RGB, [0, 1], aligned; black where the photo ends. box: float32 (4,), left, top,
    right, bottom; may reach outside the photo. landmarks: float32 (5, 2), x and y, as the detector gives them; which
    points these are is in landmark_names, since detectors differ. confidence: the detector's own score.
    """

    image: torch.Tensor
    box: np.ndarray
    landmarks: np.ndarray
    confidence: float
    landmark_names: tuple[str, ...] = field(repr=False)


def align(
    photo: np.ndarray, *, detector: str = "dlib", max_faces: int | None = None, any_orientation: bool = False
) -> list[Face]:
    """Find the faces of a photo and cut each out, aligned to the 112×112 template; the largest first.

    Args:
        photo: uint8 (h, w, 3), RGB, any size, upright.
        detector: "dlib"; "sfd", "blazeface", "retinaface" or "yunet" of the package face-alignment, which download
            their weights on first use; "auto", YuNet if its weights can be had, and dlib's otherwise.
        max_faces: keep so many of the largest.
        any_orientation: the photo may lie on a side or stand on its head; it is searched in all four quarter turns,
            and the one with the surest face is taken.

    Returns:
        The faces. Positions are in the photo as it was given, crops are upright.

    Raises:
        NoFaceError: There is none.
        InputError: The photo is another array.
        UnknownNameError: The detector does not exist.
        AssetError: The detector's weights cannot be had.
    """
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or photo.size == 0:
        raise InputError(f"A photo must be uint8 of shape (height, width, 3); got {photo.dtype} {photo.shape}.")
    if max_faces is not None and max_faces < 1:
        raise InputError(f"max_faces must be at least 1, or None for all; got {max_faces}.")
    chosen = load_detector(detector)
    found = _in_any_orientation(chosen, photo) if any_orientation else chosen.detect(photo)
    found = sorted(found, key=_area, reverse=True)
    if not found:
        raise NoFaceError(_no_face(photo, detector, any_orientation))
    return [
        Face(
            image=warp(photo, estimate_similarity(detection.landmarks, chosen.template)),
            box=detection.box.astype(np.float32),
            landmarks=detection.landmarks.astype(np.float32),
            confidence=detection.confidence,
            landmark_names=chosen.landmark_names,
        )
        for detection in found[:max_faces]
    ]


def _no_face(photo: np.ndarray, detector: str, any_orientation: bool) -> str:
    """What was looked for and not found, and what may find it."""
    said = f"No face was found in this photo of {photo.shape[1]} × {photo.shape[0]} pixels."
    brightest = int(photo.max())
    if brightest < NEARLY_BLACK:
        return f"{said} It is nearly black: its brightest pixel is {brightest} of 255. Save it with more contrast."
    hints = []
    if detector in ("dlib", "auto"):
        said += f" The detector dlib finds faces that look towards the camera, from about {SMALLEST_FACE} pixels wide."
        hints.append("the detector 'yunet' or 'sfd', which see faces in profile, smaller ones and masked ones")
    if not any_orientation:
        hints.append("any orientation, if the photo may lie on its side")
    if max(photo.shape[:2]) <= 2 * ALIGNED_SIZE:
        hints.append("taking it as aligned, if it is a crop of a face already")
    return f"{said} Try {'; or '.join(hints)}." if hints else said


def largest_face(photo: np.ndarray, *, detector: str = "dlib") -> Face | None:
    """The largest face that `align` finds in a photo, None if there is none. Raises what `align` does, else."""
    try:
        return align(photo, detector=detector, max_faces=1)[0]
    except NoFaceError:
        return None


def _in_any_orientation(detector: Detector, photo: np.ndarray) -> list[Detection]:
    """The detections of the quarter turn with the surest face, brought back into the photo as it is."""
    best: list[Detection] = []
    for turns in range(4):
        found = detector.detect(np.ascontiguousarray(np.rot90(photo, turns)))
        if _surest(found) > _surest(best):
            best = [_turned_back(each, turns, photo.shape) for each in found]
    return best


def _surest(found: list[Detection]) -> float:
    return max((detection.confidence for detection in found), default=-np.inf)


def _turned_back(detection: Detection, turns: int, shape: tuple[int, ...]) -> Detection:
    """From a photo of this shape (h, w, …) turned counter-clockwise `turns` times by 90°, to the photo itself."""
    height, width = shape[:2]

    def back(points: np.ndarray) -> np.ndarray:
        x, y = points.T
        if turns == 1:
            x, y = width - 1 - y, x
        elif turns == 2:
            x, y = width - 1 - x, height - 1 - y
        elif turns == 3:
            x, y = y, height - 1 - x
        return np.stack([x, y], axis=1)

    corners = back(detection.box.reshape(2, 2))  # (2, 2), any two opposite ones
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return Detection(box=box, landmarks=back(detection.landmarks), confidence=detection.confidence)


def _area(detection: Detection) -> float:
    left, top, right, bottom = detection.box
    return float((right - left) * (bottom - top))
