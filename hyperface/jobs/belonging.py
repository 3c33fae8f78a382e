"""What draws whose embeddings: a packing, a generator and a gallery that belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperface.defaults import PAIRS, pair_of
from hyperface.errors import InputError

if TYPE_CHECKING:
    from hyperface.recognizers import EmbeddingSpace


def generator_of(space: EmbeddingSpace, chosen: str | None) -> str:
    """The name of what draws these embeddings: the generator chosen, or else the one that ships for them.

    InputError, before anything is loaded, for one that ships and draws another recogniser's, and where none is chosen
    and none that ships can. One that does not ship tells itself, when it is loaded, whose embeddings it draws.
    """
    fitting = pair_of(space.recognizer)
    if chosen is None:
        if fitting is None:
            known = " and ".join(f"{pair.generator!r} draws {pair.recognizer!r}" for pair in PAIRS)
            raise InputError(
                f"{_capital(space.what)} is of embeddings of the recogniser {space.recognizer!r}, which no generator "
                f"that ships draws ({known}): name a generator that does, or pack another gallery, such as "
                f"{PAIRS[0].gallery}."
            )
        return fitting.generator
    own = next((pair for pair in PAIRS if pair.generator == chosen), None)
    if own is not None and space.recognizer not in (None, own.recognizer):
        remedy = "" if fitting is None else f"draw it with {fitting.generator!r}, or "
        raise InputError(
            f"{_capital(space.what)} is of embeddings of the recogniser {space.recognizer!r}, and the generator "
            f"{chosen!r} draws those of {own.recognizer!r}: {remedy}pack a gallery for {chosen!r}, such as "
            f"{own.gallery}."
        )
    return chosen


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
