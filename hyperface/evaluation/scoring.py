"""From distances of pairs to the figures of face verification: accuracy, ROC, AUC, EER, TAR at a FAR.

Everything here follows from two arrays: the squared Euclidean distance of each pair's unit embeddings (0 the same,
2 unrelated, 4 opposite), and whether the pair is one person. A pair is accepted where distance < threshold, strictly.
The accuracy is InsightFace's protocol (recognition/arcface_torch/eval/verification.py), which every table uses.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hyperface.errors import InputError

FOLDS = 10
THRESHOLDS = np.arange(0, 4, 0.01)  # (400,) squared distances
FALSE_ACCEPT_RATES = (1e-1, 1e-2, 1e-3, 1e-4)
COLLAPSED = 1e-5  # largest difference of squared distances that are rounding
FEWEST_FALSE_ACCEPTS = 10  # expected at a rate for that rate to be reported


@dataclass(frozen=True)
class TarAtFar:
    """The share of same-person pairs accepted where at most `far` of the different-person pairs are.

    reached: the false-accept rate really reached, at most far. tar and reached are None where the benchmark has not
    enough pairs to tell: under ten false accepts would be expected.
    """

    far: float
    tar: float | None = None
    reached: float | None = None

    def __str__(self) -> str:
        return "not enough pairs" if self.tar is None else f"{self.tar:.4f} at FAR {self.reached:.2g}"


@dataclass(frozen=True)
class Roc:
    """The exact curve, a point for each distinct distance, from nothing accepted to everything accepted.

    thresholds, false_accept_rate (also FMR), true_accept_rate: float64 (k,), all rising. FNMR = 1 − true_accept_rate.
    """

    thresholds: np.ndarray
    false_accept_rate: np.ndarray
    true_accept_rate: np.ndarray

    @property
    def false_non_match_rate(self) -> np.ndarray:
        return 1 - self.true_accept_rate

    def last_within(self, far: float, different: int) -> int:
        """The last point that accepts at most the share `far` of the different-person pairs, `different` in number."""
        # in counts, and with slack for the product's rounding: 0.1 · 30 must allow 3
        return int(np.flatnonzero(self.false_accept_rate * different <= far * different + 1e-9)[-1])

    @property
    def auc(self) -> float:
        """Area under the curve: the chance that a same-person pair is nearer than another; ties count half."""
        return float(np.trapezoid(self.true_accept_rate, self.false_accept_rate))

    @property
    def eer(self) -> float:
        """Equal error rate: where FMR = FNMR, on the straight line between two points of the curve."""
        false_accepts = self.false_accept_rate
        difference = false_accepts - self.false_non_match_rate  # (k,) rises from −1 to 1
        after = int(np.argmax(difference >= 0))
        share = -difference[after - 1] / (difference[after] - difference[after - 1])
        return float(false_accepts[after - 1] + share * (false_accepts[after] - false_accepts[after - 1]))


@dataclass(frozen=True)
class Confusion:
    """Counts of pairs at one threshold."""

    true_accepts: int
    false_rejects: int
    false_accepts: int
    true_rejects: int


@dataclass(frozen=True)
class VerificationResult:
    """What a recogniser does on a benchmark. Rates are shares in [0, 1], not percent.

    distances: float64 (p,), squared. same: bool (p,). folds: float64 (10,), accuracy on each tenth of the pairs with
    the threshold chosen on the other nine; fold_thresholds: (10,), those thresholds.
    """

    recognizer: str
    benchmark: str
    distances: np.ndarray
    same: np.ndarray
    folds: np.ndarray
    fold_thresholds: np.ndarray

    @property
    def accuracy(self) -> float:
        """Mean over the folds: the figure of the tables."""
        return float(self.folds.mean())

    @property
    def accuracy_std(self) -> float:
        """Standard deviation over the folds, of the population (divided by 10), as in the tables."""
        return float(self.folds.std())

    @property
    def collapsed(self) -> bool:
        """Whether all pairs are equally far apart, as where a model gives every face the same embedding."""
        return float(np.ptp(self.distances)) < COLLAPSED

    @property
    def right(self) -> np.ndarray:
        """Whether each pair is decided rightly, bool (p,), with the threshold of its fold."""
        sizes = [len(fold) for fold in np.array_split(self.same, FOLDS)]
        decided: np.ndarray = (self.distances < np.repeat(self.fold_thresholds, sizes)) == self.same
        return decided

    @property
    def scores(self) -> np.ndarray:
        """Cosine of each pair, float64 (p,): 1 − distance / 2."""
        return 1 - self.distances / 2

    @cached_property
    def threshold(self) -> float:
        """The first of THRESHOLDS that decides most of all pairs rightly: for pictures, not for tables."""
        return float(THRESHOLDS[_correct(self.distances, self.same, 1).sum(axis=0).argmax()])

    @property
    def cosine_threshold(self) -> float:
        """`threshold` as a cosine: a pair is accepted above it."""
        return 1 - self.threshold / 2

    @cached_property
    def roc(self) -> Roc:
        return roc_curve(self.distances, self.same)

    @property
    def auc(self) -> float:
        """Area under the ROC curve."""
        return self.roc.auc

    @property
    def eer(self) -> float:
        """Equal error rate."""
        return self.roc.eer

    @cached_property
    def tar_at_far(self) -> dict[float, TarAtFar]:
        """True-accept rates at FAR 0.1, 0.01, 0.001 and 0.0001, as far as the number of pairs allows."""
        return {far: self.true_accepts_at(far) for far in FALSE_ACCEPT_RATES}

    def true_accepts_at(self, far: float) -> TarAtFar:
        """True-accept rate where at most the share `far` of different-person pairs is accepted."""
        different = int(np.count_nonzero(~self.same))
        if far * different < FEWEST_FALSE_ACCEPTS * (1 - 1e-9):
            return TarAtFar(far)
        allowed = self.roc.last_within(far, different)
        return TarAtFar(far, float(self.roc.true_accept_rate[allowed]), float(self.roc.false_accept_rate[allowed]))

    def confusion(self, threshold: float) -> Confusion:
        """Counts where pairs with squared distance < threshold are accepted."""
        accepted = self.distances < threshold  # (p,)
        return Confusion(
            true_accepts=int(np.count_nonzero(accepted & self.same)),
            false_rejects=int(np.count_nonzero(~accepted & self.same)),
            false_accepts=int(np.count_nonzero(accepted & ~self.same)),
            true_rejects=int(np.count_nonzero(~accepted & ~self.same)),
        )


def score_pairs(
    distances: np.ndarray, same: np.ndarray, *, recognizer: str = "", benchmark: str = ""
) -> VerificationResult:
    """All figures from the pairs' squared distances (p,) and answers (p,), in the benchmark's order (folds need it).

    InputError for fewer than ten pairs, pairs of one kind only, or distances that are not numbers.
    """
    distances, same = np.asarray(distances, np.float64), np.asarray(same, bool)
    if distances.ndim != 1 or distances.shape != same.shape:
        raise InputError(f"Each pair needs one distance and one answer; got {distances.shape} and {same.shape}.")
    if len(same) < FOLDS:
        raise InputError(
            f"Verification takes {FOLDS} folds, so it needs at least {FOLDS} pairs; there are {len(same)}."
        )
    if same.all() or not same.any():
        kind = "the same person" if same.all() else "different people"
        raise InputError(f"All {len(same)} pairs show {kind}. Verification needs pairs of both kinds.")
    if not np.isfinite(distances).all():
        raise InputError("Some distances are not numbers: the recogniser gives NaN or infinite features.")
    correct = _correct(distances, same, FOLDS)  # (10, 400)
    best = (correct.sum(axis=0) - correct).argmax(axis=1)  # (10,) on the other nine; argmax takes the first of equals
    sizes = np.array([len(fold) for fold in np.array_split(same, FOLDS)])
    folds = correct[np.arange(FOLDS), best] / sizes
    return VerificationResult(recognizer, benchmark, distances, same, folds, THRESHOLDS[best])


def _correct(distances: np.ndarray, same: np.ndarray, folds: int) -> np.ndarray:
    """Pairs decided rightly, int (folds, 400): for each unshuffled fold, at each of THRESHOLDS."""
    counts = []
    for fold_distances, fold_same in zip(np.array_split(distances, folds), np.array_split(same, folds), strict=True):
        # number of distances < threshold, each kind: what "left" means
        accepted = np.searchsorted(np.sort(fold_distances[fold_same]), THRESHOLDS, side="left")  # (400,)
        wrongly = np.searchsorted(np.sort(fold_distances[~fold_same]), THRESHOLDS, side="left")
        counts.append(accepted + np.count_nonzero(~fold_same) - wrongly)
    return np.stack(counts)


def roc_curve(distances: np.ndarray, same: np.ndarray) -> Roc:
    """Exact ROC of pairs with both kinds in them. Arguments as in `score_pairs`."""
    order = np.argsort(distances, kind="stable")
    ranked, accepted = distances[order], np.cumsum(same[order])  # (p,)
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # of each run of equal distances
    true_accepts = np.append(0, accepted[last])
    false_accepts = np.append(0, last + 1 - accepted[last])
    # Strictly below the next distance is up to this one; one step above the largest for the end.
    thresholds = np.append(ranked[np.append(0, last[:-1] + 1)], np.nextafter(ranked[-1], np.inf))
    return Roc(thresholds, false_accepts / false_accepts[-1], true_accepts / true_accepts[-1])
