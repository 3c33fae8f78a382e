import numpy as np
import pytest
import torch

from hyperface import generators, recognizers
from hyperface.errors import InputError
from hyperface.lessons import requests
from hyperface.sphere import normalize


@pytest.fixture
def gallery():
    """Faces that differ in 12 of 128 directions, the first ones most."""
    rng = np.random.default_rng(0)
    strength = np.r_[np.linspace(3, 1, 12), np.full(116, 1e-3)]
    return normalize(torch.tensor(rng.normal(size=(400, 128)) * strength).float())


def test_shares_are_those_of_the_singular_values(gallery):
    values = np.linalg.svd(gallery.double().numpy(), compute_uv=False) ** 2
    shares = requests.shares(gallery)
    assert list(shares) == list(requests.SPANS)
    for size, share in shares.items():
        assert share == pytest.approx(values[:size].sum() / values.sum(), abs=1e-9)


def test_requests_lie_in_the_span_that_was_asked_for(gallery):
    _, _, directions = np.linalg.svd(gallery.double().numpy())
    for size in requests.SPANS:
        points = requests.anybody(gallery, size, seed=4).double().numpy()
        assert points.shape == (requests.FACES, 128)
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
        inside = points @ directions[:size].T
        np.testing.assert_allclose((inside**2).sum(axis=1), 1, atol=1e-4)
    assert not torch.equal(requests.anybody(gallery, 10, seed=4), requests.anybody(gallery, 10, seed=5))


def test_another_span_is_refused(gallery):
    with pytest.raises(InputError, match="10, 20, 40, 80, 128"):
        requests.anybody(gallery, 7, seed=0)


@pytest.mark.slow
def test_what_is_asked_for_outside_the_span_is_missed_by_more():
    from hyperface import gallery

    faces = gallery.load("heads-10k").embeddings
    heads = generators.load("heads")
    recognizer = recognizers.load(heads.recognizer)
    drawn = {
        size: requests.draw(requests.anybody(faces, size, seed=1), heads, recognizer, seed=1) for size in (20, 128)
    }
    assert drawn[20].missed.max() < drawn[128].missed.min()
    assert drawn[128].asked_apart - drawn[128].drawn_apart > 5
    seen = recognizer.embed(heads.calm().generate(requests.anybody(faces, 20, seed=1), [1] * requests.FACES))
    cosines = (seen * requests.anybody(faces, 20, seed=1)).sum(dim=1).double()
    np.testing.assert_allclose(drawn[20].missed, np.degrees(np.arccos(cosines.numpy())), atol=0.01)
