"""How sure the figures of a verification are: bootstrap intervals over its pairs.

Pairs are drawn again with replacement, as many of each kind in each fold as there were, and everything is computed
anew (B. Efron, "Better bootstrap confidence intervals", JASA 1987; the plain percentile interval). Pairs count as
independent; where a benchmark uses an image or a person in several pairs, the true intervals are somewhat wider. Where
every sample gives the same figure, as where not one pair is decided wrongly, the exact interval of a rate stands
instead: none has no width.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from hyperface.errors import InputError
from hyperface.evaluation.scoring import FOLDS, THRESHOLDS, Roc, VerificationResult

Interval = tuple[float, float]  # low, high

SAMPLES = 1000


@dataclass(frozen=True)
class Intervals:
    """Of the figures with the same names in VerificationResult. tar_at_far: FAR → interval, where it can be told."""

    level: float
    accuracy: Interval
    auc: Interval
    eer: Interval
    tar_at_far: dict[float, Interval]


def bootstrap_intervals(
    result: VerificationResult, *, level: float = 0.95, samples: int = SAMPLES, seed: int = 0
) -> Intervals:
    """The middle share `level` of the figures over `samples` resampled sets of pairs. About a second for 6,000 pairs.

    InputError for a level or a number of samples that makes no interval.
    """
    if not 0 < level < 1 or samples < 2:
        raise InputError(f"An interval needs a level between 0 and 1 and two samples; got {level} and {samples}.")
    fars = [far for far, rate in result.tar_at_far.items() if rate.tar is not None]
    different = int(np.count_nonzero(~result.same))
    drawn = [
        (accuracy, roc.auc, roc.eer, *(roc.true_accept_rate[roc.last_within(far, different)] for far in fars))
        for accuracy, roc in _resampled(result, samples, np.random.default_rng(seed))
    ]
    edges = np.quantile(np.array(drawn), [(1 - level) / 2, (1 + level) / 2], axis=0)  # (2, 3 + rates)
    same = len(result.same) - different
    values = [result.accuracy, result.auc, result.eer, *(result.tar_at_far[far].tar or 0.0 for far in fars)]
    trials = [len(result.same), min(same, different), min(same, different), *(same for _ in fars)]
    accuracy, auc, eer, *rates = [
        _with_width((float(low), float(high)), value, count, level)
        for (low, high), value, count in zip(edges.T, values, trials, strict=True)
    ]
    return Intervals(level, accuracy, auc, eer, dict(zip(fars, rates, strict=True)))


def exact_interval(hits: int, trials: int, *, level: float = 0.95) -> Interval:
    """Of a rate of `hits` in `trials`, which has a width for no miss and for no hit, too.

    C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits", Biometrika 1934. InputError for a rate
    that cannot be.
    """
    if not 0 <= hits <= trials or trials < 1:
        raise InputError(f"A rate needs at least one trial, and no more hits than trials; got {hits} of {trials}.")
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(tail, hits, trials - hits + 1))
    high = 1.0 if hits == trials else float(beta.ppf(1 - tail, hits + 1, trials - hits))
    return low, high


def _with_width(interval: Interval, value: float, trials: int, level: float) -> Interval:
    """A bootstrap interval; where no sample differs from another, as where nothing was wrong, the exact one of a rate
    of so many trials: pairs that were not drawn may be decided wrongly."""
    low, high = interval
    return (low, high) if high - low > 1e-9 else exact_interval(round(value * trials), trials, level=level)


def _resampled(result: VerificationResult, samples: int, rng: np.random.Generator) -> Iterator[tuple[float, Roc]]:
    """Ten-fold accuracy and ROC of sets of pairs drawn again, as counts of how often each pair was drawn."""
    count, same = len(result.same), result.same
    fold = np.concatenate([np.full(len(part), f) for f, part in enumerate(np.array_split(same, FOLDS))])  # (p,)
    sizes = np.bincount(fold)  # (10,)
    _, group = np.unique(2 * fold + same, return_inverse=True)  # (p,) fold and kind
    members = np.argsort(group, kind="stable")  # (p,) pairs, group after group
    group_sizes = np.bincount(group)
    start, size = np.repeat(np.cumsum(group_sizes) - group_sizes, group_sizes), np.repeat(group_sizes, group_sizes)
    # A pair is accepted from the first threshold above its distance on.
    place = fold * (len(THRESHOLDS) + 1) + np.searchsorted(THRESHOLDS, result.distances, side="right")  # (p,)
    different = np.bincount(fold, ~same)[:, None]  # (10, 1)
    order = np.argsort(result.distances, kind="stable")
    ranked = result.distances[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), count - 1)  # of each run of equal distances
    for _ in range(samples):
        drawn = members[start + (rng.random(count) * size).astype(int)]
        times = np.bincount(drawn, minlength=count)  # (p,)
        signed = np.bincount(place, np.where(same, times, -times), minlength=FOLDS * (len(THRESHOLDS) + 1))
        correct = signed.reshape(FOLDS, -1).cumsum(axis=1)[:, :-1] + different  # (10, 400)
        best = (correct.sum(axis=0) - correct).argmax(axis=1)
        accuracy = float((correct[np.arange(FOLDS), best] / sizes).mean())
        true_accepts, false_accepts = (
            np.append(0, np.cumsum(np.where(kind[order], times[order], 0))[last]) for kind in (same, ~same)
        )
        yield accuracy, Roc(np.append(ranked[last], np.inf), false_accepts / false_accepts[-1],
                            true_accepts / true_accepts[-1])  # fmt: skip
