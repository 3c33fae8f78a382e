"""What is told of the people on a sphere, without a browser."""

import base64

import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.ui.parts.balls import angles_from, ball_of
from hyperface.ui.parts.packed import load_packed


def test_angles_from_one_person_are_the_true_ones(context, packing):
    told = base64.b64decode(angles_from(context, {"run": packing.name, "identity": 4})["angles"])
    rows = load_packed(context, packing.name).embeddings.double().numpy()
    naive = np.degrees(np.arccos(np.clip(rows @ rows[4], -1, 1)))
    np.testing.assert_allclose(np.frombuffer(told, "<u2") / 100, naive, atol=0.02)
    for nobody in (6, -1):
        with pytest.raises(InputError, match="numbered from 0 to 5"):
            angles_from(context, {"run": packing.name, "identity": nobody})


def test_a_ball_of_points_is_nobody_s_and_has_no_guests():
    told = ball_of(np.eye(3), links=np.array([[0, 1]]), caps=45.0)
    assert (told["people"], told["guests"], told["links"], told["caps"]) == (None, None, [[0, 1]], 45.0)
    assert told["points"] == [1, 0, 0, 0, 1, 0, 0, 0, 1]
