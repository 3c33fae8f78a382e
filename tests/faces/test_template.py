"""The templates, and that a face aligned to dlib's template holds dlib's own chip."""

from collections.abc import Callable

import dlib
import numpy as np
import pytest
import torch

from hyperface.faces.template import ARCFACE_TEMPLATE, DLIB_CHIP_BOX, DLIB_TEMPLATE
from hyperface.faces.warp import estimate_similarity, warp
from hyperface.images import to_uint8
from hyperface.recognizers.dlib_resnet import dlib_chips


def dlib_chip(photo: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """dlib's own (150, 150, 3) chip for landmarks (5, 2), which it wants in whole pixels."""
    points = [dlib.point(int(x), int(y)) for x, y in landmarks]
    shape = dlib.full_object_detection(dlib.rectangle(0, 0, 10, 10), points)
    return dlib.get_face_chip(photo, shape, 150, 0.25)


def our_chip(photo: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    aligned = warp(photo, estimate_similarity(landmarks, DLIB_TEMPLATE))
    return to_uint8(dlib_chips(aligned[None]))[0]


def turned(points: np.ndarray, scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    """Points (k, 2) turned about their mean, in whole pixels."""
    angle = np.radians(degrees)
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.rint((points - points.mean(axis=0)) @ rotation.T + shift)


def test_both_templates_have_the_eyes_at_the_same_pixels():
    right, left = DLIB_TEMPLATE[0:2].mean(axis=0), DLIB_TEMPLATE[2:4].mean(axis=0)
    np.testing.assert_allclose(left, ARCFACE_TEMPLATE[0], atol=0.1)
    np.testing.assert_allclose(right, ARCFACE_TEMPLATE[1], atol=0.1)
    # the nose base is below the nose tip and above the mouth
    assert ARCFACE_TEMPLATE[2, 1] < DLIB_TEMPLATE[4, 1] < ARCFACE_TEMPLATE[3, 1]


def test_the_chip_is_a_square_that_reaches_below_the_crop():
    left, top, right, bottom = DLIB_CHIP_BOX
    assert right - left == pytest.approx(bottom - top)
    assert (left, top, right, bottom) == pytest.approx((6.8, 20.5, 107.4, 121.1), abs=0.05)


def test_templates_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        DLIB_TEMPLATE[0, 0] = 0


def shown_places(cut: Callable[[np.ndarray, np.ndarray], np.ndarray], landmarks: np.ndarray) -> np.ndarray:
    """Affine map (3, 2) from (column, row, 1) of the chip to the photo's pixel index that is shown there.

    Read off chips of two photos whose values say their own x (or y): one channel rising and one falling, so that what
    dlib loses by cutting off fractions cancels, and dithered, so that rounding leaves no pattern.
    """
    rng = np.random.default_rng(0)
    slope = 0.9
    rows, columns = np.mgrid[15:130, 15:135]  # below row 136 our crop has ended
    design = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)], axis=1)
    maps = []
    for place in np.mgrid[0:256, 0:256][::-1]:  # x, then y
        ramps = np.stack([slope * place, 250 - slope * place, 0 * place], axis=2)
        photo = np.floor(ramps + rng.random(ramps.shape)).astype(np.uint8)
        chip = cut(photo, landmarks)[rows, columns].astype(float)  # (115, 120, 3)
        maps.append(np.linalg.lstsq(design, (chip[:, :, 0] - chip[:, :, 1] + 250).ravel() / (2 * slope), rcond=None)[0])
    return np.stack(maps, axis=1)


@pytest.mark.parametrize("degrees", [5, 20, -75, 185])
@pytest.mark.parametrize(("scale", "tolerance"), [(1.5, 0.1), (1.0, 0.4), (0.8, 0.6)])
def test_a_pixel_of_the_chip_shows_the_place_that_dlib_shows(degrees, scale, tolerance):
    """Everywhere to a tenth of a pixel at 1.5, where the face in the photo is as large as in dlib's chip.

    At other scales dlib differs from itself: it stretches the centres of the outermost pixels, not their edges, over
    the region, which moves the chip's corners by up to half a pixel; the middle stays where it is.
    """
    landmarks = turned(DLIB_TEMPLATE, scale, degrees, (128, 124))
    difference = shown_places(our_chip, landmarks) - shown_places(dlib_chip, landmarks)
    size = scale * (DLIB_CHIP_BOX[2] - DLIB_CHIP_BOX[0]) / 150  # photo pixels in a chip pixel
    corners = np.array([(0, 0, 1), (149, 0, 1), (0, 149, 1), (149, 149, 1)])
    assert np.abs(corners @ difference).max() < tolerance * size
    assert np.abs([74.5, 74.5, 1] @ difference).max() < 0.05 * size


def test_the_chip_of_a_face_is_dlibs_but_for_resampling(clear_faces, place):
    for face in clear_faces:
        photo = place((360, 360), [(face, 250, 50, 40)])
        # where the template's points lie in the pasted picture, which is on the template
        landmarks = np.rint((DLIB_TEMPLATE + 0.5) * 250 / 112 - 0.5 + (50, 40))
        ours, theirs = our_chip(photo, landmarks)[:135], dlib_chip(photo, landmarks)[:135]
        difference = np.abs(ours.astype(int) - theirs)
        assert difference.mean() < 1.5
        shifted = np.abs(ours[:, 1:].astype(int) - theirs[:, :-1])
        assert shifted.mean() > 1.5 * difference.mean()  # one pixel off would show


def test_chips_are_cut_where_the_box_says():
    """A crop whose values are x: the middle of the chip's pixel u is at left + (u + ½) · width / 150."""
    ramp = (torch.arange(112) + 0.5).expand(1, 3, 112, 112) / 112
    chip = dlib_chips(ramp.contiguous())[0, 0] * 112
    left, _, right, _ = DLIB_CHIP_BOX
    expected = left + (torch.arange(150) + 0.5) * (right - left) / 150
    torch.testing.assert_close(chip[0], expected, atol=1e-3, rtol=0)
