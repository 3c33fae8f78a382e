"""Detection and alignment together, on synthetic faces placed in plain photos."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from hyperface.errors import InputError, NoFaceError, UnknownNameError
from hyperface.faces import Detection, Detector, align, largest_face
from hyperface.faces.detectors import REGISTRY
from hyperface.faces.template import ARCFACE_LANDMARKS, ARCFACE_TEMPLATE, DLIB_LANDMARKS, DLIB_TEMPLATE


def test_an_aligned_crop_is_found_and_stays_where_it_is(clear_faces):
    """Faces that fill a 112×112 picture, which dlib alone misses; they are on the template already."""
    for picture in clear_faces:
        (face,) = align(picture)
        assert face.image.shape == (3, 112, 112)
        assert face.image.dtype == torch.float32
        assert 0 <= face.image.min() <= face.image.max() <= 1
        assert face.landmark_names == DLIB_LANDMARKS
        assert np.abs(face.landmarks - DLIB_TEMPLATE).mean() < 4
        assert face.confidence > 1
        left, top, right, bottom = face.box
        assert left < face.landmarks[:, 0].min() < face.landmarks[:, 0].max() < right
        assert top < face.landmarks[:, 1].min() < face.landmarks[:, 1].max() < bottom


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_photo_that_lies_on_its_side_is_read_on_request(clear_faces, place, turns):
    photo = place((300, 420), [(clear_faces[1], 130, 240, 60)])
    (upright,) = align(photo)
    turned = np.ascontiguousarray(np.rot90(photo, turns))
    (face,) = align(turned, any_orientation=True)
    torch.testing.assert_close(face.image, upright.image, atol=0.02, rtol=0)
    height, width = turned.shape[:2]
    for x, y in face.landmarks:  # where they are in the photo as it was given
        assert 0 < x < width
        assert 0 < y < height
    left, top, right, bottom = face.box
    assert left < face.landmarks[:, 0].min() < face.landmarks[:, 0].max() < right
    assert top < face.landmarks[:, 1].min() < face.landmarks[:, 1].max() < bottom
    if turns:
        with pytest.raises(NoFaceError):
            align(turned)


def test_aligning_again_hardly_moves_the_face(clear_faces):
    for picture in clear_faces:
        (first,) = align(picture)
        again = align((first.image * 255).round().byte().permute(1, 2, 0).numpy())[0]
        # least squares leaves the residual of a face that is not the mean face, but no shift, turn or scale
        np.testing.assert_allclose(again.landmarks.mean(axis=0), DLIB_TEMPLATE.mean(axis=0), atol=0.7)
        size = np.linalg.norm(again.landmarks - again.landmarks.mean(axis=0))
        assert size == pytest.approx(np.linalg.norm(DLIB_TEMPLATE - DLIB_TEMPLATE.mean(axis=0)), rel=0.04)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((480, 640), 52), ((1000, 1000), 55), ((1080, 1920), 60), ((3000, 4000), 2500), ((200, 150), 150)],
)
def test_faces_of_40_pixels_and_faces_that_fill_the_photo(clear_faces, place, shape, size):
    """A picture of `size` pixels shows a face of about three quarters of that."""
    left, top = (shape[1] - size) // 2, (shape[0] - size) // 3
    (face,) = align(place(shape, [(clear_faces[1], size, left, top)]))
    (original,) = align(clear_faces[1])
    expected = (original.landmarks + 0.5) * size / 112 - 0.5 + (left, top)
    assert np.abs(face.landmarks - expected).max() < 0.035 * size
    assert (face.image - original.image)[:, 30:90, 30:80].abs().mean() < 0.06


def test_landmarks_of_a_large_photo_are_found_in_the_photo_itself(clear_faces, place):
    """The same photo at 0.3 and at 24 megapixels, the one reduced before the search: the same relative places."""
    small = place((600, 400), [(clear_faces[0], 300, 60, 150)])
    large = np.asarray(Image.fromarray(small).resize((4000, 6000), Image.Resampling.BICUBIC))
    (expected,), (found,) = align(small), align(large)
    distance = np.linalg.norm((found.landmarks + 0.5) / 10 - 0.5 - expected.landmarks, axis=1)
    assert distance.max() < 0.02 * 300
    assert (found.landmarks % 10 != 0).any()


def test_several_faces_come_largest_first(clear_faces, place):
    photo = place(
        (500, 800), [(clear_faces[0], 110, 30, 60), (clear_faces[1], 320, 180, 90), (clear_faces[2], 200, 550, 150)]
    )
    faces = align(photo)
    assert len(faces) == 3
    middles = [(face.box[:2] + face.box[2:]) / 2 for face in faces]
    for middle, expected in zip(middles, ((340, 250), (650, 250), (85, 115)), strict=True):
        assert np.abs(middle - expected).max() < 40
    limited = align(photo, max_faces=2)
    assert len(limited) == 2
    torch.testing.assert_close(limited[1].image, faces[1].image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (40, 40), (700, 900)])
def test_a_photo_without_a_face_is_an_error_of_its_own(shape):
    with pytest.raises(NoFaceError, match=f"{shape[1]} × {shape[0]}"):
        align(np.full((*shape, 3), 127, np.uint8))


def test_noise_is_not_a_face():
    with pytest.raises(NoFaceError):
        align(np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8))


def test_other_arrays_and_arguments_are_refused(clear_faces):
    for bad in (clear_faces[0] / 255, clear_faces[0][:, :, 0], clear_faces, np.zeros((0, 10, 3), np.uint8)):
        with pytest.raises(InputError, match="uint8 of shape"):
            align(bad)
    with pytest.raises(InputError, match="max_faces"):
        align(clear_faces[0], max_faces=0)
    with pytest.raises(UnknownNameError, match="Did you mean 'dlib'"):
        align(clear_faces[0], detector="dlb")


def test_the_photo_is_not_changed_and_may_be_read_only(clear_faces):
    photo = clear_faces[0].copy()
    photo.setflags(write=False)
    align(photo)
    np.testing.assert_array_equal(photo, clear_faces[0])
    mirrored = align(photo[:, ::-1])[0]  # a view with negative strides
    assert mirrored.confidence > 0


def test_threads_do_not_disturb_each_other(clear_faces):
    expected = [align(picture)[0] for picture in clear_faces]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda picture: align(picture)[0], list(clear_faces) * 2))
    for face, alone in zip(found, expected * 2, strict=True):
        np.testing.assert_array_equal(face.landmarks, alone.landmarks)


def test_another_detector_brings_its_own_landmarks_and_template(clear_faces, monkeypatch):
    class Marked(Detector):
        """Finds what it was told: two faces, the second one larger."""

        name = "marked"
        landmark_names = ARCFACE_LANDMARKS
        template = ARCFACE_TEMPLATE

        def detect(self, photo: np.ndarray) -> list[Detection]:
            small = Detection(np.array([0.0, 0, 50, 50]), ARCFACE_TEMPLATE / 2, 0.5)
            return [small, Detection(np.array([0.0, 0, 111, 111]), ARCFACE_TEMPLATE, 0.9)]

    monkeypatch.setitem(REGISTRY._loaders, "marked", Marked)
    large, small = align(clear_faces[0], detector="marked")
    np.testing.assert_allclose((large.image * 255).round().permute(1, 2, 0), clear_faces[0], atol=1)
    assert large.landmark_names == ARCFACE_LANDMARKS
    assert (large.confidence, small.confidence) == (0.9, 0.5)


def test_the_largest_face_or_none(clear_faces, place):
    photo = place((300, 420), [(clear_faces[0], 100, 60, 60), (clear_faces[1], 220, 240, 120)])
    torch.testing.assert_close(largest_face(photo).image, align(photo)[0].image)
    assert largest_face(np.full((200, 200, 3), 128, np.uint8)) is None
    with pytest.raises(InputError):
        largest_face(photo[..., 0])
