"""What several lessons draw with: the heads, their gallery, and the recogniser that belongs to both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from hyperface.defaults import PAIRS, Pair
from hyperface.ui.parts.context import AppContext

if TYPE_CHECKING:
    from hyperface.gallery import Gallery
    from hyperface.generators import Generator
    from hyperface.generators.base import LinearPeople
    from hyperface.recognizers import Recognizer


@dataclass(frozen=True)
class Cast:
    """Who is drawn, by what, and who looks. span: directions to pack in."""

    gallery: Gallery
    generator: Generator
    recognizer: Recognizer
    span: int

    @property
    def people(self) -> LinearPeople:
        """The generator as one of people who are numbers, as heads are."""
        return cast("LinearPeople", self.generator)

    @property
    def calm(self) -> LinearPeople:
        """The same, in pictures that vary little."""
        return cast("LinearPeople", self.generator.calm())


def cast_of(context: AppContext, generator: str = "heads") -> Cast:
    """The parts that ship and belong together with a generator that ships."""
    pair: Pair = next(pair for pair in PAIRS if pair.generator == generator)
    return Cast(
        context.gallery(pair.gallery), context.generator(generator), context.recognizer(pair.recognizer), pair.span
    )
