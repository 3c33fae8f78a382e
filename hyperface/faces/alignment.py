"""Alignment: the similarity transform that takes a face's landmarks onto the template, and the crop it gives."""

from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image

from hyperface.errors import InputError, NoFaceError
from hyperface.faces.detectors import Detection, Detector, load_detector
from hyperface.faces.template import ALIGNED_SIZE


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

    photo: uint8 (h, w, 3), RGB, any size, upright. detector: "dlib"; "sfd", "blazeface", "retinaface" or "yunet" of the
    package face-alignment, which download their weights on first use; "auto", YuNet if its weights can be had, and
    dlib's otherwise. max_faces: keep so many of the largest. any_orientation: the photo may lie on a side or stand on
    its head; it is searched in all four quarter turns, and the one with the surest face is taken. Positions are in the
    photo as it was given, crops are upright.
    NoFaceError if there is none; InputError for another array; UnknownNameError for a detector that does not exist,
    AssetError for one whose weights cannot be had.
    """
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or photo.size == 0:
        raise InputError(f"A photo must be uint8 of shape (height, width, 3); got {photo.dtype} {photo.shape}.")
    if max_faces is not None and max_faces < 1:
        raise InputError(f"max_faces must be at least 1, or None for all; got {max_faces}.")
    chosen = load_detector(detector)
    found = _in_any_orientation(chosen, photo) if any_orientation else chosen.detect(photo)
    found = sorted(found, key=_area, reverse=True)
    if not found:
        raise NoFaceError(
            f"No face was found in this photo of {photo.shape[1]} × {photo.shape[0]} pixels. "
            "The face should look towards the camera, upright and well lit, and be at least 40 pixels wide."
        )
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
    return (right - left) * (bottom - top)


def estimate_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The similarity transform (rotation, uniform scale, translation) that takes source points nearest to target.

    source, target: (k, 2) with k ≥ 2. Returns (2, 3) float64 M: target ≈ M[:, :2] @ point + M[:, 2]. Least squares,
    without reflection: S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", PAMI 1991, eqs. 38 to 43. InputError if the source points coincide.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_centred, target_centred = source - source_mean, target - target_mean  # (k, 2)
    variance = np.square(source_centred).sum(axis=1).mean()
    if not variance > 0:
        raise InputError("Landmarks that all lie on one point (or are not numbers) cannot be aligned.")
    covariance = target_centred.T @ source_centred / len(source)  # (2, 2)
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
        Image.fromarray(plane)
        .resize(resized, Image.Resampling.BICUBIC)
        .transform((size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)
        for plane in np.asarray(picture, np.float32).transpose(2, 0, 1)  # (h, w) each
    ]
    return torch.from_numpy(np.stack(planes)).div_(255).clamp_(0, 1)  # bicubic overshoots at edges
