"""Whose portrait is shown, and what is said of them: what only a generator with `Portraits` can answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hyperface.errors import InputError, require
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import Packed, load_packed
from hyperface.ui.parts.pictures import escape, picture

if TYPE_CHECKING:
    import numpy as np
    import torch

    from hyperface.generators import Generator, Portraits

MAX_SEED = 2**31 - 1
WORDS = 5  # of a comparison at most


@dataclass(frozen=True)
class Portrayed:
    """One person in one style: what a picture's button hands to the page, and the page back to the server.

    packing, generator: names of the run, and of what draws it. identity: number in the run. style: seed. beta: spread
    of the request around the identity. other, share: on the way to another identity, and how far along, 0 … 1.
    """

    packing: str
    generator: str
    identity: int
    style: int
    beta: float = 0.0
    other: int | None = None
    share: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.style <= MAX_SEED, f"Choose a style from 0 to {MAX_SEED}.")
        require(0 <= self.beta <= 1, "Choose a β from 0 to 1.")
        require(0 <= self.share <= 1, "A place on the way lies between its ends.")

    @property
    def title(self) -> str:
        """Who it is, for people."""
        if self.other is None:
            return f"Identity {self.identity}"
        return f"{100 * self.share:.0f} % of the way from identity {self.identity} to {self.other}"

    def request(self, packed: Packed) -> torch.Tensor:
        """The embedding (1, d) that is asked for. InputError for an identity that the packing does not have."""
        for number in (self.identity, self.identity if self.other is None else self.other):
            require(0 <= number < len(packed), f"Identities of this packing are numbered from 0 to {len(packed) - 1}.")
        start = packed.embeddings[[self.identity]]
        if self.other is not None:
            import torch

            from hyperface import sphere

            return sphere.geodesic(start, packed.embeddings[[self.other]], torch.tensor([self.share]))
        return start if self.beta == 0 else perturbed(start, self.identity, self.style, self.beta)


def portrayed(sent: object) -> Portrayed:
    """What a page sent back; InputError if that is nobody."""
    try:
        fields: Mapping[str, Any] = sent  # type: ignore[assignment]  # whatever is no mapping raises below
        other = fields.get("other")
        return Portrayed(
            packing=str(fields["packing"]),
            generator=str(fields["generator"]),
            identity=int(fields["identity"]),
            style=int(fields["style"]),
            beta=float(fields.get("beta", 0.0)),
            other=None if other is None else int(other),
            share=float(fields.get("share", 0.0)),
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError("This picture is not one that can be enlarged. Reload the page.") from error


def perturbed(identity: torch.Tensor, number: int, style: int, beta: float) -> torch.Tensor:
    """What Algorithm 3 asks the generator for instead of the identity (1, d) with this number: (1, d)."""
    from hyperface.datasets.synthesis import perturb
    from hyperface.seeds import image_seeds

    return perturb(identity, beta, [image_seeds(0, number, style)[0]])


def portraits_of(generator: Generator) -> Portraits | None:
    """The generator as one that can draw portraits; None if it cannot."""
    from hyperface.generators import Portraits

    return generator if isinstance(generator, Portraits) else None


def sitter(context: AppContext, who: Portrayed) -> tuple[Portraits, torch.Tensor]:
    """What draws the person, and their embedding (1, d). InputError where it draws no portraits."""
    generator = context.generator(who.generator)
    drawn_by = portraits_of(generator)
    if drawn_by is None:
        raise InputError(f"The generator {who.generator!r} draws no portraits.")
    packed = load_packed(context, who.packing)
    generator.space.check_same(packed.space)
    return drawn_by, who.request(packed)


def face(pixels: np.ndarray | torch.Tensor, text: str, who: Portrayed | None, *, title: str | None = None) -> str:
    """HTML of a picture: a button that enlarges it, or the picture alone where `who` is None."""
    shown = picture(pixels, text, title=title)
    if who is None:
        return shown
    return (
        f'<button type="button" class="hf-enlarge" aria-haspopup="dialog" data-who="{escape(json.dumps(asdict(who)))}">'
        f"{shown}</button>"
    )


def difference_text(generator: Generator, one: torch.Tensor, other: torch.Tensor, names: tuple[str, str]) -> str:
    """HTML paragraph: what the first of two people (d,) has more or less of; nothing where that cannot be told."""
    drawn_by = portraits_of(generator)
    if drawn_by is None:
        return ""
    (words,) = drawn_by.differences(one[None], other[None], count=WORDS)
    return f'<p class="hf-note hf-differences">{difference_line(words, *names)}</p>' if words else ""


def difference_line(words: list[str], first: str, second: str) -> str:
    """HTML: words for what the first of two people has more or less of."""
    return f"{escape(first)}, beside {escape(second)}: {escape(', '.join(unbroken(words)) or 'nothing to speak of')}."


def unbroken(words: list[str]) -> list[str]:
    """The same with no line broken between a number and its σ."""
    return [word.replace(" σ", "\N{NO-BREAK SPACE}σ") for word in words]
