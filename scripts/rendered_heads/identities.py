"""Who is drawn: a person's shape and colouring, sampled from a seed.

Every attribute has a random stream of its own (`stream(seed, identity, attribute)`), so that adding, removing or
re-sampling one attribute never changes another, and a picture restyled is a picture of the same person.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

ANCESTRIES = ("african", "asian", "caucasian")
_PREFIXES = ("cheek-", "chin-", "ear-", "eyebrows-", "eye-", "forehead-", "head-", "mouth-", "neck-", "nose-")
# Left out: sideways shifts of midline parts (no person's nose sits 3 mm off), what age does, and neck length.
_EXCLUDED = frozenset(
    f"{part}-{change}"
    for part, changes in {
        "head": ("trans-out", "trans-up", "trans-forward", "age-incr"),
        "nose": ("trans-out",),
        "mouth": ("trans-out",),
        "neck": ("trans-out", "trans-up", "trans-forward", "scale-vert-incr"),
    }.items()
    for change in changes
)
CHANGE_SD = 0.36  # of a local shape change; wider looks grotesque and tells people no further apart
_RELATIVE_SD = {"head-": 0.55, "forehead-": 0.7, "neck-": 0.7, "cheek-": 0.8, "chin-": 0.8}
ASYMMETRY_SD = 0.04
CHANGE_LIMIT = 0.95


def stream(seed: int, *path: int | str) -> np.random.Generator:
    """A random generator for one purpose. Names are hashed, so the order in which streams are asked for is free."""
    words = [part if isinstance(part, int) else zlib.crc32(part.encode()) for part in path]
    return np.random.default_rng([seed, *words])


@dataclass(frozen=True)
class Identity:
    """One person. Numbers without a unit are shares in [0, 1] or standard normal deviates."""

    seed: int
    number: int
    female: bool
    ancestry: tuple[float, float, float]  # shares of ANCESTRIES, sum 1
    melanin: float  # 0 lightest, 1 darkest skin

    @classmethod
    def sample(cls, seed: int, number: int) -> "Identity":
        """Gender and main ancestry go round robin, so that every run of six identities is balanced."""
        main = number // 2 % 3
        rng = stream(seed, number, "ancestry")
        shares = 0.35 * rng.dirichlet((0.6, 0.6, 0.6))
        shares[main] += 0.65
        typical = np.array([0.82, 0.36, 0.20]) @ shares
        melanin = float(np.clip(typical + 0.10 * stream(seed, number, "melanin").standard_normal(), 0.02, 0.98))
        return cls(seed, number, bool(number % 2), tuple(float(s) for s in shares), melanin)

    def random(self, attribute: str) -> np.random.Generator:
        """The stream of one attribute; the same every time it is asked for."""
        return stream(self.seed, self.number, attribute)

    def phenotype(self, age: float) -> dict[str, float]:
        """anny's phenotype at an age (2/3 is a young adult, 1 is old)."""
        rng = self.random("phenotype")
        gender = 0.12 + 0.16 * rng.random()
        return {
            "gender": 1 - gender if self.female else gender,
            "age": age,
            "weight": float(np.clip(0.5 + 0.2 * rng.standard_normal(), 0.05, 0.95)),
            "muscle": float(np.clip(0.5 + 0.2 * rng.standard_normal(), 0.05, 0.95)),
            **dict(zip(ANCESTRIES, self.ancestry, strict=True)),
        }

    def local_changes(self, names: tuple[str, ...]) -> dict[str, float]:
        """Local shape changes in [−0.95, 0.95]; left and right differ a little."""
        changes = {}
        for name in names:
            plain = name[2:] if name[:2] in ("l-", "r-") else name
            if plain in _EXCLUDED or not plain.startswith(_PREFIXES):
                continue
            relative = next((share for prefix, share in _RELATIVE_SD.items() if plain.startswith(prefix)), 1.0)
            value = CHANGE_SD * relative * self.random(plain).standard_normal()
            if plain != name:
                value += ASYMMETRY_SD * self.random(name).standard_normal()
            changes[name] = float(np.clip(value, -CHANGE_LIMIT, CHANGE_LIMIT))
        return changes

    @cached_property
    def coloring(self) -> "Coloring":
        """Colours and marks that stay with the person."""
        return Coloring.sample(self)


