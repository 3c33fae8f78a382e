"""The five rendered benchmarks: what the two pictures of a pair differ in, and how alike different people are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Two = Callable[[np.random.Generator], tuple[float, float]]
Ages = Callable[[float], tuple[float, float]]


@dataclass(frozen=True)
class Conditions:
    """One benchmark. ages, yaws: those of a pair's two pictures."""

    name: str
    title: str
    note: str
    after: str  # the real benchmark that it is modelled on
    ages: Ages  # of how old a person is among the others, in [0, 1]; in the phenotype's units: 2/3 young, 1 old
    yaws: Two  # degrees
    matched: float  # share of the pairs of two people with the same sex, skin tone and kind of hair
    pitch_sd: float = 7.0  # degrees


def _ages(low: float, high: float, gap: float = 0.0) -> Ages:
    def ages(rank: float) -> tuple[float, float]:
        young = low + (high - low) * rank
        return young, min(1.0, young + gap)

    return ages


def _everyday_yaws(rng: np.random.Generator) -> tuple[float, float]:
    first, second = np.clip(rng.normal(0, 15, 2), -35, 35)
    return float(first), float(second)


def _opposed_yaws(rng: np.random.Generator) -> tuple[float, float]:
    gap = rng.uniform(45, 70)
    middle = rng.uniform(-1, 1) * (50 - gap / 2)
    return float(middle - gap / 2), float(middle + gap / 2)


def _profile_yaws(rng: np.random.Generator) -> tuple[float, float]:
    return float(rng.normal(0, 4)), float(rng.choice([-1, 1]) * rng.uniform(75, 85))


CONDITIONS = {
    each.name: each
    for each in (
        Conditions(
            "rendered_everyday", "Rendered everyday", "poses up to 35°, expressions, light and hair vary", "LFW",
            ages=_ages(0.62, 0.85), yaws=_everyday_yaws, matched=0.9,
        ),
        Conditions(
            "rendered_cross_pose", "Rendered cross-pose", "the two poses are 45 to 70° apart, neither beyond 50°",
            "CPLFW", ages=_ages(0.62, 0.85), yaws=_opposed_yaws, matched=0.75, pitch_sd=5.0,
        ),
        Conditions(
            "rendered_cross_age", "Rendered cross-age", "the age setting differs by a quarter of its range", "CALFW",
            ages=_ages(0.62, 0.72, 0.25), yaws=_everyday_yaws, matched=0.75,
        ),
        Conditions(
            "rendered_frontal_profile", "Rendered frontal against profile", "one frontal picture, one at 75 to 85°",
            "CFP-FP", ages=_ages(0.62, 0.85), yaws=_profile_yaws, matched=0.5, pitch_sd=4.0,
        ),
        Conditions(
            "rendered_large_age_gap", "Rendered large age gap", "a teenager against the same person grown old",
            "AgeDB-30", ages=_ages(0.54, 0.60, 0.38), yaws=_everyday_yaws, matched=0.6,
        ),
    )
}  # fmt: skip
