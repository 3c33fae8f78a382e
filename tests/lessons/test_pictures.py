import numpy as np
import pytest

from hyperface import generators, recognizers
from hyperface.heads.identity import coordinates
from hyperface.lessons import pictures


@pytest.fixture(scope="module")
def heads():
    return generators.load("heads")


@pytest.fixture(scope="module")
def cosines(heads):
    """All pairs of the crowd, by the generator's own map and a plain product."""
    rows = heads.embeddings(coordinates.sample(range(pictures.CROWD))).double().numpy()
    return rows @ rows.T


def test_the_crowd_is_expected_as_the_generator_says(heads):
    expected = pictures.expected(heads, range(5))
    np.testing.assert_allclose(expected, heads.embeddings(coordinates.sample(range(5))), atol=1e-6)


def test_pairs_are_of_one_person_of_the_most_alike_and_of_strangers(heads, cosines):
    asked = pictures.questions(heads)
    assert [question.kind for question in asked].count(pictures.ONE) == 4
    alike = [question.people for question in asked if question.kind == pictures.ALIKE]
    np.fill_diagonal(cosines, -1)
    assert set(alike[0]) == set(np.unravel_index(cosines.argmax(), cosines.shape))
    rest = np.delete(np.delete(cosines, list(alike[0]), 0), list(alike[0]), 1)
    assert cosines[alike[1]] == pytest.approx(rest.max(), abs=1e-6)
    people = [number for question in asked for number in set(question.people)]
    assert len(people) == len(set(people)) == 12  # nobody is met twice
    seeds = [seed for question in asked for seed in question.seeds]
    assert len(set(seeds)) == 16
    for question in asked:
        assert question.same == (question.people[0] == question.people[1])


def test_one_pair_of_strangers_in_a_thousand_is_closer_than_the_line(heads, cosines):
    angles = np.degrees(np.arccos(cosines[np.triu_indices(len(cosines), 1)]))
    assert (angles <= pictures.line(heads) + 1e-4).mean() == pytest.approx(pictures.STRANGERS, rel=0.01)


@pytest.mark.slow
def test_a_pair_is_drawn_and_its_angle_is_that_of_its_numbers(heads):
    recognizer = recognizers.load(heads.recognizer)
    asked = pictures.questions(heads)
    pair = pictures.answer(asked[-1], heads, recognizer)
    assert pair.pictures.shape == (2, 112, 112, 3)
    a, b = pair.embeddings.double().numpy()
    np.testing.assert_allclose([a @ a, b @ b], 1, atol=1e-5)
    assert pair.angle == pytest.approx(np.degrees(np.arccos(a @ b)), abs=1e-3)
    assert pair.angle < pictures.answer(asked[0], heads, recognizer).angle  # one person, and two strangers
