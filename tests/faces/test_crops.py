"""One rule about pictures that are aligned already, and what is said where no face is found."""

import numpy as np
import pytest
import torch
from PIL import Image

from hyperface.errors import InputError, NoFaceError, PhotoError
from hyperface.faces import align, faces_in, is_aligned
from hyperface.faces.template import ARCFACE_LANDMARKS, ARCFACE_TEMPLATE


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_pictures_of_112_pixels_are_taken_as_they_are():
    """Noise shows no face, so whatever comes back was not searched for."""
    picture = noise(112, 112)
    (face,) = faces_in(picture)
    np.testing.assert_array_equal((face.image * 255).round().byte().permute(1, 2, 0).numpy(), picture)
    assert face.landmark_names == ARCFACE_LANDMARKS
    np.testing.assert_allclose(face.landmarks, ARCFACE_TEMPLATE, rtol=1e-6)
    assert face.box.tolist() == [0, 0, 111, 111]
    with pytest.raises(NoFaceError):
        faces_in(picture, aligned="no")
    with pytest.raises(NoFaceError):
        faces_in(noise(112, 113))
    assert [is_aligned(picture, word) for word in ("auto", "yes", "no")] == [True, True, False]


def test_other_sizes_may_be_said_to_be_aligned():
    picture = noise(224, 224)
    (face,) = faces_in(picture, aligned="yes")
    smaller = Image.fromarray(picture).resize((112, 112), Image.Resampling.BICUBIC)
    expected = torch.from_numpy(np.array(smaller)).permute(2, 0, 1).float() / 255
    torch.testing.assert_close(face.image, expected)
    np.testing.assert_allclose((face.landmarks + 0.5) / 2 - 0.5, ARCFACE_TEMPLATE, rtol=1e-5)
    with pytest.raises(PhotoError, match="100 × 90"):
        faces_in(noise(90, 100), aligned="yes")
    with pytest.raises(InputError, match="auto, yes, no"):
        faces_in(picture, aligned="perhaps")


def test_where_no_face_is_found_what_may_find_it_is_said():
    photo = noise(300, 400)
    with pytest.raises(NoFaceError, match=r"'yunet'.*any orientation") as raised:
        align(photo)
    assert "aligned" not in str(raised.value)
    with pytest.raises(NoFaceError, match="taking it as aligned"):
        align(noise(120, 120))
    with pytest.raises(NoFaceError) as turned:
        align(photo, any_orientation=True)
    assert "any orientation" not in str(turned.value)
    with pytest.raises(NoFaceError, match="nearly black: its brightest pixel is 15 of 255"):
        align(photo // 17)
