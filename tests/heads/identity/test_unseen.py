"""What goes with the numbers that a recogniser sees, on made-up weights."""

import numpy as np
import pytest

from hyperface.heads.identity.unseen import SEEN, Unseen


@pytest.fixture(scope="module")
def directions() -> np.ndarray:
    """(60, 12) orthonormal: ten that are seen, two that hardly are."""
    return np.linalg.qr(np.random.default_rng(0).standard_normal((60, 12)))[0]


@pytest.fixture(scope="module")
def weights(directions) -> np.ndarray:
    """(60, 12), of which 48 directions are not seen at all."""
    turned, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((12, 12)))
    return (directions * np.array([1.0] * 10 + [0.9 * SEEN, 0.02]) @ turned).astype(np.float32)


@pytest.fixture(scope="module")
def unseen(weights) -> Unseen:
    return Unseen(weights)


@pytest.fixture(scope="module")
def people(directions) -> np.ndarray:
    """(2000, 60): random ones, in the directions that are seen."""
    return np.random.default_rng(2).standard_normal((2000, 10)) @ directions[:, :10].T


def angle_apart(rows: np.ndarray, degrees: float, directions: np.ndarray) -> np.ndarray:
    """Each row turned by so much towards a random direction that is seen."""
    other = np.random.default_rng(3).standard_normal((len(rows), 10)) @ directions[:, :10].T
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    other -= (other * unit).sum(axis=1, keepdims=True) * unit
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    return np.cos(np.radians(degrees)) * unit + np.sin(np.radians(degrees)) * other


def test_what_is_seen_stays_as_it_is(unseen, directions, people):
    np.testing.assert_allclose(unseen.of(people) @ directions[:, :10], 0, atol=1e-5)


def test_it_follows_from_what_is_seen_and_not_from_its_length(unseen, directions, people):
    rows = people[:5]
    besides = rows + np.random.default_rng(4).standard_normal((5, 2)) @ directions[:, 10:].T
    np.testing.assert_allclose(unseen.of(besides), unseen.of(rows), atol=1e-5)
    np.testing.assert_allclose(unseen.of(3 * rows), unseen.of(rows), atol=1e-5)
    np.testing.assert_allclose(unseen.of(rows + unseen.of(rows)), unseen.of(rows), atol=1e-5)


def test_people_differ_in_it_as_random_people_do(unseen, people):
    """A direction that is not seen has variance 1 over people, and none is left out or stands out."""
    own = unseen.of(people).astype(np.float64)  # (2000, 60), of rank 50
    values = np.linalg.eigvalsh(np.cov(own.T))[10:]
    assert values.mean() == pytest.approx(1, abs=0.05)
    assert values[0] > 0.4  # a few waves each; of 2,000 rows of white noise, 0.71 to 1.34
    assert values[-1] < 2.5


@pytest.mark.parametrize(("degrees", "alike"), [(2, 0.99), (30, 0.585), (60, 0.135), (90, 0.018)])
def test_it_is_alike_as_people_are_close(unseen, directions, people, degrees, alike):
    """As the kernel exp(−½ s² |u − v|²) has it, with the chord 2 sin(angle / 2) and s = 2."""
    other = unseen.of(angle_apart(people, degrees, directions))
    own = unseen.of(people)
    assert (own * other).sum() / np.square(own).sum() == pytest.approx(alike, abs=0.03)


def test_one_person_is_the_same_in_every_batch(unseen, people):
    np.testing.assert_array_equal(unseen.of(people[:7])[3], unseen.of(people[3:4])[0])


def test_it_does_not_hang_on_how_embeddings_are_turned(unseen, weights, people):
    turned, _ = np.linalg.qr(np.random.default_rng(5).standard_normal((12, 12)))
    again = Unseen(weights @ turned.astype(np.float32))
    np.testing.assert_allclose(again.of(people[:4]), unseen.of(people[:4]), atol=1e-3)


def test_where_everything_is_seen_nothing_goes_with_it():
    np.testing.assert_allclose(Unseen(np.eye(4, 6, dtype=np.float32)).of(np.ones((2, 4))), 0, atol=1e-6)
