"""Lesson 1, two pictures: pairs of pictures of one person or of two, and what the recogniser makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

    from hyperface.generators.base import LinearPeople
    from hyperface.recognizers import Recognizer

CROWD = 800  # random people among whom look-alikes are looked for, and the line of strangers is drawn
STRANGERS = 0.001  # share of pairs of strangers that are closer than the line
ONE, ALIKE, STRANGE = "one person", "look-alikes", "strangers"
_ORDER = (STRANGE, ONE, ALIKE, ONE, ONE, STRANGE, ALIKE, ONE)
COUNT = len(_ORDER)  # pairs that are shown


@dataclass(frozen=True)
class Question:
    """people: seeds of the two that are shown, equal for one person. seeds: of the two pictures. kind: one of the three
    above."""

    people: tuple[int, int]
    seeds: tuple[int, int]
    kind: str

    @property
    def same(self) -> bool:
        return self.kind == ONE


@dataclass(frozen=True)
class Pair:
    """pictures: uint8 (2, h, w, 3), RGB. embeddings: float32 (2, d), unit rows. angle: degrees between the two."""

    pictures: np.ndarray
    embeddings: torch.Tensor
    angle: float


def expected(generator: LinearPeople, people: range) -> torch.Tensor:
    """The embeddings (n, d), unit rows, that random people with these seeds are expected to have, without a picture."""
    import torch

    from hyperface.heads.identity import coordinates
    from hyperface.sphere import normalize

    response = generator.response
    return normalize(response.mean + torch.from_numpy(coordinates.sample(people)) @ response.weights)


def questions(generator: LinearPeople) -> list[Question]:
    """Eight pairs: four of one person, two of the people who are most alike in a crowd, two of strangers."""
    from hyperface.realization import most_alike_pairs

    _, alike = most_alike_pairs(expected(generator, range(CROWD)), 12)
    used: set[int] = set()
    doubles = []
    for pair in alike.tolist():
        if not used & set(pair):
            used |= set(pair)
            doubles.append((pair[0], pair[1]))
    others = [number for number in range(CROWD) if number not in used]
    people = {
        ALIKE: doubles,
        ONE: [(number, number) for number in others[:4]],
        STRANGE: [(others[4], others[5]), (others[6], others[7])],
    }
    taken = dict.fromkeys(people, 0)
    asked = []
    for number, kind in enumerate(_ORDER):
        asked.append(Question(people[kind][taken[kind]], (2 * number, 2 * number + 1), kind))
        taken[kind] += 1
    return asked


def answer(question: Question, generator: LinearPeople, recognizer: Recognizer) -> Pair:
    """Draw the two pictures, and let the recogniser look at them. InputError if it is not the generator's."""
    from hyperface.heads.identity import coordinates
    from hyperface.images import to_uint8
    from hyperface.sphere import angles

    drawn = generator.people(coordinates.sample(question.people), question.seeds)  # (2, 3, h, w)
    embeddings = recognizer.embed(drawn)  # (2, d)
    return Pair(to_uint8(drawn), embeddings, float(np.degrees(float(angles(embeddings[0], embeddings[1])))))


def line(generator: LinearPeople) -> float:
    """Degrees: closer than this are the share STRANGERS of the pairs of strangers."""
    from hyperface.gallery.strangers import stranger_threshold
    from hyperface.sphere import angle_degrees

    threshold = stranger_threshold(expected(generator, range(CROWD)), STRANGERS)
    assert threshold is not None  # the crowd has pairs enough
    return angle_degrees(threshold)
