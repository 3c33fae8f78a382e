"""/draw: pictures of a packing's people."""

from collections.abc import Callable
from typing import TypedDict

from hyperface import offers
from hyperface.drawing import png_url
from hyperface.ui.api import asked
from hyperface.ui.api.answering import answering
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import load_packed

MOST = 12  # pictures of one answer


class Picture(TypedDict):
    """seed: of pose, light and background. likeness: cosine between what the recogniser sees and what was asked for.
    image: a `data:` URL of a PNG of 112 × 112 pixels."""

    seed: int
    likeness: float
    image: str


class Drawn(TypedDict):
    """Pictures of one person."""

    run: str
    identity: int
    generator: str
    pictures: list[Picture]


def draw_endpoint(context: AppContext) -> Callable[..., Drawn]:
    """The function behind /draw."""

    @answering(context)
    def draw(run: str, identity: int, count: int = 1, seed: int = 0, generator: str | None = None) -> Drawn:
        """Draw a person of a packing: aligned faces of one identity in several poses, lights and backgrounds.

        Args:
            run: Name of a packing, as /pack gave it or /runs lists it; pack-demo is ready-made.
            identity: The person's number, from 0.
            count: How many pictures, 1 to 12, each in a style of its own.
            seed: The first picture's style; the next has seed + 1. The same seed is the same style for every person.
            generator: heads or gan; if not given, the one that draws this packing's embeddings.

        Returns:
            A dict: run, identity, generator, and pictures, a list of dicts: seed, likeness (cosine between the picture,
                seen by the recogniser, and the identity; 1 is perfect), image (a data: URL of a PNG, 112 x 112 pixels).
        """
        from hyperface.images import to_uint8
        from hyperface.realization import realize

        packed = load_packed(context, asked.run_name(run))
        number = asked.whole(identity, "identity", 0, len(packed) - 1)
        pictures = asked.whole(count, "count", 1, MOST)
        first = asked.whole(seed, "seed", 0, asked.MOST_SEED - MOST)
        usable = [offer.name for offer in offers.generators() if offer.available]
        chosen = None if generator is None else asked.one_of(generator, "generator", usable)
        artist = context.artist(packed.space, chosen)
        seeds = range(first, first + pictures)
        drawn = realize(packed.embeddings[[number]], seeds, artist, context.recognizer(packed.recognizer))
        return {
            "run": packed.run.name,
            "identity": number,
            "generator": context.artist_name(packed.space, chosen),
            "pictures": [
                {"seed": style, "likeness": float(likeness), "image": png_url(pixels)}
                for style, likeness, pixels in zip(seeds, drawn.cosine[0], to_uint8(drawn.images[0]), strict=True)
            ],
        }

    return draw
