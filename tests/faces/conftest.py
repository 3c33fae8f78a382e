import numpy as np
import pytest
from PIL import Image

from hyperface.generators import load_gallery_generator
from hyperface.images import to_uint8

CLEAR_FACES = (30, 47, 65, 71)  # seeds whose faces dlib finds with a score over 1.5


@pytest.fixture(scope="session")
def clear_faces() -> np.ndarray:
    """Four synthetic faces, uint8 (4, 112, 112, 3), each filling its picture."""
    return to_uint8(load_gallery_generator("dcgan").sample(CLEAR_FACES))


@pytest.fixture(scope="session")
def place():
    """Paste faces, uint8 (s, s, 3), into a plain photo: place((height, width), [(face, size, left, top), …])."""

    def paste(shape: tuple[int, int], faces: list[tuple[np.ndarray, int, int, int]]) -> np.ndarray:
        photo = Image.new("RGB", shape[::-1], (120, 125, 130))
        for face, size, left, top in faces:
            photo.paste(Image.fromarray(face).resize((size, size), Image.Resampling.BICUBIC), (left, top))
        return np.array(photo)

    return paste
