import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.evaluation.quiz import quiz_pairs

SAME = np.random.default_rng(0).permutation(np.arange(60) < 20)


def test_half_of_the_pairs_show_one_person_and_none_comes_twice():
    seen = set()
    for seed in range(200):
        pairs = quiz_pairs(SAME, seed=seed)
        assert len(set(pairs.tolist())) == 8
        assert SAME[pairs].sum() == 4
        seen |= set(pairs.tolist())
    assert seen == set(range(60))  # every pair can be asked
    assert (quiz_pairs(SAME, seed=3) == quiz_pairs(SAME, seed=3)).all()


def test_their_order_tells_nothing():
    order = np.array([SAME[quiz_pairs(SAME, seed=seed)] for seed in range(1000)])
    assert np.abs(order.mean(axis=0) - 0.5).max() < 0.08  # five times the spread of chance


def test_what_cannot_be_asked_is_told():
    with pytest.raises(InputError, match="even number, not 7"):
        quiz_pairs(SAME, count=7)
    with pytest.raises(InputError, match="30 pairs of one person are asked for; the benchmark has 20"):
        quiz_pairs(SAME, count=60)
