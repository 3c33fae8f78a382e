"""Pictures that are aligned already: one rule for every verb and tab about what is searched for faces, and what is not.

Datasets and crops of other tools come as faces of 112×112 pixels on ArcFace's template. A detector finds most of them
again, a little beside where they were, and loses those in profile. So a picture of exactly that size is taken as it is,
unless it is said that it is not.
"""

import numpy as np
import torch
from PIL import Image

from hyperface.errors import InputError, PhotoError
from hyperface.faces.alignment import Face, align
from hyperface.faces.template import ARCFACE_LANDMARKS, ARCFACE_TEMPLATE
from hyperface.images import ALIGNED_SIZE

ALIGNED = ("auto", "yes", "no")  # what may be said of pictures: aligned where they are of that size, all of them, none


def is_aligned(photo: np.ndarray, aligned: str = "auto") -> bool:
    """Whether a picture, uint8 (h, w, 3), is taken as an aligned face. aligned: one of `ALIGNED`; InputError if not."""
    if aligned not in ALIGNED:
        raise InputError(f"Whether pictures are aligned is one of {', '.join(ALIGNED)}; it was {aligned!r}.")
    return aligned == "yes" or (aligned == "auto" and photo.shape[:2] == (ALIGNED_SIZE, ALIGNED_SIZE))


def aligned_face(photo: np.ndarray) -> Face:
    """A square picture, uint8 (s, s, 3), as the face that it is; its landmarks are the template's.

    PhotoError if it is not square.
    """
    height, width = photo.shape[:2]
    if height != width:
        raise PhotoError(f"An aligned face is square; this picture has {width} × {height} pixels.")
    pixels = photo
    if height != ALIGNED_SIZE:
        resized = Image.fromarray(photo).resize((ALIGNED_SIZE, ALIGNED_SIZE), Image.Resampling.BICUBIC)
        pixels = np.asarray(resized)
    scale = height / ALIGNED_SIZE
    return Face(
        image=torch.from_numpy(pixels.copy()).permute(2, 0, 1).float().div_(255),
        box=np.array([0, 0, width - 1, height - 1], np.float32),
        landmarks=((ARCFACE_TEMPLATE + 0.5) * scale - 0.5).astype(np.float32),
        confidence=1.0,
        landmark_names=ARCFACE_LANDMARKS,
    )


def faces_in(
    photo: np.ndarray,
    *,
    aligned: str = "auto",
    detector: str = "dlib",
    max_faces: int | None = None,
    any_orientation: bool = False,
) -> list[Face]:
    """The faces of a photo, as `align` finds them; of a picture that is aligned already, itself.

    Args:
        photo: uint8 (h, w, 3), RGB.
        aligned: whether it is aligned already: "auto", where it is of 112×112 pixels; "yes"; or "no".
        detector: as of `align`, and so are the next two.
        max_faces: the largest ones, at most so many.
        any_orientation: whether it is turned where nobody is found.

    Returns:
        Its faces, the largest first.

    Raises:
        PhotoError: A picture that is said to be aligned and is not square; and as `align`, which also says when it
            raises NoFaceError and UnknownNameError.
    """
    if is_aligned(photo, aligned):
        return [aligned_face(photo)]
    return align(photo, detector=detector, max_faces=max_faces, any_orientation=any_orientation)
