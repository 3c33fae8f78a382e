"""What differs between two people, in words: "wider nose 1.9 σ, darker skin 1.2 σ".

A feature is measured on the person as drawn, not read off the coordinates: a nose may be wide because of a nose's own
numbers or because of ancestry, sex or weight. A feature of shape says how far the neutral head has moved along what
MakeHuman's own targets of that name move; one of colour is a logarithm of light. All are in standard deviations over
random people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from hyperface.errors import InputError
from hyperface.heads.hair.hairline import hairline
from hyperface.heads.hair.hairstyles import style_for
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.coordinates import Person
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.parts import neutral_head
from hyperface.heads.shape.model import Phenotype, load_head_model
from hyperface.heads.skin.paint import hair_color

_PEOPLE = range(0x70_000, 0x70_000 + 96)  # whose spread the deviations are measured in
_SMALLEST = 0.5  # σ: less is not worth a word
_OF_A_PART = 2  # at most so many words about one part of the head
_KEPT = 512  # people whose features are remembered
_LIGHT = np.array([0.2126, 0.7152, 0.0722])  # luminance of linear RGB


@dataclass(frozen=True)
class _Feature:
    """part: of the head. more, less: what a person has who has more, or less, of it than another. weight: how soon
    it is noticed, 1 for most."""

    part: str
    more: str
    less: str
    weight: float = 1.0


@dataclass(frozen=True)
class _Shape(_Feature):
    """changes: local changes that it consists of, and how much of each; without l- and r-."""

    changes: Mapping[str, float] | None = None


def _shape(part: str, more: str, less: str, weight: float = 1.0, **changes: float) -> _Shape:
    return _Shape(
        part, more, less, weight, {f"{part}-{name.replace('_', '-')}": size for name, size in changes.items()}
    )


_SHAPES = (
    _shape("nose", "wider nose", "narrower nose",
           scale_horiz_incr=1, width1_incr=0.6, width2_incr=0.6, width3_incr=0.6, nostrils_width_incr=0.6),
    _shape("nose", "longer nose", "shorter nose", scale_vert_incr=1),
    _shape("nose", "more prominent nose", "flatter nose", scale_depth_incr=1, trans_forward=0.5),
    _shape("nose", "more upturned nose", "nose pointing lower", point_up=1, base_up=0.6),
    _shape("nose", "more curved bridge of the nose", "more hollow bridge of the nose", 0.8,
           hump_incr=1, curve_convex=0.7),
    _shape("mouth", "wider mouth", "narrower mouth", scale_horiz_incr=1),
    _shape("mouth", "fuller lips", "thinner lips",
           lowerlip_height_incr=1, upperlip_height_incr=1, lowerlip_volume_incr=0.5, upperlip_volume_incr=0.5),
    _shape("mouth", "corners of the mouth higher", "corners of the mouth lower", 0.8, angles_up=1),
    _shape("eye", "larger eyes", "smaller eyes", scale_incr=1),
    _shape("eye", "eyes further apart", "eyes closer together", trans_out=1),
    _shape("eye", "outer corners of the eyes higher", "outer corners of the eyes lower", 0.9, corner2_up=1),
    _shape("eye", "fuller bags under the eyes", "flatter under the eyes", 0.6, bag_incr=1, bag_out=1),
    _shape("chin", "longer chin", "shorter chin", height_incr=1, jaw_drop_incr=0.5),
    _shape("chin", "wider chin and jaw", "narrower chin and jaw", width_incr=1, bones_incr=0.7),
    _shape("chin", "more prominent chin", "receding chin", 0.9, prominent_incr=1, prognathism_incr=0.6),
    _shape("cheek", "fuller cheeks", "hollower cheeks", volume_incr=1, inner_incr=0.5),
    _shape("cheek", "stronger cheekbones", "weaker cheekbones", 0.9, bones_incr=1),
    _shape("head", "wider head", "narrower head", 0.9, scale_horiz_incr=1),
    _shape("head", "longer head", "shorter head", 0.8, scale_vert_incr=1),
    _shape("head", "rounder head", "more angular head", 0.8, round_incr=1, oval_incr=0.5),
    _shape("head", "face wider below than above", "face wider above than below", 0.9, pear_incr=1),
    _shape("face", "wider jaw", "narrower jaw", jaw_width=1, chin_width=0.5),
    _shape("face", "wider cheekbones", "narrower cheekbones", cheekbones_width=1),
    _shape("face", "wider forehead", "narrower forehead", 0.8, temples_width=1),
    _shape("face", "longer middle of the face", "shorter middle of the face", middle_length=1),
    _shape("face", "longer lower face", "shorter lower face", 0.9, lower_length=1),
    _shape("face", "mouth and nose further forward", "flatter profile", 0.7, profile_forward=1),
    _shape("face", "deeper set eyes", "more prominent eyes", 0.9, eyes_depth=1),
    _shape("face", "stronger ridge of the brows", "smoother ridge of the brows", 0.8, brow_ridge=1),
    _shape("face", "hollower below the cheekbones", "fuller below the cheekbones", 0.8, cheeks_hollow=1),
    _shape("ear", "larger ears", "smaller ears", 0.6, scale_incr=1, scale_vert_incr=0.5),
    _shape("ear", "ears standing out more", "ears lying closer", 0.6, wing_incr=1),
    _shape("neck", "thicker neck", "thinner neck", 0.5, scale_horiz_incr=1, scale_depth_incr=0.5),
)  # fmt: skip
_LOOKS = (
    _Feature("skin", "lighter skin", "darker skin"),
    _Feature("hair", "lighter hair", "darker hair"),
    _Feature("hair", "curlier hair", "straighter hair", 0.9),
    _Feature("hair", "higher hairline", "lower hairline", 0.8),
    _Feature("hair", "longer hair", "shorter hair"),
    _Feature("beard", "more beard", "less beard"),
    _Feature("iris", "lighter eyes", "darker eyes", 0.8),
    _Feature("age", "older", "younger"),
    _Feature("build", "more masculine features", "more feminine features"),
    _Feature("build", "fuller face", "leaner face", 0.9),
    _Feature("brow", "thicker brows", "thinner brows"),
    _Feature("brow", "higher brows", "lower brows", 0.9),
    _Feature("brow", "more arched brows", "straighter brows", 0.9),
    _Feature("brow", "brows further apart", "brows closer together", 0.7),
    _Feature("skin", "redder cheeks", "paler cheeks", 0.6),
    _Feature("skin", "more freckles", "fewer freckles", 0.7),
    _Feature("skin", "deeper lines", "smoother skin", 0.7),
    _Feature("skin", "darker under the eyes", "brighter under the eyes", 0.6),
    _Feature("lips", "redder lips", "paler lips", 0.6),
)
_FEATURES = (*_SHAPES, *_LOOKS)


def differences(z: Floats, other: Floats, count: int = 4) -> list[str]:
    """What the person z has more or less of than the other, the most noticeable first.

    Args:
        z, other: (d,) identity coordinates within the bounds.
        count: at most so many; fewer where the two are nearly alike, none where they are the same.

    Returns:
        Words with the difference in standard deviations over random people, such as "wider nose 1.9 σ".

    Raises:
        InputError: Those are no coordinates of one person each, or the count is below 1.
    """
    if count < 1:
        raise InputError(f"One difference or more can be told; {count} were asked for.")
    deviations = features(z) - features(other)
    weighted = np.abs(deviations) * np.array([feature.weight for feature in _FEATURES])
    said: list[str] = []
    told: dict[str, int] = {}
    for index in np.argsort(-weighted, kind="stable").tolist():
        feature, deviation = _FEATURES[index], float(deviations[index])
        if len(said) == count or weighted[index] < _SMALLEST:
            break
        if told.get(feature.part, 0) == _OF_A_PART:
            continue
        told[feature.part] = told.get(feature.part, 0) + 1
        said.append(f"{feature.more if deviation > 0 else feature.less} {abs(deviation):.1f} σ")
    return said


def features(z: Floats) -> Floats:
    """How much a person (d,) has of everything that there are words for, in σ over random people: (k,)."""
    row = coordinates.check(np.asarray(z)[None])[0]
    return np.asarray(_features(row.tobytes()) / _spread(), np.float32)


@cache
def _spread() -> Floats:
    return floats(np.std([_features(row.tobytes()) for row in coordinates.sample(_PEOPLE)], axis=0))


@lru_cache(maxsize=_KEPT)
def _features(row: bytes) -> Floats:
    person = coordinates.person(np.frombuffer(row, np.float32))
    moved = neutral_head(person, person.phenotype.age) - load_head_model().mean
    shape = [float(moved[where].ravel() @ along) for where, along in _directions()]
    return floats([*shape, *_looks(person)])


@cache
def _directions() -> list[tuple[Indices, Floats]]:
    """Of each feature of shape: vertices that it moves, and where to (their coordinates one after the other)."""
    head = load_head_model()
    middle = Phenotype(0.7, 0.5, 0.5, 0.5, (1 / 3, 1 / 3, 1 / 3))
    out = []
    for feature in _SHAPES:
        wanted = feature.changes or {}
        sides = {name: wanted.get(name.removeprefix("l-").removeprefix("r-"), 0.0) for name in head.changes}
        moved = head.shape(middle, {name: size for name, size in sides.items() if size}) - head.mean  # (v, 3)
        where = np.flatnonzero(np.abs(moved).max(axis=1) > 1e-5).astype(np.int32)
        out.append((where, moved[where].ravel() / np.square(moved).sum()))
    return out


def _looks(person: Person) -> list[float]:
    """The measures of `_LOOKS`, in order."""
    height, arch, thickness, _, density, gap, _ = person.brow
    age = person.phenotype.age
    return [
        _brightness(person.skin),
        _brightness(hair_color(person, age)),
        person.curl,
        float(hairline(person, age)[1][0]),
        float(np.log(style_for(person, None).side)),
        float(np.sqrt(person.beard_density * (0.1 + 0.9 * person.beard_length))),
        _brightness(person.iris),
        age,
        person.male,
        person.phenotype.weight,
        thickness + 0.4 * density,
        height,
        arch,
        gap,
        person.redness,
        person.freckles,
        float(np.mean(person.lines)),
        person.under_eye,
        float(np.log(person.lip[0] / person.lip[1]) - np.log(person.skin[0] / person.skin[1])),
    ]


def _brightness(color: Floats) -> float:
    return float(np.log(color @ _LIGHT))
