"""The figures of verification against a naive loop, scikit-learn, and cases worked by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve
from sklearn.model_selection import KFold

from hyperface.errors import InputError
from hyperface.evaluation.scoring import roc_curve, score_pairs


def random_pairs(count: int, seed: int, *, step: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Distances of overlapping kinds; `step` rounds them, so that many tie with each other and with thresholds."""
    rng = np.random.default_rng(seed)
    same = rng.random(count) < 0.4
    distances = np.clip(rng.normal(np.where(same, 1.0, 1.6), 0.4), 0, 3.99)
    return (np.round(distances / step) * step if step else distances), same


def naive_folds(distances: np.ndarray, same: np.ndarray) -> tuple[list[float], list[float]]:
    """InsightFace's protocol as its paper-and-pencil definition: pair by pair, threshold by threshold."""

    def accuracy(rows, threshold):
        return sum((distances[row] < threshold) == same[row] for row in rows) / len(rows)

    folds, thresholds = [], []
    for train, test in KFold(10, shuffle=False).split(distances):
        best, best_accuracy = 0.0, -1.0
        for threshold in np.arange(0, 4, 0.01):
            now = accuracy(train, threshold)
            if now > best_accuracy:
                best, best_accuracy = threshold, now
        folds.append(accuracy(test, best))
        thresholds.append(best)
    return folds, thresholds


@pytest.mark.parametrize(("count", "step"), [(10, None), (11, 0.5), (57, None), (64, 0.01), (99, 0.25)])
def test_folds_are_those_of_the_naive_loop(count, step):
    distances, same = random_pairs(count, seed=count, step=step)
    result = score_pairs(distances, same)
    folds, thresholds = naive_folds(distances, same)
    np.testing.assert_allclose(result.folds, folds, atol=1e-12)
    np.testing.assert_array_equal(result.fold_thresholds, thresholds)
    assert result.accuracy == pytest.approx(sum(folds) / 10)
    assert result.accuracy_std == pytest.approx((sum((f - sum(folds) / 10) ** 2 for f in folds) / 10) ** 0.5)


def test_accuracy_worked_by_hand():
    """Nine folds are separated by every threshold in (0.5, 1.5]; the first of them, 0.51, fails the last fold."""
    distances = np.array([0.5, 1.5] * 9 + [1.0, 1.5])
    same = np.array([True, False] * 10)
    result = score_pairs(distances, same)
    # with the last fold among the nine, thresholds above 1.0 are best, and they separate the tested fold
    np.testing.assert_array_equal(result.folds, [1.0] * 9 + [0.5])
    np.testing.assert_allclose(result.fold_thresholds, [1.01] * 9 + [0.51], atol=1e-9)
    assert result.accuracy == pytest.approx(0.95)
    assert result.accuracy_std == pytest.approx(0.15)


def test_a_distance_on_the_threshold_is_rejected():
    """0.5 is a threshold exactly: a pair at distance 0.5 is not nearer than it."""
    result = score_pairs(np.array([0.5, 0.75] * 10), np.array([True, False] * 10))
    assert result.confusion(0.5).true_accepts == 0
    assert result.confusion(0.5000001).true_accepts == 10
    assert result.threshold == pytest.approx(0.51)
    assert result.cosine_threshold == pytest.approx(1 - 0.51 / 2)


@pytest.mark.parametrize(("count", "step"), [(30, None), (200, 0.1), (1000, 0.02)])
def test_roc_and_auc_are_scikit_learns(count, step):
    distances, same = random_pairs(count, seed=count + 1, step=step)
    result = score_pairs(distances, same)
    assert result.auc == pytest.approx(roc_auc_score(same, -distances), abs=1e-12)
    false_accepts, true_accepts, _ = sklearn_roc_curve(same, -distances, drop_intermediate=False)
    np.testing.assert_allclose(result.roc.false_accept_rate, false_accepts)
    np.testing.assert_allclose(result.roc.true_accept_rate, true_accepts)
    np.testing.assert_allclose(result.roc.false_non_match_rate, 1 - true_accepts)


def test_every_point_of_the_curve_is_what_its_threshold_accepts():
    distances, same = random_pairs(80, seed=3, step=0.1)
    result = score_pairs(distances, same)
    for threshold, far, tar in zip(
        result.roc.thresholds, result.roc.false_accept_rate, result.roc.true_accept_rate, strict=True
    ):
        counts = result.confusion(threshold)
        assert counts.false_accepts / (counts.false_accepts + counts.true_rejects) == pytest.approx(far)
        assert counts.true_accepts / (counts.true_accepts + counts.false_rejects) == pytest.approx(tar)


