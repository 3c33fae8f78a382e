"""Which pictures make a rendered benchmark: who, at what age, at what angle, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hyperface.errors import InputError
from hyperface.evaluation.rendered.conditions import Conditions
from hyperface.evaluation.scoring import FOLDS
from hyperface.heads.identity import coordinates
from hyperface.heads.numerics.arrays import Floats
from hyperface.heads.photo.capture import STYLE_SIZE, Capture, capture_of
from hyperface.seeds import seeded_normal, stream_seed

SHIPPED_SEED = 2026  # of the packs that ship; the people of another seed are others
SHIPPED_PAIRS = 600
FEWEST = 2 * FOLDS  # pairs, so that every fold has one of each kind
SKIN_TOLERANCE = 0.07  # two people whose melanin differs by less count as of the same skin tone
_USUAL_PITCH_SD = 7.0  # of `capture_of`, degrees
_APART = 1 << 62  # set in the seed of every person of a benchmark, and of nobody else


@dataclass(frozen=True)
class Shot:
    """One picture to take."""

    person: int  # number among the benchmark's people
    age: float
    yaw: float  # degrees
    number: int  # its place in the pack


@dataclass(frozen=True)
class Pair:
    same: bool
    shots: tuple[Shot, Shot]


@dataclass(frozen=True)
class People:
    """Whom a benchmark shows. z: (n, d) identity coordinates. male: bool (n,). melanin: (n,), 0 lightest skin."""

    z: Floats
    male: np.ndarray
    melanin: np.ndarray

    def __len__(self) -> int:
        return len(self.z)


def people_of(count: int, seed: int) -> People:
    """The first `count` people of a seed, every second one a man.

    They are apart from all others that are drawn: a generator's `sample`, like whatever counts people from 0, has seeds
    below 2³², these ones have bit 62 set; and a gallery's people come from torch's stream of random numbers.
    """
    seeds = [stream_seed(seed, "people of rendered benchmarks", number) | _APART for number in range(count)]
    z = coordinates.sample(seeds)
    gender = coordinates.names().index("gender")
    z[:, gender] = np.abs(z[:, gender]) * np.where(np.arange(count) % 2, 1, -1)
    persons = [coordinates.person(row) for row in z]
    male = np.array([person.male > 0.5 for person in persons])
    return People(z, male, np.array([person.melanin for person in persons]))


def plan_pairs(conditions: Conditions, people: People, seed: int) -> list[Pair]:
    """Two pairs for each person, in InsightFace's order: every fold holds as many pairs of one person as of two.

    Each person appears in one pair with himself and in one, as the first, with someone else. Both pictures of a pair
    draw their conditions from the same distributions whether or not they show one person.
    """
    kinds = {same: iter(range(len(people))) for same in (True, False)}
    pairs = []
    for place, same in enumerate(_order(2 * len(people))):
        i = next(kinds[same])
        kind = "same" if same else "different"
        rng = np.random.default_rng(stream_seed(seed, f"{conditions.name}: {kind}", i))
        partner = i if same else _impostor(people, i, rng, conditions.matched)
        ages, yaws = conditions.ages(rng), conditions.yaws(rng)
        first = int(rng.random() < 0.5)
        ages, yaws = (ages, yaws) if first else (ages[::-1], yaws[::-1])
        shots = (Shot(i, ages[0], yaws[0], 2 * place), Shot(partner, ages[1], yaws[1], 2 * place + 1))
        pairs.append(Pair(same, shots))
    return pairs


def check_pairs(pairs: int) -> None:
    """InputError for a number of pairs that no benchmark can have."""
    if pairs < FEWEST or pairs % 2:
        raise InputError(f"A rendered benchmark has an even number of pairs, {FEWEST} or more; {pairs} were asked for.")


def _order(pairs: int) -> list[bool]:
    """Whether each pair shows one person: half of them do, and half of each fold, to within one pair."""
    out: list[bool] = []
    more = 0
    for fold in np.array_split(np.arange(pairs), FOLDS):
        same = (len(fold) + more) // 2
        more = (more + len(fold)) % 2  # of two folds with an odd number, the second has one more of this kind
        out += [True] * same + [False] * (len(fold) - same)
    return out


def _impostor(people: People, i: int, rng: np.random.Generator, matched: float) -> int:
    """Someone else; with probability `matched` of the same sex and skin tone."""
    others = np.flatnonzero(np.arange(len(people)) != i)
    if rng.random() < matched:
        alike = others[people.male[others] == people.male[i]]
        difference = np.abs(people.melanin[alike] - people.melanin[i])
        near = alike[difference < SKIN_TOLERANCE]
        others = near if len(near) else alike[np.argsort(difference, kind="stable")[:3]]
    return int(rng.choice(others))


def captures_of(conditions: Conditions, shots: list[Shot], seed: int) -> list[Capture]:
    """How each picture is taken. Nothing but age and angle knows about pair or person."""
    seeds = [stream_seed(seed, f"{conditions.name}: capture", shot.number) for shot in shots]
    captures = []
    for shot, row in zip(shots, seeded_normal(seeds, STYLE_SIZE).numpy(), strict=True):
        drawn = capture_of(row)
        pitch = drawn.pitch * conditions.pitch_sd / _USUAL_PITCH_SD
        captures.append(replace(drawn, yaw=shot.yaw, pitch=pitch, age_shift=0.0))
    return captures
