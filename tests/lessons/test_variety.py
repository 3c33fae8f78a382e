import numpy as np
import pytest
import torch

from hyperface import generators, recognizers
from hyperface.errors import InputError
from hyperface.lessons import variety
from hyperface.sphere import random_points


def test_scattered_requests_are_as_far_off_as_noise_of_that_variance():
    people = random_points(200, 128, 1)
    rng = np.random.default_rng(0)
    for beta in (0.002, 0.02):
        moved = people.numpy()[:, None] + np.sqrt(beta) * rng.normal(size=(200, 20, 128))
        cosines = np.einsum("pkd,pd->pk", moved / np.linalg.norm(moved, axis=2, keepdims=True), people.numpy())
        assert variety.scatter(people, beta).degrees == pytest.approx(np.degrees(np.arccos(cosines)).mean(), abs=0.5)
    assert variety.scatter(people, 0).degrees == pytest.approx(0, abs=0.01)


def test_requests_are_lost_where_somebody_else_is_nearer():
    close = random_points(1, 128, 2).repeat(2, 1)
    close[1, 0] += 0.05
    close = torch.nn.functional.normalize(close, dim=1)  # two people 3° apart
    assert variety.scatter(close, 0).lost == 0
    assert 0.2 < variety.scatter(close, 0.05).lost < 0.8  # about half: nothing tells them apart any more
    opposite = torch.stack([close[0], -close[0]])
    assert variety.scatter(opposite, 0.05).lost == 0


def test_packed_people_lose_fewer():
    faces = random_points(400, 6, 3)
    packed = variety.packed(faces[:40], faces, 6)
    assert variety.scatter(packed, 0.02).lost < variety.scatter(faces[:40], 0.02).lost


@pytest.mark.parametrize("beta", [-1, 2, float("nan")])
def test_an_impossible_beta_is_refused(beta):
    with pytest.raises(InputError, match="β"):
        variety.scatter(random_points(3, 8, 0), beta)


@pytest.mark.slow
def test_a_row_says_who_is_seen():
    gan = generators.load("gan")
    recognizer = recognizers.load(gan.recognizer)
    people = random_points(5, 128, 6)
    row = variety.row(2, people, 0.002, gan, recognizer)
    assert row.pictures.shape == (variety.PICTURES, 112, 112, 3)
    assert row.degrees.shape == row.own.shape == (variety.PICTURES,)
    alone = variety.row(0, people[[2]], 0.002, gan, recognizer)
    assert alone.own.all()  # nobody else is there
    np.testing.assert_allclose(alone.degrees, row.degrees, atol=0.01)
    with pytest.raises(InputError, match="0 to 4"):
        variety.row(5, people, 0, gan, recognizer)
