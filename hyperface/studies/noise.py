"""Where the noise of a study comes from: which people were drawn, the training's seed, or which pairs were asked about.

A trial's outcome is a mean over a benchmark's pairs, and pairs are asked again in every trial. In the terms of an
analysis of variance, outcome of pair j in training s of draw d = μ + a_d + b_ds + c_j + e_dsj. The a_d are people, the
b_ds training seeds, the c_j pairs that are easier for one arm in all trials alike, the e_dsj what is left, of which a
part may be the same in all trainings with a draw's people. All components are estimated without bias from the mean
squares (Searle, Casella and McCulloch, Variance Components, 1992) and cut off at zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hyperface.studies.plan import Trial
from hyperface.studies.summary import paired

Outcomes = Mapping[str, np.ndarray]  # benchmark → (draws, seeds, pairs)


@dataclass(frozen=True)
class Noise:
    """Standard deviations of the outcome of one training, in its unit; None where they cannot be told apart.

    people: between draws, pairs that suit some people better included; with one seed for each draw it holds the
    training's as well, and training is None. pairs: of finitely many pairs, anew in every trial. shared_pairs: of
    finitely many pairs, the same in all trials, which no number of trials makes smaller and an interval over draws does
    not show; None for a single trial.
    """

    draws: int
    seeds: int
    people: float | None
    training: float | None
    pairs: float
    shared_pairs: float | None

    @property
    def of_mean(self) -> float | None:
        """Standard deviation of the mean over all trials, as far as more trials make it smaller."""
        if self.people is None:
            return None
        trained = (self.training or 0.0) ** 2 + self.pairs**2
        return float(np.sqrt(self.people**2 / self.draws + trained / (self.draws * self.seeds)))

    def best_seeds(self, draw_seconds: float, train_seconds: float) -> int | None:
        """How many trainings a draw should have, where drawing people and training on them take so long: the classic
        √(σ²_within/σ²_between · c_draw/c_train). None where the components are not told apart."""
        if self.training is None or self.people is None:
            return None
        within = self.training**2 + self.pairs**2
        if self.people == 0:
            return max(self.seeds, 2)
        return max(1, round(float(np.sqrt(within / self.people**2 * draw_seconds / max(train_seconds, 1e-9)))))


def components(outcomes: Outcomes) -> Noise:
    """The components of the mean over benchmarks, which have pairs of their own."""
    arrays = [np.asarray(values, np.float64) for values in outcomes.values()]
    draws, seeds = arrays[0].shape[:2]
    count = len(arrays)
    own, shared = np.array([_of_pairs(values.reshape(draws * seeds, -1)) for values in arrays]).T
    pairs = (own.sum() if seeds == 1 else sum(map(_of_trainings, arrays))) / count**2  # variance
    means = np.mean([values.mean(axis=2) for values in arrays], axis=0)  # (draws, seeds)
    between = means.mean(axis=1).var(ddof=1) if draws > 1 else None
    within = means.var(axis=1, ddof=1).mean() if seeds > 1 else None
    if within is None:
        people = None if between is None else _deviation(between - pairs)
        training = None
    else:
        people = None if between is None else _deviation(between - within / seeds)
        training = _deviation(within - pairs)
    several = draws * seeds > 1
    return Noise(
        draws, seeds, people, training, _deviation(pairs), _deviation(shared.sum() / count**2) if several else None
    )


def _of_pairs(values: np.ndarray) -> tuple[float, float]:
    """Variances of a mean over pairs: what is anew in each trial, and what all trials have in common. values: (t, p).

    From one trial alone the two cannot be told apart: all counts as the first.
    """
    trials, pairs = values.shape
    if trials == 1:
        return float(values.var(ddof=1)) / pairs, 0.0
    by_pair = values.mean(axis=0)  # (p,)
    left = values - values.mean(axis=1, keepdims=True) - by_pair + values.mean()
    own = float(np.square(left).sum()) / ((trials - 1) * (pairs - 1))
    shared = max(0.0, float(by_pair.var(ddof=1)) - own / trials)
    return own / pairs, shared / pairs


def _of_trainings(values: np.ndarray) -> float:
    """Variance of a mean over pairs that is anew in each training with a draw's people: pairs that suit these people
    are the same in all of them. values: (draws, seeds, pairs)."""
    return float(np.mean([_of_pairs(draw)[0] for draw in values]))


def _deviation(variance: float) -> float:
    return float(np.sqrt(max(variance, 0.0)))


def noise_of_difference(
    trials: Sequence[Trial], first: str, second: str, *, identities: int | None = None, headline: Sequence[str] = ()
) -> Noise | None:
    """The components of the difference between two arms.

    Args:
        trials: of both arms, and whatever others.
        first: what the other arm is compared with.
        second: the other arm.
        identities: of the trials that are compared; None where all have the same number.
        headline: benchmarks of the mean; all of them if none is named.

    Returns:
        The components of `second` − `first`; None if nothing is known about single pairs, or no draw is complete.

    Raises:
        Nothing: arms without trials in common give None.
    """
    couples = paired(trials, first, second, identities=identities)
    return _components_of([(one.draw, (one, other)) for one, other in couples], headline)


def noise_of_arm(
    trials: Sequence[Trial], arm: str, *, identities: int | None = None, headline: Sequence[str] = ()
) -> Noise | None:
    """The components of one arm's accuracy."""
    own = sorted(
        (trial for trial in trials if trial.arm == arm and identities in (None, trial.identities)),
        key=lambda trial: trial.place,
    )
    return _components_of([(trial.draw, (trial,)) for trial in own], headline)


def _components_of(several: Sequence[tuple[int, tuple[Trial, ...]]], headline: Sequence[str]) -> Noise | None:
    """several: (draw, a trial, or one of each arm, of which the last minus the first counts)."""
    by_draw: dict[int, list[tuple[Trial, ...]]] = {}
    for draw, members in several:
        by_draw.setdefault(draw, []).append(members)
    if not by_draw:
        return None
    most = max(map(len, by_draw.values()))
    complete = [members for members in by_draw.values() if len(members) == most]
    known = list(several[0][1][0].right)
    outcomes = {}
    for name in [name for name in headline if name in known] or known:
        rows = [[_outcome(members, name) for members in draw] for draw in complete]
        if any(row is None for draw in rows for row in draw):
            return None
        outcomes[name] = np.array(rows, np.float64)
    return components(outcomes) if outcomes else None


def _outcome(members: tuple[Trial, ...], name: str) -> np.ndarray | None:
    """(p,): a pair decided rightly counts 1; of two trials, the second's minus the first's."""
    right = [trial.right_on(name) for trial in members]
    known = [values.astype(np.float64) for values in right if values is not None]
    if len(known) < len(members):
        return None
    return known[0] if len(known) == 1 else known[1] - known[0]
