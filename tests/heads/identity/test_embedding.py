"""The linear map between embeddings and people, on made-up maps whose answers are known."""

import numpy as np
import pytest

from hyperface.errors import AssetError, InputError
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.embedding import LENGTH, RIDGE, EmbeddingMap, load_map


@pytest.fixture(scope="module")
def made_up() -> EmbeddingMap:
    rng = np.random.default_rng(0)
    size = coordinates.size()
    return EmbeddingMap(rng.normal(0, 0.02, 32).astype(np.float32), rng.normal(0, 0.1, (size, 32)).astype(np.float32))


def test_the_inverse_is_the_ridge_solution(made_up):
    x = made_up.embeddings(coordinates.sample(range(5)))
    z = made_up.coordinates(x)
    w = made_up.weights.astype(np.float64)
    # min |x − m − zW|² + λ|z|², solved from its normal equations in the other order: (x − m)(WᵀW + λI)⁻¹Wᵀ.
    direct = (x - made_up.mean) @ np.linalg.solve(w.T @ w + RIDGE * np.eye(32), w.T)
    direct *= LENGTH / np.sqrt(np.square(direct).mean(axis=1, keepdims=True))
    direct += made_up.unseen.of(direct)
    np.testing.assert_allclose(z, coordinates.limited(direct), atol=2e-3)


def test_there_and_back_points_the_same_way(made_up):
    x = made_up.embeddings(coordinates.sample(range(20)))
    back = made_up.embeddings(made_up.coordinates(x))
    assert ((x * back).sum(axis=1) > 0.97).all()
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), 1, atol=1e-5)


def test_requests_of_people_are_answered_with_those_people(made_up):
    """Wherever the mean is, and only with an inverse that undoes the ridge and the limit."""
    for map_ in (made_up, EmbeddingMap(made_up.mean * 5, made_up.weights), load_map()):
        z = map_.coordinates(map_.embeddings(coordinates.sample(range(6))))
        asked = map_.requests(z)
        assert asked.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(asked, axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(map_.coordinates(asked), z, atol=2e-3)
        assert (
            np.abs(map_.coordinates(map_.embeddings(z)) - z).max() > 0.05
        )  # what is expected to be seen is no request


def test_people_asked_for_are_as_long_as_they_should_be(made_up):
    z = made_up.coordinates(made_up.embeddings(coordinates.sample(range(8))) * 1.0)
    assert np.abs(z).max() <= coordinates.BOUND
    free = coordinates.free(z)
    told = free - made_up.unseen.of(free)
    np.testing.assert_allclose(np.sqrt(np.square(told).mean(axis=1)), LENGTH, rtol=0.01)


def test_people_asked_for_are_about_as_long_as_random_ones():
    map_ = load_map()
    z = map_.coordinates(map_.embeddings(coordinates.sample(range(40))))
    assert np.sqrt(np.square(coordinates.free(z)).mean()) == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("bad", [np.zeros((2, 31)), np.zeros(32), np.full((1, 32), np.nan)])
def test_embeddings_of_another_recognizer_are_refused(made_up, bad):
    with pytest.raises(InputError, match="dlib-heads"):
        made_up.coordinates(bad)


def test_a_damaged_map_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("hyperface.heads.identity.embedding.asset", lambda name: tmp_path / "map.safetensors")
    (tmp_path / "map.safetensors").write_bytes(b"nothing")
    with pytest.raises(AssetError, match="damaged"):
        load_map.__wrapped__()
    from safetensors.numpy import save_file

    save_file({"mean": np.zeros(3, np.float32), "weights": np.zeros((2, 3), np.float32)},
              tmp_path / "map.safetensors", metadata={"coordinates": "one\ntwo"})  # fmt: skip
    with pytest.raises(AssetError, match="other coordinates"):
        load_map.__wrapped__()
