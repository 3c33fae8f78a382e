"""Which pictures make a pack: who, at what age, at what angle, and in which order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .identities import Identity, stream

FOLDS = 10  # InsightFace cuts a pack into ten runs of consecutive pairs
SKIN_TOLERANCE = 0.07  # two people whose melanin differs by less count as the same skin tone


@dataclass(frozen=True)
class Shot:
    """One picture to take."""

    person: int  # identity number
    age: float  # anny's scale: 2/3 young adult, 1 old
    yaw: float  # degrees
    number: int  # names the picture's own random streams; unique in the pack


@dataclass(frozen=True)
class Pair:
    same: bool
    shots: tuple[Shot, Shot]


@dataclass(frozen=True)
class PackSpec:
    """A benchmark: what its pairs vary, and what keeps them from being told apart by shortcuts."""

    name: str
    title: str
    note: str
    after: str  # the real benchmark it is modelled on
    ages: Callable[[np.random.Generator], tuple[float, float]]
    yaws: Callable[[np.random.Generator], tuple[float, float]]  # degrees
    matched: float  # share of the different-person pairs with the same gender and skin tone
    pairs: int = 600
    pitch_sd: float = 7.0  # degrees


def plan_pairs(spec: PackSpec, people: Sequence[Identity], seed: int) -> list[Pair]:
    """The pack's pairs in InsightFace's order: every fold holds as many same-person as different-person pairs.

    Each person appears in one pair with himself and in one, as the first, with someone else. Both pictures of a pair
    draw their conditions from the same distributions whether or not they show one person.
    """
    half = spec.pairs // 2
    if spec.pairs % (2 * FOLDS) or len(people) < half:
        raise ValueError(f"{spec.name}: {spec.pairs} pairs need a multiple of {2 * FOLDS} and {half} people.")
    pairs = []
    for same in (True, False):
        for i in range(half):
            rng = stream(seed, spec.name, "same" if same else "different", i)
            partner = people[i] if same else _impostor(people, i, rng, spec.matched)
            ages, yaws = spec.ages(rng), spec.yaws(rng)
            order = [0, 1] if rng.random() < 0.5 else [1, 0]
            first = 2 * (i if same else half + i)
            who = (people[i].number, partner.number)
            shots = tuple(Shot(who[k], ages[order[k]], yaws[order[k]], first + k) for k in range(2))
            pairs.append(Pair(same, shots))
    share = half // FOLDS
    return [
        pair
        for fold in range(FOLDS)
        for start in (fold * share, half + fold * share)
        for pair in pairs[start : start + share]
    ]


def _impostor(people: Sequence[Identity], i: int, rng: np.random.Generator, matched: float) -> Identity:
    """Someone else; with probability `matched` of the same gender and skin tone."""
    person = people[i]
    others = [other for other in people if other.number != person.number]
    if rng.random() < matched:
        alike = [other for other in others if other.female == person.female]
        near = [other for other in alike if abs(other.melanin - person.melanin) < SKIN_TOLERANCE]
        others = near if near else sorted(alike, key=lambda other: abs(other.melanin - person.melanin))[:3]
    return others[rng.integers(len(others))]


def _same_age(low: float, high: float, gap: float = 0.0) -> Callable[[np.random.Generator], tuple[float, float]]:
    def ages(rng: np.random.Generator) -> tuple[float, float]:
        young = float(rng.uniform(low, high))
        return young, min(1.0, young + gap + float(rng.normal(0, 0.01)))

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


SPECS = {
    spec.name: spec
    for spec in (
        PackSpec(
            "rendered_everyday", "Rendered everyday", "poses up to 35°, expressions, light and hair vary", "LFW",
            ages=_same_age(0.62, 0.85), yaws=_everyday_yaws, matched=0.9,
        ),
        PackSpec(
            "rendered_cross_pose", "Rendered cross-pose", "the two poses are 45 to 70° apart, neither beyond 50°",
            "CPLFW", ages=_same_age(0.62, 0.85), yaws=_opposed_yaws, matched=0.75, pitch_sd=5.0,
        ),
        PackSpec(
            "rendered_cross_age", "Rendered cross-age", "the age setting differs by a quarter of its range", "CALFW",
            ages=_same_age(0.62, 0.72, 0.25), yaws=_everyday_yaws, matched=0.75,
        ),
        PackSpec(
            "rendered_frontal_profile", "Rendered frontal against profile", "one frontal picture, one at 75 to 85°",
            "CFP-FP", ages=_same_age(0.62, 0.85), yaws=_profile_yaws, matched=0.5, pitch_sd=4.0,
        ),
        PackSpec(
            "rendered_large_age_gap", "Rendered large age gap", "a teenager against the same person grown old",
            "AgeDB-30", ages=_same_age(0.54, 0.60, 0.38), yaws=_everyday_yaws, matched=0.6,
        ),
    )
}  # fmt: skip
