"""What several draws say together: means with confidence intervals, and differences between two ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hyperface.errors import InputError
from hyperface.studies.plan import Trial

CONFIDENCE = 0.95
MEAN = "mean"  # the name of the mean over benchmarks, among theirs


@dataclass(frozen=True)
class Estimate:
    """mean ± half_width, Student's 95 % interval over `count` draws; half_width is None for a single one."""

    mean: float
    half_width: float | None
    count: int

    @property
    def decided(self) -> bool:
        """Whether the interval excludes zero."""
        return self.half_width is not None and abs(self.mean) > self.half_width


@dataclass(frozen=True)
class Comparison:
    """One benchmark (or their mean). first, second: accuracies of the two arms; difference: second − first, of pairs of
    trials with the same draw and seed, so that what these do to both cancels out. draws: that difference for each
    draw."""

    benchmark: str
    first: Estimate
    second: Estimate
    difference: Estimate
    draws: tuple[float, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        return self.difference.decided


def estimate(values: Sequence[float] | np.ndarray) -> Estimate:
    """Mean and Student's t interval of a sample."""
    sample = np.asarray(values, np.float64)
    if sample.size == 0:
        raise InputError("There is no trial to take a mean of.")
    if len(sample) == 1:
        return Estimate(float(sample[0]), None, 1)
    from scipy.stats import t

    half_width = t.ppf((1 + CONFIDENCE) / 2, len(sample) - 1) * sample.std(ddof=1) / np.sqrt(len(sample))
    return Estimate(float(sample.mean()), float(half_width), len(sample))


def compare(
    trials: Sequence[Trial],
    first: str,
    second: str,
    *,
    identities: int | None = None,
    headline: Sequence[str] = (),
) -> list[Comparison]:
    """Accuracies of two arms on every benchmark, and on the mean of some at the end.

    Trainings with the same draw's people are averaged first: the interval is over draws, which are independent.

    Args:
        trials: of both arms, and whatever others.
        first: what the other arm is compared with.
        second: the other arm.
        identities: of the trials that are compared; None where all have the same number.
        headline: benchmarks of the mean; all of them if none is named.

    Returns:
        A comparison for each benchmark, and the mean's.

    Raises:
        InputError: No draw and seed for which both arms are finished.
    """
    couples = paired(trials, first, second, identities=identities)
    if not couples:
        raise InputError(f"There is no draw for which both {first} and {second} are finished yet.")
    known = list(couples[0][0].accuracy)
    headline = [name for name in headline if name in known] or known
    comparisons = []
    for name in [*known, MEAN]:
        names = headline if name == MEAN else [name]
        by_draw: dict[int, list[tuple[float, float]]] = {}
        for one, other in couples:
            by_draw.setdefault(one.draw, []).append((accuracy_of(one, names), accuracy_of(other, names)))
        a, b = np.array([np.mean(values, axis=0) for values in by_draw.values()]).T  # (draws,) each
        comparisons.append(Comparison(name, estimate(a), estimate(b), estimate(b - a), tuple((b - a).tolist())))
    return comparisons


def paired(
    trials: Sequence[Trial], first: str, second: str, *, identities: int | None = None
) -> list[tuple[Trial, Trial]]:
    """Trials of two arms with the same draw, seed and number of people, in order of draw and seed."""
    by_arm = {
        arm: {trial.place[1:]: trial for trial in trials if trial.arm == arm and identities in (None, trial.identities)}
        for arm in (first, second)
    }
    both = sorted(by_arm[first].keys() & by_arm[second].keys())
    return [(by_arm[first][place], by_arm[second][place]) for place in both]


def accuracy_of(trial: Trial, benchmarks: Sequence[str]) -> float:
    """Mean accuracy of a trial over benchmarks."""
    return float(np.mean([trial.accuracy[name] for name in benchmarks]))
