"""AdaFace's `face_alignment.align`: a photo in, its largest face out."""

import os

import numpy as np
from PIL import Image

from hyperface import faces
from hyperface.images import to_uint8


def get_aligned_face(
    image_path: str | os.PathLike[str] | None, rgb_pil_image: Image.Image | None = None, *, detector: str = "dlib"
) -> Image.Image:
    """The largest face of a photo, aligned: a PIL image of 112×112 pixels, RGB.

    image_path: the photo's file; or None, with the photo itself as rgb_pil_image. PhotoError if it cannot be read,
    and NoFaceError if it shows no face, where AdaFace's own returns None.
    """
    photo = faces.load_photo(image_path) if rgb_pil_image is None else np.array(rgb_pil_image.convert("RGB"))
    (face,) = faces.align(photo, detector=detector, max_faces=1)
    return Image.fromarray(to_uint8(face.image[None])[0])
