"""What the generator of heads knows about a set: how each picture was taken, and who the people are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.generators.heads import HeadsGenerator
from hyperface.heads.identity import coordinates

SKINS = ("very light", "light", "intermediate", "tan", "brown", "dark")
_ANGLES = (55.0, 41.0, 28.0, 10.0, -30.0)  # degrees: the least of each skin but the last
_EXPRESSION = 0.25  # strength of a facial action from which a face does not look neutral
GENDERS = ("feminine", "between", "masculine")
_BETWEEN = (0.4, 0.6)  # of the phenotype's gender
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])  # of linear sRGB
_WHITE = np.array([0.9505, 1.0, 1.089])  # D65


@dataclass(frozen=True)
class KnownPictures:
    """yaw, pitch: standard deviations, degrees. expressive: share with an expression. lights: shares by kind."""

    pictures: int
    yaw: float
    pitch: float
    expressive: float
    lights: dict[str, float]


@dataclass(frozen=True)
class Balance:
    """Shares of people by skin and by gender, and how even they are: 1 if all groups are as large, 0 if there is only
    one."""

    people: int
    skin: dict[str, float]
    skin_evenness: float
    gender: dict[str, float]
    gender_evenness: float


def known_pictures(generator: HeadsGenerator, seeds: Sequence[int]) -> KnownPictures:
    """How the pictures of these styles' seeds were taken. InputError without any."""
    if not seeds:
        raise InputError("There is no picture to know anything of.")
    captures = generator.captures(seeds)
    kinds = Counter(capture.light_kind for capture in captures)
    strong = [
        max((size for name, size in capture.expression.items() if not name.startswith("eyeLook")), default=0.0)
        for capture in captures
    ]
    return KnownPictures(
        pictures=len(captures),
        yaw=float(np.std([capture.yaw for capture in captures])),
        pitch=float(np.std([capture.pitch for capture in captures])),
        expressive=float(np.mean(np.array(strong) >= _EXPRESSION)),
        lights={kind: count / len(captures) for kind, count in kinds.most_common()},
    )


def balance_of(generator: HeadsGenerator, embeddings: torch.Tensor) -> Balance:
    """Of the people (n, dimension) that are drawn, by what was asked for."""
    people = [coordinates.person(row) for row in generator.coordinates(embeddings)]
    skins = Counter(skin_of(np.asarray(person.skin, np.float64)) for person in people)
    genders = Counter(_gender(person.male) for person in people)
    skin = {name: skins[name] / len(people) for name in SKINS}
    gender = {name: genders[name] / len(people) for name in GENDERS}
    sides = [gender[GENDERS[0]], gender[GENDERS[2]]]
    return Balance(len(people), skin, evenness(list(skin.values())), gender, evenness(sides))


def skin_of(color: np.ndarray) -> str:
    """The group of a skin's colour, linear sRGB (3,), by its individual typology angle atan2(L* − 50, b*).

    Source: A. Chardon, I. Cretois, C. Hourseau, "Skin colour typology and suntanning pathways", International Journal
    of Cosmetic Science 1991; the six groups of S. Del Bino, F. Bernerd, British Journal of Dermatology 2013.
    """
    angle = typology_angle(color)
    return next((name for name, least in zip(SKINS, _ANGLES, strict=False) if angle > least), SKINS[-1])


def typology_angle(color: np.ndarray) -> float:
    """Degrees: high for light skin. color: linear sRGB (3,), to CIE L*a*b* under D65."""
    ratio = _TO_XYZ @ color / _WHITE  # (3,)
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    lightness, yellowness = 116 * root[1] - 16, 200 * (root[1] - root[2])
    return float(np.degrees(np.arctan2(lightness - 50, yellowness)))


def evenness(shares: Sequence[float]) -> float:
    """Shannon entropy of the shares over that of equal ones; 0 where all are 0.

    Source: E. C. Pielou, "The measurement of diversity in different types of biological collections", Journal of
    Theoretical Biology 1966.
    """
    there = np.array([share for share in shares if share > 0])
    if not len(there):
        return 0.0
    there = there / there.sum()
    return float(-(there * np.log(there)).sum() / np.log(len(shares)))


def _gender(male: float) -> str:
    low, high = _BETWEEN
    return GENDERS[0] if male < low else GENDERS[2] if male > high else GENDERS[1]