def test_auc_and_equal_error_rate_worked_by_hand():
    """Same .1 .2 .4, different .3 .5 .6: one of nine comparisons is wrong, and FMR = FNMR = 1/3 below 0.4."""
    roc = roc_curve(np.array([0.1, 0.2, 0.4, 0.3, 0.5, 0.6]), np.array([True] * 3 + [False] * 3))
    np.testing.assert_allclose(roc.false_accept_rate, [0, 0, 0, 1 / 3, 1 / 3, 2 / 3, 1])
    np.testing.assert_allclose(roc.true_accept_rate, [0, 1 / 3, 2 / 3, 2 / 3, 1, 1, 1])
    assert roc.auc == pytest.approx(8 / 9)
    assert roc.eer == pytest.approx(1 / 3)


def test_equal_error_rate_between_two_points():
    """One step from (FMR 0, FNMR 1) to (1, 0), because all distances tie: the line crosses at one half."""
    result = score_pairs(np.ones(20), np.array([True, False] * 10))
    assert result.eer == pytest.approx(0.5)
    assert result.auc == pytest.approx(0.5)
    perfect = score_pairs(np.array([0.1, 3.0] * 10), np.array([True, False] * 10))
    assert perfect.eer == 0
    assert perfect.auc == 1


def test_true_accepts_at_a_false_accept_rate():
    """1,000 different pairs at 1.000, 1.001 …; same pairs at 0.5, but a fifth of them just above the 10 nearest."""
    different = 1 + np.arange(1000) / 1000
    same = np.where(np.arange(500) < 100, 1.0095, 0.5)
    distances = np.concatenate([same, different])
    result = score_pairs(distances, np.arange(1500) < 500)
    one_percent = result.tar_at_far[1e-2]
    assert (one_percent.tar, one_percent.reached) == (1.0, 0.01)  # the 10 nearest, then the same pairs
    assert result.true_accepts_at(0.0100001).tar == 1
    # 1 false accept is expected at 0.001: nothing can be said
    assert result.tar_at_far[1e-3].tar is None
    assert result.tar_at_far[1e-3].reached is None
    assert str(result.tar_at_far[1e-4]) == "not enough pairs"
    assert list(result.tar_at_far) == [1e-1, 1e-2, 1e-3, 1e-4]


def test_the_rate_reached_stays_under_the_rate_asked_for_where_distances_tie():
    """Of 200 different pairs, 15 tie at the smallest distance: FAR jumps from 0 to 7.5 %, and to 100 %."""
    distances = np.concatenate([np.full(100, 0.2), np.full(15, 0.1), np.full(185, 0.9)])
    result = score_pairs(distances, np.arange(300) < 100)
    assert (result.tar_at_far[1e-1].tar, result.tar_at_far[1e-1].reached) == (1.0, 0.075)
    assert (result.true_accepts_at(0.05).tar, result.true_accepts_at(0.05).reached) == (0.0, 0.0)


def test_ten_expected_false_accepts_are_enough_and_nine_are_not():
    for different, enough in ((100, True), (99, False)):
        same = np.arange(different + 50) < 50
        result = score_pairs(np.where(same, 0.5, 1.5), same)
        assert (result.tar_at_far[1e-1].tar is not None) == enough


def test_scores_are_cosines():
    angles = np.array([0.0, 60, 90, 180])
    distances = 2 - 2 * np.cos(np.radians(angles))
    result = score_pairs(np.tile(distances, 3), np.tile([True, True, False, False], 3))
    np.testing.assert_allclose(result.scores[:4], [1, 0.5, 0, -1], atol=1e-12)


def test_impossible_pairs_are_refused():
    good = np.array([True, False] * 5)
    with pytest.raises(InputError, match="at least 10 pairs; there are 9"):
        score_pairs(np.ones(9), good[:9])
    with pytest.raises(InputError, match="the same person"):
        score_pairs(np.ones(10), np.ones(10, bool))
    with pytest.raises(InputError, match="different people"):
        score_pairs(np.ones(10), np.zeros(10, bool))
    with pytest.raises(InputError, match="NaN"):
        score_pairs(np.where(good, np.nan, 1.0), good)
    with pytest.raises(InputError, match="one distance"):
        score_pairs(np.ones((10, 1)), good)