@dataclass(frozen=True)
class Coloring:
    """Colours (linear RGB) and marks of a person."""

    skin: np.ndarray  # (3,) albedo
    redness: float  # strength of blush on cheeks, nose and ears
    lip: np.ndarray  # (3,)
    iris: np.ndarray  # (3,)
    hair: np.ndarray  # (3,) before greying
    gray_age: float  # age at which half of the hair is grey
    hairline: np.ndarray  # (3,) metres: forehead height, temple recession, sideburn length, added to the mean line
    brow: np.ndarray  # (5,) deviates: height, arch, half-thickness, length, density
    beard_density: float  # 0 none … 1 full
    under_eye: float  # darkness below the eyes
    freckles: float  # density, 0 for most

    @classmethod
    def sample(cls, identity: Identity) -> "Coloring":
        skin_rng, lip_rng = identity.random("skin"), identity.random("lips")
        skin = skin_albedo(identity.melanin, 0.6 * skin_rng.standard_normal())
        lip_red = np.clip(0.5 + 0.25 * lip_rng.standard_normal(), 0.05, 1)
        lip = skin * np.array([0.86, 0.52, 0.55]) * (1 - lip_red) + skin * np.array([0.80, 0.34, 0.40]) * lip_red
        hair_rng, beard_rng = identity.random("hair colour"), identity.random("beard density")
        freckles = identity.random("freckles")
        return cls(
            skin=skin,
            redness=float(np.clip(0.5 + 0.3 * skin_rng.standard_normal(), 0, 1.2)),
            lip=lip * (0.85 + 0.3 * lip_rng.random()),
            iris=_iris_color(identity),
            hair=_hair_color(identity, hair_rng),
            gray_age=float(0.86 + 0.05 * hair_rng.standard_normal()),
            hairline=identity.random("hairline").standard_normal(3) * np.array([0.006, 0.008, 0.008]),
            brow=identity.random("brows").standard_normal(5),
            beard_density=0.0 if identity.female else float(np.clip(0.55 + 0.3 * beard_rng.standard_normal(), 0, 1)),
            under_eye=float(np.clip(0.35 + 0.3 * identity.random("under eye").standard_normal(), 0, 1)),
            freckles=float(freckles.random() < 0.25 * (1 - identity.melanin)) * float(freckles.random()),
        )


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB values in [0, 1] → linear light (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def skin_albedo(melanin: float, undertone: float) -> np.ndarray:
    """Linear RGB albedo (3,) between measured-looking anchors. undertone > 0 is pinker, < 0 more olive."""
    anchors = to_linear(
        np.array([[238, 203, 184], [223, 178, 150], [196, 145, 112], [146, 99, 72], [88, 56, 42]]) / 255
    )
    position = np.linspace(0, 1, len(anchors))
    log_albedo = np.array([np.interp(melanin, position, np.log(anchors[:, channel])) for channel in range(3)])
    return np.exp(log_albedo + 0.05 * undertone * np.array([0.6, -0.7, 0.4]))


def _iris_color(identity: Identity) -> np.ndarray:
    rng = identity.random("iris")
    light = identity.ancestry[2] > 0.6 and rng.random() < 0.55
    palette = (
        [[96, 130, 158], [110, 132, 112], [128, 112, 76], [92, 118, 140]] if light else [[74, 46, 28], [52, 32, 22]]
    )
    color = to_linear(np.array(palette[rng.integers(len(palette))]) / 255)
    return color * (0.8 + 0.4 * rng.random())


def _hair_color(identity: Identity, rng: np.random.Generator) -> np.ndarray:
    dark = to_linear(np.array([30, 24, 21]) / 255)
    if identity.ancestry[2] < 0.6 or rng.random() < 0.25:
        return dark * (0.7 + 0.9 * rng.random())
    palette = to_linear(np.array([[58, 40, 28], [92, 62, 38], [140, 100, 60], [188, 152, 100], [120, 58, 32]]) / 255)
    return palette[rng.integers(len(palette))] * (0.8 + 0.4 * rng.random())
