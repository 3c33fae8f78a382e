"""Identity coordinates: the numbers that a person is made from, standardised and independent, and what each says.

A person is a row z of `SIZE` numbers. Over people each is standard normal and independent of the others; every row
within ±`BOUND` is a head one could meet, because each number acts through a soft limit and colours move on lines that
skin, hair and irises have (`colors`). Nothing here varies from picture to picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hyperface.errors import InputError
from hyperface.heads.identity import colors
from hyperface.heads.identity.colors import Color
from hyperface.heads.numerics.arrays import Floats
from hyperface.heads.shape.model import Phenotype, load_head_model

BOUND = 4.0

_ALL = (
    "gender", "ancestry 1", "ancestry 2", "weight", "muscle", "age",
    "melanin", "undertone", "redness", "lip redness", "lip depth", "iris lightness", "hair lightness", "hair redness",
    "greying", "hair curl", "receding", "forehead height", "temple recession", "widow's peak", "sideburns",
    "brow height", "brow arch", "brow thickness", "brow length", "brow density", "brow gap", "brow tilt",
    "beard density", "moustache", "cheek line", "under-eye", "freckles", "shine", "pores", "lid opening", "lashes",
    "nose-to-mouth folds", "crow's feet", "forehead lines", "frown lines", "teeth", "ruddy nose", "stubble shade",
    "mole 1 size", "mole 1 side", "mole 1 height", "mole 2 size", "mole 2 side", "mole 2 height",
    "mole 3 size", "mole 3 side", "mole 3 height",
    "hair length", "fringe", "beard length", "make-up",
    "glasses", "frame shape", "frame material", "frame colour", "frame size",
)  # fmt: skip
_BROW = ("height", "arch", "thickness", "length", "density", "gap", "tilt")
_LINES = ("nose-to-mouth folds", "crow's feet", "forehead lines", "frown lines")
_ASYMMETRIC = (
    "cheek-volume-incr", "cheek-bones-incr", "ear-wing-incr", "ear-scale-incr", "ear-trans-up", "eye-height2-incr",
    "eye-scale-incr", "eye-trans-up", "eye-corner2-up", "eye-eyefold-angle-up", "eye-bag-out",
)  # fmt: skip
_SD = {  # of a local change, by the part that it begins with
    "cheek": 0.74, "chin": 0.66, "ear": 0.58, "eyebrows": 0.88, "eye": 0.76, "face": 0.80, "forehead": 0.56,
    "head": 0.60, "mouth": 0.68, "neck": 0.35, "nose": 0.72, "uneven": 0.67,
}  # fmt: skip
_LIMIT = {  # largest strength of a local change
    "cheek": 0.95, "chin": 0.95, "ear": 0.9, "eyebrows": 1.05, "eye": 0.95, "face": 1.15, "forehead": 0.6, "head": 0.75,
    "mouth": 0.9, "neck": 0.5, "nose": 1.0, "uneven": 0.9,
}  # fmt: skip
_TOGETHER = 0.8  # largest root mean square of all changes of shape, in deviates: not all are extreme at once
_ASYMMETRY_SD = 0.13
_RELATIVE = {  # how strong single changes are beside others of their part, 1 where nothing is told
    # These look odd sooner than others.
    "forehead-nubian-incr": 0.4, "forehead-scale-vert-incr": 0.6, "ear-trans-up": 0.35, "ear-shape-triangle": 0.5,
    "ear-flap-incr": 0.6, "nose-point-up": 0.6, "nose-compression-uncompress": 0.6, "chin-height-incr": 0.7,
    "mouth-trans-forward": 0.6, "mouth-laugh-lines-out": 0.8, "eye-epicanthus-out": 0.8, "eye-bag-height-incr": 0.6,
    "chin-cleft-incr": 0.8, "eyebrows-trans-forward": 0.75, "neck-double-incr": 0.8, "head-angle-out": 0.7,
    "eyebrows-angle-up": 0.9, "eye-push1-out": 0.6, "eye-push2-out": 0.6, "chin-prognathism-incr": 0.6,
    "head-back-scale-depth-incr": 0.5,
    # A recogniser takes these for much the same, which ancestry moves as well: less of them leaves room for others.
    "nose-scale-vert-incr": 0.8, "nose-base-up": 0.8, "nose-trans-up": 0.8, "nose-scale-horiz-incr": 0.85,
    "nose-width3-incr": 0.8, "mouth-trans-up": 0.8, "nose-nostrils-angle-up": 0.8, "nose-nostrils-width-incr": 0.8,
    "nose-septumangle-incr": 0.75, "nose-hump-incr": 0.85,
    # These are seen apart from everything else.
    "nose-trans-forward": 1.15, "nose-volume-incr": 1.15, "eye-trans-up": 1.15,
    "mouth-scale-horiz-incr": 1.15, "head-scale-vert-incr": 0.9, "head-fat-incr": 1.05,
    "nose-scale-depth-incr": 1.1, "eye-corner2-up": 1.15, "eye-scale-incr": 1.1, "nose-width1-incr": 1.15,
    "nose-width2-incr": 1.15, "nose-curve-convex": 1.1, "cheek-bones-incr": 1.15,
}  # fmt: skip
_SEX = {  # how much stronger a change is in men than in the mean, and weaker in women, beside anny's own difference
    "face-jaw-width": 0.51, "face-chin-width": 0.51, "chin-bones-incr": 0.51, "chin-width-incr": 0.26,
    "face-lower-length": 0.42, "face-brow-ridge": 0.59, "eyebrows-trans-forward": 0.42, "face-temples-width": 0.26,
    "nose-volume-incr": 0.34, "nose-scale-depth-incr": 0.26, "nose-point-up": -0.34, "face-cheeks-hollow": 0.26,
    "eye-scale-incr": -0.51, "eye-height2-incr": -0.42, "mouth-upperlip-volume-incr": -0.34,
    "mouth-lowerlip-volume-incr": -0.26, "mouth-scale-horiz-incr": 0.34, "neck-scale-horiz-incr": 0.42,
    "head-scale-vert-incr": 0.26, "face-forehead-slope": 0.42,
}  # fmt: skip
_CORNERS = np.array([[0.0, 1.0], [-(3**0.5) / 2, -0.5], [3**0.5 / 2, -0.5]])  # of the triangle of ancestries


@dataclass(frozen=True)
class Mole:
    """A mole of the face. Metres of the mean head; size 0 for none."""

    size: float
    side: float  # to the person's left
    height: float  # above the eyes


@dataclass(frozen=True)
class Person:
    """Who is drawn. Colours are linear RGB; numbers without a unit are shares in [0, 1] or deviates."""

    phenotype: Phenotype  # at the person's own age
    changes: tuple[tuple[str, float], ...]  # local shape changes and their strengths
    skin: Color
    melanin: float
    redness: float  # of cheeks, nose and ears
    nose_redness: float
    lip: Color
    iris: Color
    hair: Color  # before greying
    gray_age: float  # at which half of the hair is grey, in the phenotype's units
    curl: float  # 0 straight … 1 tightly coiled
    receding: float  # by how much the hairline goes back with age
    hairline: tuple[float, float, float, float]  # metres: forehead, temples, widow's peak, sideburns
    hair_length: float  # as usually worn: 0 the shortest … 1 the longest of the styles of women or of men
    fringed: bool  # hair usually falls over the forehead, where the style allows it
    brow: tuple[float, ...]  # deviates: height, arch, thickness, length, density, gap, tilt
    beard_density: float
    beard: tuple[float, float, float]  # deviates: moustache, cheek line, shade of stubble
    beard_length: float  # as usually worn, 0 shaved … 1 full
    makeup: float  # as usually worn, 0 none … 1 strong
    under_eye: float
    freckles: float
    shine: float  # about 1
    pores: float  # about 1
    lid_opening: float  # metres
    lashes: float  # about 1
    lines: tuple[float, ...]  # folds, crow's feet, forehead, frown: depth at full age, about 0.5
    teeth: float  # about 1
    moles: tuple[Mole, ...]

    @property
    def male(self) -> float:
        return self.phenotype.gender


@cache
def names() -> tuple[str, ...]:
    """What each number of a row is about, in order. A local shape change has MakeHuman's name."""
    plain = dict.fromkeys(_plain(name) for name in load_head_model().changes)
    return (*_ALL, *plain, *(f"asymmetry {name}" for name in _ASYMMETRIC))


