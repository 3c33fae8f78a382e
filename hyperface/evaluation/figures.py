"""The figures of a verification as plain data: what results.json, the table and the report hold."""

from dataclasses import asdict, dataclass
from typing import Any

from hyperface.evaluation.intervals import Interval, bootstrap_intervals
from hyperface.evaluation.scoring import VerificationResult


@dataclass(frozen=True)
class Rate:
    """True-accept rate `tar` where at most `far` of the different-person pairs are accepted; `reached` of them were."""

    far: float
    reached: float
    tar: float
    interval: Interval


@dataclass(frozen=True)
class Figures:
    """Shares in [0, 1]. accuracy and its spread: ten folds. interval fields: bootstrap intervals at `level`.
    threshold: the cosine that decides most pairs rightly. rates: the TARs that the pairs can tell."""

    pairs: int
    accuracy: float
    accuracy_std: float
    folds: tuple[float, ...]
    auc: float
    eer: float
    threshold: float
    rates: tuple[Rate, ...]
    level: float
    accuracy_interval: Interval
    auc_interval: Interval
    eer_interval: Interval

    def as_json(self) -> dict[str, Any]:
        """For json.dumps; `figures_from` turns it back."""
        return asdict(self)

    def as_row(self) -> dict[str, float | int]:
        """One row of a table: a flat dictionary, the same columns for every benchmark with as many pairs."""
        row: dict[str, float | int] = {"pairs": self.pairs}
        for name in ("accuracy", "auc", "eer"):
            low, high = getattr(self, f"{name}_interval")
            row |= {name: getattr(self, name), f"{name}_low": low, f"{name}_high": high}
        row |= {"accuracy_std": self.accuracy_std, "threshold_cosine": self.threshold}
        for rate in self.rates:
            name = f"tar_at_far_{rate.far:g}"
            row |= {name: rate.tar, f"{name}_low": rate.interval[0], f"{name}_high": rate.interval[1]}
        return row


def figures_of(result: VerificationResult) -> Figures:
    """All figures, with intervals; about a second for 6,000 pairs."""
    intervals = bootstrap_intervals(result)
    return Figures(
        pairs=len(result.same),
        accuracy=result.accuracy,
        accuracy_std=result.accuracy_std,
        folds=tuple(result.folds.tolist()),
        auc=result.auc,
        eer=result.eer,
        threshold=result.cosine_threshold,
        rates=tuple(
            Rate(far, rate.reached, rate.tar, intervals.tar_at_far[far])
            for far, rate in result.tar_at_far.items()
            if rate.tar is not None and rate.reached is not None
        ),
        level=intervals.level,
        accuracy_interval=intervals.accuracy,
        auc_interval=intervals.auc,
        eer_interval=intervals.eer,
    )


def figures_from(content: dict[str, Any]) -> Figures:
    """What `as_json` gave. KeyError or TypeError for anything else."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    rates = tuple(Rate(**{**rate, "interval": tuple(rate["interval"])}) for rate in content["rates"])
    return Figures(**{**values, "rates": rates})
