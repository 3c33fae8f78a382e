"""How hair may be worn: the styles of women and of men, and what coils make of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hyperface.heads.identity.coordinates import Person


@dataclass(frozen=True)
class HairStyle:
    """How hair is worn in one picture. Lengths in metres."""

    name: str
    top: float  # length of strands on top of the head
    side: float  # at the sides and the back
    volume: float  # thickness of the hair on top
    comb: str  # crown, back, left, right, middle, tied
    side_volume: float = 0.004
    fringe: float = 0.0  # how long hair is that falls over the forehead
    front: float = 76.0  # degrees from straight ahead that hanging hair keeps clear of
    weight: float = 0.35  # how much it falls
    density: float = 1.0


STYLES = {
    style.name: style
    for style in (
        HairStyle("shaved", top=0.0025, side=0.0025, volume=0.001, side_volume=0.001, comb="crown", density=0.6),
        HairStyle("cropped", top=0.012, side=0.006, volume=0.006, side_volume=0.0025, comb="crown"),
        HairStyle("short", top=0.034, side=0.014, volume=0.012, comb="right"),
        HairStyle("forward", top=0.032, side=0.016, volume=0.011, comb="crown", fringe=0.026),
        HairStyle("swept", top=0.060, side=0.022, volume=0.013, side_volume=0.004, comb="back", weight=0.25),
        HairStyle("parted", top=0.065, side=0.024, volume=0.014, side_volume=0.006, comb="left", weight=0.2),
        HairStyle("tied", top=0.13, side=0.06, volume=0.006, side_volume=0.004, comb="tied", weight=0.0),
        HairStyle("bob", top=0.21, side=0.12, volume=0.013, side_volume=0.010, comb="right", front=70.0),
        HairStyle("bob-fringe", top=0.20, side=0.12, volume=0.013, side_volume=0.011, comb="crown", fringe=0.033,
                  front=66.0),
        HairStyle("long", top=0.34, side=0.24, volume=0.012, side_volume=0.009, comb="middle", front=74.0),
        HairStyle("long-parted", top=0.34, side=0.24, volume=0.013, side_volume=0.010, comb="left", front=66.0),
    )
}  # fmt: skip
# From the shortest to the longest.
MALE_STYLES = ("shaved", "cropped", "cropped", "short", "short", "forward", "swept", "parted", "tied")
FEMALE_STYLES = ("cropped", "swept", "parted", "tied", "tied", "bob", "bob-fringe", "long", "long", "long-parted")
_FALLING = ("crown", "left", "right", "middle")  # combs that leave hair to fall over the forehead


def style_for(person: Person, choice: int | None) -> HairStyle:
    """The style of a picture: the person's usual one, or the `choice`-th of women's or of men's.

    Coils are worn shorter and fuller.
    """
    styles = MALE_STYLES if person.male > 0.5 else FEMALE_STYLES
    if choice is None:
        choice = min(int(person.hair_length * len(styles)), len(styles) - 1)
    style = STYLES[styles[choice % len(styles)]]
    if person.curl < 0.72 or style.top < 0.004:
        falls = person.fringed and not style.fringe and style.comb in _FALLING and style.top > 0.03
        return replace(style, name=f"{style.name}, fringe", fringe=min(0.7 * style.top, 0.033)) if falls else style
    fuller = 0.030 if style.top > 0.1 and style.comb != "tied" else min(1.8 * style.volume, 0.022)
    return replace(style, name=f"{style.name}, coiled", top=min(style.top, 0.075), side=min(style.side, 0.060),
                   volume=fuller, side_volume=min(2.0 * style.side_volume, 0.020), fringe=0.0,
                   comb="tied" if style.comb == "tied" else "out", weight=0.02)  # fmt: skip