def size() -> int:
    """How many numbers a person is."""
    return len(names())


def check(z: NDArray[np.floating]) -> Floats:
    """z as float32 (n, size); InputError if it is of another shape, out of bounds or not finite."""
    rows = np.asarray(z, np.float32)
    if rows.ndim != 2 or rows.shape[1] != size():
        raise InputError(f"Identity coordinates have the shape (n, {size()}); got {rows.shape}.")
    if not np.isfinite(rows).all() or np.abs(rows).max(initial=0) > BOUND:
        raise InputError(
            f"Identity coordinates lie between −{BOUND:g} and {BOUND:g}; use `limited` to bring them there."
        )
    return rows


def limited(z: NDArray[np.floating]) -> Floats:
    """Coordinates brought within the bounds: nearly unchanged below 2, never beyond `BOUND`."""
    rows = np.nan_to_num(np.asarray(z, np.float64))
    return (BOUND * np.tanh(rows / BOUND)).astype(np.float32)


def free(z: NDArray[np.floating]) -> NDArray[np.float64]:
    """The numbers that `limited` brings to these, the bounds themselves apart, which would be infinite: its inverse."""
    return BOUND * np.arctanh(np.clip(np.asarray(z, np.float64) / BOUND, -1 + 1e-6, 1 - 1e-6))


