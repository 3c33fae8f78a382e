"""Proportions of a whole face, against distances measured on the head that they move."""

import numpy as np
import pytest

from hyperface.heads.shape.model import Phenotype, load_head_model
from hyperface.heads.shape.proportions import proportions

MIDDLE = Phenotype(0.7, 0.5, 0.5, 0.5, (1 / 3, 1 / 3, 1 / 3))


def moved(name: str, strength: float) -> np.ndarray:
    return load_head_model().shape(MIDDLE, {name: strength})


@pytest.mark.parametrize(
    ("name", "height"), [("face-jaw-width", -0.082), ("face-cheekbones-width", -0.028), ("face-temples-width", 0.040)]
)
def test_widths_grow_where_they_should_and_mouth_and_eyes_stay(name, height):
    head = load_head_model()
    band = np.flatnonzero((np.abs(head.mean[:, 2] - height) < 0.008) & (head.mean[:, 1] < 0.08))
    narrow, wide = (np.ptp(moved(name, strength)[band, 0]) for strength in (-1, 1))
    assert 0.006 < wide - narrow < 0.036
    before, after = (head.five_points(moved(name, strength)) for strength in (0, 1))
    np.testing.assert_allclose(before, after, atol=0.0012)


def test_a_longer_middle_of_the_face_takes_the_mouth_down_and_a_longer_lower_part_the_chin_alone():
    head = load_head_model()
    plain = head.five_points(moved("face-middle-length", 0))
    longer = head.five_points(moved("face-middle-length", 1))
    np.testing.assert_allclose(longer[:2], plain[:2], atol=1e-4)
    assert (longer[3:, 2] < plain[3:, 2] - 0.004).all()
    lower = head.five_points(moved("face-lower-length", 1))
    np.testing.assert_allclose(lower, plain, atol=1e-3)


def test_symmetric_changes_keep_faces_symmetric_and_uneven_ones_do_not():
    mean = load_head_model().mean
    left = np.flatnonzero(mean[:, 0] > 0.02)
    gap = np.abs(mean[left][:, None] * [-1, 1, 1] - mean[None]).max(axis=2)
    right = gap.argmin(axis=1)
    paired = gap.min(axis=1) < 1e-5
    for name, (vertices, far) in proportions(mean).items():
        field = np.zeros_like(mean)
        field[vertices] = far
        difference = np.abs(field[left] * [-1, 1, 1] - field[right])[paired].max()
        assert (difference < 1e-5) == (not name.startswith("uneven")), name
        assert np.abs(field).max() < 0.011  # metres
