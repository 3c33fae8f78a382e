import numpy as np
import pytest
import torch

from hyperface.faces.alignment import Face
from hyperface.faces.pose import FURTHEST_NOSE, nose_offset, plausible
from hyperface.faces.template import ARCFACE_LANDMARKS, DLIB_LANDMARKS

EYES = {ARCFACE_LANDMARKS: [(40, 50), (80, 50)], DLIB_LANDMARKS: [(90, 50), (70, 50), (30, 50), (50, 50)]}


def face(names, landmarks):
    return Face(torch.zeros(3, 112, 112), np.zeros(4), np.array(landmarks, dtype=np.float32), 1.0, names)


@pytest.mark.parametrize("names", [ARCFACE_LANDMARKS, DLIB_LANDMARKS])
@pytest.mark.parametrize(("nose", "offset"), [((60, 70), (0, 0.5)), ((70, 70), (0.25, 0.5)), ((50, 80), (-0.25, 0.75))])
def test_the_offset_is_to_the_right_and_down_in_distances_between_the_eyes(names, nose, offset):
    rest = [(45, 90), (75, 90)] if names == ARCFACE_LANDMARKS else []
    assert nose_offset(face(names, [*EYES[names], nose, *rest])) == pytest.approx(offset)


def test_tilt_and_size_do_not_matter():
    names = DLIB_LANDMARKS
    upright = np.array([*EYES[names], (66, 74)], dtype=float)
    turn = np.deg2rad(30)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    tilted = 1.7 * upright @ rotation.T + 5
    assert nose_offset(face(DLIB_LANDMARKS, tilted)) == pytest.approx(
        nose_offset(face(DLIB_LANDMARKS, upright)), abs=1e-6
    )


def test_offsets_far_from_the_others_or_not_found_are_not_plausible():
    offsets = np.array([[0.0, 0.5], [0.1, 0.55], [-0.1, 0.45], [1.01 * FURTHEST_NOSE, 0.5], [np.nan, np.nan]])
    offsets = np.concatenate([offsets, np.tile([[0.0, 0.5]], (4, 1))])
    assert plausible(offsets).tolist() == [True, True, True, False, False, True, True, True, True]