def sample(seeds: Sequence[int]) -> Floats:
    """Random people (n, size): row i depends on seeds[i] alone."""
    rows = [np.random.default_rng(np.random.SeedSequence([seed & 2**64 - 1, 0x4EAD])).standard_normal(size())
            for seed in seeds]  # fmt: skip
    return np.clip(np.reshape(rows, (len(seeds), size())), -2.8, 2.8).astype(np.float32)


def person(z: Floats) -> Person:
    """The person of one row (size,)."""
    value = dict(zip(names(), z.tolist(), strict=True))
    ancestry = _ancestry(value["ancestry 1"], value["ancestry 2"])
    african, asian, european = ancestry
    gender = 0.5 + 0.45 * float(np.tanh(1.8 * value["gender"]))
    melanin = _within(0.80 * african + 0.33 * asian + 0.18 * european + 0.14 * value["melanin"], 0.0, 1.0)
    bare = colors.skin(melanin, _soft(0.8 * value["undertone"], 1.3))
    hair_lightness = 0.06 * african + 0.08 * asian + 0.46 * european
    iris_lightness = 0.05 * african + 0.08 * asian + 0.52 * european
    fair = european**1.5
    curl = 0.92 * african + 0.06 * asian + 0.22 * european + 0.16 * value["hair curl"]
    return Person(
        phenotype=Phenotype(
            age=0.725 + 0.12 * _soft(value["age"], 1.7),
            gender=gender,
            muscle=_within(0.5 + 0.26 * value["muscle"], 0.05, 0.95),
            weight=_within(0.5 + 0.27 * value["weight"], 0.03, 0.95),
            ancestry=_features(ancestry),
        ),
        changes=tuple(_changes(value, 2 * gender - 1)),
        skin=bare,
        melanin=melanin,
        redness=_within(0.5 + 0.3 * value["redness"], 0, 1.3),
        nose_redness=_within(0.5 + 0.35 * value["ruddy nose"], 0, 1.5),
        lip=colors.lips(
            bare, _within(0.45 + 0.22 * value["lip redness"], 0.02, 1), 1 + 0.16 * _soft(value["lip depth"], 2)
        ),
        iris=colors.iris(_within(iris_lightness + (0.05 + 0.38 * fair) * value["iris lightness"], 0, 1)),
        hair=colors.hair(
            _within(hair_lightness + (0.05 + 0.24 * fair) * value["hair lightness"], 0, 1),
            _within(0.9 * (value["hair redness"] - 0.9) * fair, 0, 1),
        ),
        gray_age=0.88 + 0.05 * value["greying"],
        curl=_within(curl, 0, 1),
        receding=_within((0.5 + 0.4 * value["receding"]) * (0.25 + 0.75 * gender), 0, 1.4),
        hairline=(
            0.0055 * _soft(value["forehead height"], 2.2),
            0.006 * _soft(value["temple recession"], 2.2) + 0.008 * gender,
            0.004 * _soft(value["widow's peak"], 2.2),
            0.008 * _soft(value["sideburns"], 2.2),
        ),
        hair_length=0.5 + 0.5 * math.erf(value["hair length"] / math.sqrt(2)),
        fringed=value["fringe"] > 0.7,
        brow=tuple(1.5 * _soft(value[f"brow {part}"], 2.0) for part in _BROW),
        beard_density=_within(0.55 + 0.28 * value["beard density"], 0.05, 1) * _within(4 * gender - 2.2, 0, 1),
        beard=(_soft(value["moustache"], 2.2), _soft(value["cheek line"], 2.2), _soft(value["stubble shade"], 2.2)),
        beard_length=_within(0.3 * (value["beard length"] - 0.1), 0, 1),
        makeup=_within(0.45 * (value["make-up"] - 0.2), 0, 1),
        under_eye=_within(0.38 + 0.28 * value["under-eye"], 0, 1.1),
        freckles=_within(0.55 * (value["freckles"] - 0.6) * fair, 0, 1),
        shine=float(np.exp(0.22 * _soft(value["shine"], 2.2))),
        pores=float(np.exp(0.3 * _soft(value["pores"], 2.2))),
        lid_opening=0.0096 + 0.0010 * _soft(value["lid opening"], 1.8) - 0.0006 * asian,
        lashes=float(np.exp(0.25 * _soft(value["lashes"], 2) + 0.25 - 0.4 * gender)),
        lines=tuple(_within(0.55 + 0.25 * value[name], 0.1, 1.3) for name in _LINES),
        teeth=1 + 0.10 * _soft(value["teeth"], 2),
        moles=tuple(_mole(value, number) for number in (1, 2, 3)),
    )


