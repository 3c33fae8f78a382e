import numpy as np
import pytest

from hyperface import runs
from hyperface.errors import RunError
from hyperface.sphere import random_points
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import load_packed


@pytest.fixture
def packed(tmp_path):
    """Five people of 128 numbers, as dlib's."""
    context = AppContext(runs_folder=tmp_path / "runs", demo_folder=tmp_path / "demo")
    run = runs.create("pack", {"identities": 5, "gallery": "gan-10k"}, title="Five", folder=context.runs_folder)
    with runs.Worker(run).working():
        np.save(run.path / "embeddings.npy", random_points(5, 128, seed=0).numpy())
    return load_packed(context, run.name)


def test_each_is_most_like_itself(packed):
    cosines, numbers = packed.most_alike(packed.embeddings[[3, 1]], 9)
    assert numbers.shape == cosines.shape == (2, 5)
    assert numbers[:, 0].tolist() == [3, 1]
    assert cosines[:, 0].tolist() == pytest.approx([1, 1])
    assert (cosines.diff(dim=1) <= 0).all()


def test_faces_of_another_recognizer_are_refused_in_a_sentence(packed):
    with pytest.raises(RunError, match=r"“Five” have 128 numbers each, and dlib gives 512.*another packing"):
        packed.most_alike(random_points(2, 512, seed=0), 3)
