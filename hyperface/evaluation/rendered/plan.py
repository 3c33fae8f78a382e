"""Which pictures make a rendered benchmark: who, at what age, at what angle, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hyperface.errors import InputError
from hyperface.evaluation.rendered.conditions import Conditions
from hyperface.evaluation.scoring import FOLDS
from hyperface.heads.hair.hairstyles import FEMALE_STYLES, MALE_STYLES, style_for
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.coordinates import Person
from hyperface.heads.numerics.arrays import Floats
from hyperface.heads.photo.capture import STYLE_SIZE, Capture, capture_of
from hyperface.heads.worn.glasses import frames_for
from hyperface.seeds import seeded_normal, stream_seed

SHIPPED_SEED = 2027  # of the packs that ship; the people of another seed are others
SHIPPED_PAIRS = 600
FEWEST = 2 * FOLDS  # pairs, so that every fold has one of each kind
SKIN_TOLERANCE = 0.07  # two people whose melanin differs by less count as of the same skin tone
_USUAL_PITCH_SD = 7.0  # of `capture_of`, degrees
_WORN, _BARE = 0.0, 1.0  # a Capture's glasses, where everybody or nobody wears any
_APART = 1 << 62  # set in the seed of every person of a benchmark, and of nobody else


@dataclass(frozen=True)
class Shot:
    """One picture to take."""

    person: int  # number among the benchmark's people
    like: int  # the first person of the pair, whose hair, beard, make-up and glasses are worn
    age: float
    yaw: float  # degrees
    number: int  # its place in the pack


@dataclass(frozen=True)
class Pair:
    same: bool
    shots: tuple[Shot, Shot]


@dataclass(frozen=True)
class People:
    """Whom a benchmark shows, n people."""

    z: Floats  # (n, d) identity coordinates
    persons: tuple[Person, ...]
    male: np.ndarray  # bool (n,)
    melanin: np.ndarray  # (n,) 0 lightest skin
    hair: np.ndarray  # str (n,) what becomes of one style on each: "parted", "parted, fringe" or "parted, coiled"
    rank: np.ndarray  # (n,) how old each is shown among the others, uniform in [0, 1]

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
    persons = tuple(coordinates.person(row) for row in z)
    ranks = [stream_seed(seed, "how old people of rendered benchmarks are", number) / 2**63 for number in range(count)]
    return People(
        z,
        persons,
        male=np.array([person.male > 0.5 for person in persons]),
        melanin=np.array([person.melanin for person in persons]),
        hair=np.array([style_for(person, _styles(person).index("parted")).name for person in persons]),
        rank=np.array(ranks),
    )


def plan_pairs(conditions: Conditions, people: People, seed: int) -> list[Pair]:
    """Two pairs for each person, in InsightFace's order: every fold holds as many pairs of one person as of two.

    Each person appears in one pair with himself and in one, as the first, with someone else. Both pictures of a pair
    draw their conditions from the same distributions whether or not they show one person, and whoever is shown wears
    hair, beard, make-up and glasses as the first person does: what outlines a face would tell people apart without
    any recognition. The age, too, is the first person's, the same in all pairs, so that much of a head is made once.
    """
    kinds = {same: iter(range(len(people))) for same in (True, False)}
    pairs = []
    for place, same in enumerate(_order(2 * len(people))):
        i = next(kinds[same])
        kind = "same" if same else "different"
        rng = np.random.default_rng(stream_seed(seed, f"{conditions.name}: {kind}", i))
        partner = i if same else _impostor(people, i, rng, conditions.matched)
        ages, yaws = conditions.ages(float(people.rank[i])), conditions.yaws(rng)
        first = int(rng.random() < 0.5)
        ages, yaws = (ages, yaws) if first else (ages[::-1], yaws[::-1])
        shots = (Shot(i, i, ages[0], yaws[0], 2 * place), Shot(partner, i, ages[1], yaws[1], 2 * place + 1))
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
    """Someone else; with probability `matched` of the same sex and skin tone, and with hair that falls alike."""
    others = np.flatnonzero(np.arange(len(people)) != i)
    if rng.random() < matched:
        alike = others[people.male[others] == people.male[i]]
        difference = np.abs(people.melanin[alike] - people.melanin[i])
        near = alike[difference < SKIN_TOLERANCE]
        others = near if len(near) else alike[np.argsort(difference, kind="stable")[:3]]
        falling = others[people.hair[others] == people.hair[i]]
        others = falling if len(falling) else others
    return int(rng.choice(others))


def captures_of(conditions: Conditions, people: People, shots: list[Shot], seed: int) -> list[Capture]:
    """How each picture is taken. Age, angle and what is worn follow from the pair; nothing knows who is shown in it."""
    seeds = [stream_seed(seed, f"{conditions.name}: capture", shot.number) for shot in shots]
    captures = []
    for shot, row in zip(shots, seeded_normal(seeds, STYLE_SIZE).numpy(), strict=True):
        drawn = capture_of(row)
        pitch = drawn.pitch * conditions.pitch_sd / _USUAL_PITCH_SD
        worn = _worn(drawn, people.persons[shot.person], people.persons[shot.like], people.z[shot.like])
        captures.append(replace(worn, yaw=shot.yaw, pitch=pitch, age_shift=0.0))
    return captures


def _worn(capture: Capture, shown: Person, like: Person, z: Floats) -> Capture:
    """The capture of `shown`, with hair, beard, make-up and glasses as `like`, of coordinates z, would have them in it.

    Hair is as long among women's styles as it is among men's.
    """
    count = len(_styles(shown))
    usual = min(int(like.hair_length * count), count - 1)
    glasses = frames_for(z, capture.glasses, capture.sunglasses)
    return replace(
        capture,
        hair_style=usual if capture.hair_style is None else capture.hair_style,
        beard=like.beard_length if capture.beard is None else capture.beard,
        makeup=like.makeup if capture.makeup is None else capture.makeup,
        glasses=_BARE if glasses is None else _WORN,
    )


def _styles(person: Person) -> tuple[str, ...]:
    return MALE_STYLES if person.male > 0.5 else FEMALE_STYLES