def _changes(value: dict[str, float], sex: float) -> list[tuple[str, float]]:
    """Names of changes and their strengths. sex: −1 female … 1 male."""
    changes, held = [], _held(value)
    for name in load_head_model().changes:
        plain = _plain(name)
        part = plain.partition("-")[0]
        relative = _RELATIVE.get(plain, 1.0)
        usual = _SEX.get(plain, 0.0) * sex
        strength = relative * _soft(held * _SD[part] * value[plain] + usual, _LIMIT[part])
        if plain in _ASYMMETRIC and plain != name:
            strength += (0.5 if name[0] == "l" else -0.5) * _soft(_ASYMMETRY_SD * value[f"asymmetry {plain}"], 0.35)
        changes.append((name, strength))
    return changes


def _held(value: dict[str, float]) -> float:
    """By what all changes are multiplied, so that they are not extreme all at once: about 0.68 for most people."""
    plain = {_plain(name) for name in load_head_model().changes}
    size = max(math.sqrt(sum(value[name] ** 2 for name in plain) / len(plain)), 1e-3)
    return _soft(size, _TOGETHER) / size


def _mole(value: dict[str, float], number: int) -> Mole:
    at = f"mole {number}"
    size_ = 0.0011 * _within(0.9 * (value[f"{at} size"] - 0.35), 0, 1.2)
    return Mole(size_, 0.030 * _soft(value[f"{at} side"], 2), -0.042 + 0.032 * _soft(value[f"{at} height"], 2))


def _ancestry(first: float, second: float) -> tuple[float, float, float]:
    """Shares of three ancestries: most people are mainly of one."""
    weight = np.exp(1.7 * _CORNERS @ np.array([first, second]))
    african, asian, european = (weight / weight.sum()).tolist()
    return african, asian, european


def _features(ancestry: tuple[float, float, float]) -> tuple[float, float, float]:
    """Shares that the shape of a face follows: nearer to all people's mean than colours are, which leaves more of the
    difference between two people to what is their own."""
    african, asian, european = (0.78 * share + 0.22 / 3 for share in ancestry)
    return african, asian, european


def _plain(name: str) -> str:
    return name[2:] if name[:2] in ("l-", "r-") else name


def _soft(value: float, limit: float) -> float:
    """About the value itself while small, never beyond ±limit."""
    return limit * float(np.tanh(value / limit))


def _within(value: float, low: float, high: float) -> float:
    return min(max(float(value), low), high)
