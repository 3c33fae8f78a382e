import numpy as np
import pytest
import torch

from hyperface.errors import InputError
from hyperface.projection import faithfulness
from hyperface.projection.umap_learn import umap_learn
from hyperface.sphere import normalize, random_points


def test_too_few_points_are_told():
    with pytest.raises(InputError, match="at least 4 points"):
        umap_learn(random_points(3, 8, seed=0))


@pytest.mark.slow
def test_groups_stay_together_and_a_seed_repeats_the_picture():
    centers, spread = random_points(4, 16, seed=1), random_points(120, 16, seed=2)
    groups = np.arange(120) % 4
    rows = normalize(centers[groups] + 0.3 * spread)
    points = umap_learn(rows, seed=3)
    assert points.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-6)
    assert faithfulness(rows, points).trustworthiness > 0.9
    shown = points @ points.T
    np.fill_diagonal(shown, -2)
    assert (groups[shown.argmax(axis=1)] == groups).mean() > 0.95
    assert np.array_equal(umap_learn(rows, seed=3), points)
    assert not np.array_equal(umap_learn(rows, seed=4), points)
    assert umap_learn(rows[:6]).shape == (6, 3)


@pytest.mark.slow
def test_a_map_leaves_torch_as_many_threads_as_it_had():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)  # numba's loops take all cores
        umap_learn(random_points(40, 8, seed=0))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
