"""AdaFace's `face_alignment.align`: a photo in, its largest face out."""

import os

import numpy as np
from PIL import Image

from hyperface import faces
from hyperface.errors import InputError
from hyperface.images import to_uint8


def get_aligned_face(
    image_path: str | os.PathLike[str] | None, rgb_pil_image: Image.Image | None = None, *, detector: str = "dlib"
) -> Image.Image:
    """The largest face of a photo, aligned: a PIL image of 112×112 pixels, RGB.

    image_path: the photo's file; or None, with the photo itself as rgb_pil_image. PhotoError if it cannot be read,
    NoFaceError if it shows no face, where AdaFace's own returns None, and InputError if there is neither.
    """
    if rgb_pil_image is not None:
        photo = np.array(rgb_pil_image.convert("RGB"))
    elif image_path is not None:
        photo = faces.load_photo(image_path)
    else:
        raise InputError("Give the photo's file, or the photo itself as rgb_pil_image.")
    (face,) = faces.align(photo, detector=detector, max_faces=1)
    return Image.fromarray(to_uint8(face.image[None])[0])
