import math

import numpy as np
import pytest

from hyperface.errors import InputError
from hyperface.evaluation import bootstrap_intervals, score_pairs
from hyperface.evaluation.intervals import _resampled, exact_interval


@pytest.fixture
def result():
    """400 pairs with many ties, in an order that leaves the folds with unequal shares of each kind."""
    rng = np.random.default_rng(0)
    same = rng.random(400) < np.linspace(0.3, 0.7, 400)
    return score_pairs((rng.normal(1.2, 0.4, 400) + 0.5 * ~same).clip(0, 4).round(1), same)


class Recorded:
    """A generator of random numbers that keeps what it gave."""

    def __init__(self):
        self.rng, self.given = np.random.default_rng(1), []

    def random(self, count):
        self.given.append(self.rng.random(count))
        return self.given[-1]


def test_each_sample_is_scored_as_if_its_pairs_were_a_benchmark(result):
    rng = Recorded()
    samples = list(_resampled(result, 20, rng))
    for (accuracy, roc), numbers in zip(samples, rng.given, strict=True):
        left = list(numbers)
        distances, same = [], []
        for fold in np.array_split(np.arange(400), 10):
            for kind in (False, True):
                members = [pair for pair in fold if result.same[pair] == kind]
                for _ in members:
                    distances.append(result.distances[members[int(left.pop(0) * len(members))]])
                    same.append(kind)
        naive = score_pairs(np.array(distances), np.array(same))
        assert accuracy == pytest.approx(naive.accuracy, abs=1e-12)
        assert roc.auc == pytest.approx(naive.auc, abs=1e-12)
        assert roc.eer == pytest.approx(naive.eer, abs=1e-12)
        allowed = roc.last_within(0.1, np.count_nonzero(~naive.same))
        assert roc.true_accept_rate[allowed] == naive.true_accepts_at(0.1).tar


def test_the_interval_of_a_share_is_the_binomial_one():
    same = np.arange(2000) % 2 == 0
    distances = np.where(same, 0.5, 2.0)
    distances[same] = np.where(np.arange(1000) % 10 == 0, 3.0, 0.5)  # a tenth of the same-person pairs, in every fold
    intervals = bootstrap_intervals(score_pairs(distances, same), samples=4000)
    half_width = 1.96 * (0.1 * 0.9 / 1000) ** 0.5
    for (low, high), center, width in (
        (intervals.accuracy, 0.95, half_width / 2),
        (intervals.tar_at_far[0.1], 0.9, half_width),
        (intervals.auc, 0.9, half_width),
    ):
        assert (low + high) / 2 == pytest.approx(center, abs=width / 4)
        assert (high - low) / 2 == pytest.approx(width, rel=0.1)


def test_intervals_hold_the_figures_and_repeat_with_the_seed(result):
    intervals = bootstrap_intervals(result, samples=300)
    assert intervals.auc[0] < result.auc < intervals.auc[1]
    assert intervals.eer[0] < result.eer < intervals.eer[1]
    assert list(intervals.tar_at_far) == [0.1]  # the pairs tell no lower rate
    assert bootstrap_intervals(result, samples=300) == intervals
    narrow = bootstrap_intervals(result, samples=300, level=0.5)
    assert narrow.auc[1] - narrow.auc[0] < intervals.auc[1] - intervals.auc[0]


def test_no_interval_is_without_width():
    same = np.arange(60) % 2 == 0
    perfect = bootstrap_intervals(score_pairs(np.where(same, 0.5, 2.0), same), samples=200)
    assert perfect.accuracy == (pytest.approx(0.025 ** (1 / 60)), 1)  # Clopper and Pearson's closed form without a miss
    assert perfect.auc == (pytest.approx(0.025 ** (1 / 30)), 1)
    assert perfect.eer == (0, pytest.approx(1 - 0.025 ** (1 / 30)))
    collapsed = bootstrap_intervals(score_pairs(np.zeros(60), same), samples=200)
    assert collapsed.accuracy[0] < 0.4 < 0.6 < collapsed.accuracy[1]


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (3, 7), (6, 6), (37, 40), (200, 1000)])
def test_the_exact_interval_is_where_the_binomial_tails_are_a_fortieth(hits, trials):
    def tail(share: float, outcomes: range) -> float:
        return sum(math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in outcomes)

    low, high = exact_interval(hits, trials)
    if hits:
        assert tail(low, range(hits, trials + 1)) == pytest.approx(0.025, rel=1e-6)
    if hits < trials:
        assert tail(high, range(hits + 1)) == pytest.approx(0.025, rel=1e-6)
    assert low <= hits / trials <= high
    assert high - low > 0


@pytest.mark.parametrize("wrong", [{"level": 1.0}, {"level": 0.0}, {"samples": 1}])
def test_what_makes_no_interval_is_told(result, wrong):
    with pytest.raises(InputError, match="An interval needs"):
        bootstrap_intervals(result, **wrong)
