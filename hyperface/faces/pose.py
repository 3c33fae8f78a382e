"""Where a face looks, from its five landmarks alone."""

import numpy as np

from hyperface.faces.alignment import Face

FURTHEST_NOSE = 0.35  # from the middle of many faces, in distances between the eyes; further, the landmarks are wrong


def nose_offset(face: Face) -> np.ndarray:
    """How far the nose is to the side of the middle between the eyes and below it, in distances between the eyes: (2,).

    Turning the head moves the first number, nodding the second. Positive is towards the right of the picture
    and towards the mouth. Tilting the head, or its size, changes neither.
    """
    left, right, nose = (_middle(face, word) for word in ("left eye", "right eye", "nose"))
    across = right - left
    down = np.array([-across[1], across[0]])  # a quarter turn clockwise, as seen: y grows downwards
    offset = nose - (left + right) / 2
    turned: np.ndarray = np.array([offset @ across, offset @ down]) / (across @ across)
    return turned


def plausible(offsets: np.ndarray) -> np.ndarray:
    """Which of many faces' offsets (n, 2) are near enough to the median of all to be of a face: bool (n,).

    On faces in profile the landmarks are often wrong by more than any pose could move them. NaN is not plausible.
    """
    near: np.ndarray = np.abs(offsets - np.nanmedian(offsets, axis=0)) < FURTHEST_NOSE  # (n, 2)
    return np.asarray(near.all(axis=1))


def _middle(face: Face, word: str) -> np.ndarray:
    of_it = [at for name, at in zip(face.landmark_names, face.landmarks, strict=True) if word in name]
    return np.asarray(np.mean(of_it, axis=0))
