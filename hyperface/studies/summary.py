"""What several seeds say together: means with confidence intervals, and differences between two ways."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hyperface.errors import InputError
from hyperface.studies.packed_vs_random import Trial

CONFIDENCE = 0.95
MEAN = "mean"  # the name of the mean over all benchmarks, among theirs


@dataclass(frozen=True)
class Estimate:
    """mean ± half_width, Student's 95 % interval over `count` seeds; half_width is None for a single one."""

    mean: float
    half_width: float | None
    count: int


@dataclass(frozen=True)
class Comparison:
    """One benchmark (or their mean). first, second: accuracies of the two arms; difference: second − first, of pairs of
    trials with the same seed, so that what a seed does to both cancels out."""

    benchmark: str
    first: Estimate
    second: Estimate
    difference: Estimate

    @property
    def decided(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        half_width = self.difference.half_width
        return half_width is not None and abs(self.difference.mean) > half_width


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


def compare(trials: Sequence[Trial], first: str, second: str) -> list[Comparison]:
    """Accuracies of two arms on every benchmark, and on their mean at the end, over the seeds that both have.

    InputError if they have none in common.
    """
    by_arm = {arm: {trial.seed: trial for trial in trials if trial.arm == arm} for arm in (first, second)}
    seeds = sorted(by_arm[first].keys() & by_arm[second].keys())
    if not seeds:
        raise InputError(f"There is no seed for which both {first} and {second} are finished yet.")
    names = [*by_arm[first][seeds[0]].accuracy, MEAN]
    comparisons = []
    for name in names:
        a, b = (np.array([accuracy_of(by_arm[arm][seed], name) for seed in seeds]) for arm in (first, second))
        comparisons.append(Comparison(name, estimate(a), estimate(b), estimate(b - a)))
    return comparisons


def accuracy_of(trial: Trial, benchmark: str) -> float:
    """Accuracy of a trial on a benchmark, or its mean over all."""
    return float(np.mean(list(trial.accuracy.values()))) if benchmark == MEAN else trial.accuracy[benchmark]
