"""Both figures against scikit-learn and SciPy."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness

from hyperface.errors import InputError
from hyperface.projection import faithfulness
from hyperface.sphere import normalize, random_points


@pytest.fixture(scope="module")
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    """Points in 10 dimensions, and their first three coordinates as a poor picture."""
    embeddings = random_points(150, 10, seed=0)
    return embeddings, normalize(embeddings[:, :3])


def test_trustworthiness_is_scikit_learns(pair):
    embeddings, points = pair
    expected = trustworthiness(embeddings.numpy(), points.numpy(), n_neighbors=15, metric="cosine")
    assert faithfulness(embeddings, points).trustworthiness == pytest.approx(expected, abs=1e-4)


def test_rank_correlation_is_scipys(pair):
    embeddings, points = pair
    upper = np.triu_indices(150, 1)
    true, shown = (np.arccos((rows @ rows.T).numpy()[upper].clip(-1, 1)) for rows in pair)
    assert faithfulness(embeddings, points).rank_correlation == pytest.approx(spearmanr(true, shown)[0], abs=1e-4)


def test_a_sample_estimates_the_whole(pair):
    whole, part = faithfulness(*pair), faithfulness(*pair, sample=75)
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.05)
    assert part.rank_correlation == pytest.approx(whole.rank_correlation, abs=0.05)


def test_a_true_picture_is_perfect():
    points = random_points(60, 3, seed=1)
    measured = faithfulness(points, points)
    assert measured.trustworthiness == 1
    assert measured.rank_correlation == pytest.approx(1)


def test_too_few_points_have_no_figures():
    measured = faithfulness(random_points(1, 4, seed=2), random_points(1, 3, seed=2))
    assert math.isnan(measured.trustworthiness)
    assert math.isnan(measured.rank_correlation)


def test_other_points_are_refused(pair):
    with pytest.raises(InputError, match="same ones"):
        faithfulness(pair[0], pair[1][:10])
