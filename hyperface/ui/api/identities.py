"""/identities: who is in a packing, and how far apart they are."""

from collections.abc import Callable
from typing import TypedDict

from hyperface.ui.api import asked
from hyperface.ui.api.answering import answering
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import load_packed

MOST = 1000  # identities of one answer


class Identity(TypedDict):
    """One person. nearest: the closest other identity, `angle` degrees away. embedding: None unless asked for."""

    identity: int
    nearest: int
    angle: float
    embedding: list[float] | None


class Identities(TypedDict):
    """Some of a packing's people. total: how many it has. closest: the two at the smallest angle of all."""

    run: str
    recognizer: str
    total: int
    closest: list[int]
    min_angle: float
    identities: list[Identity]


def identities_endpoint(context: AppContext) -> Callable[..., Identities]:
    """The function behind /identities."""

    @answering(context)
    def identities(run: str, first: int = 0, count: int = 100, embeddings: bool = False) -> Identities:
        """List the people of a packing: each with the nearest other one, the angle to them, and the embedding.

        Args:
            run: Name of a packing, as /pack gave it or /runs lists it; pack-demo is ready-made.
            first: The identity to begin with; they are numbered from 0.
            count: How many, 1 to 1,000; ask again from a later `first` for more.
            embeddings: Whether to give each one's embedding: a list of numbers, a unit vector.

        Returns:
            A dict: run, recognizer (whose embeddings these are), total (people in the packing), closest (the two at
                the smallest angle), min_angle (that angle, degrees), and identities, a list of dicts: identity (its
                number), nearest (the closest other one), angle (degrees to it), embedding (or None).
        """
        packed = load_packed(context, asked.run_name(run))
        start = asked.whole(first, "first", 0, len(packed) - 1)
        end = min(start + asked.whole(count, "count", 1, MOST), len(packed))
        wanted = asked.yes(embeddings, "embeddings")
        return {
            "run": packed.run.name,
            "recognizer": packed.recognizer,
            "total": len(packed),
            "closest": list(packed.closest),
            "min_angle": float(packed.nearest_angle.min()),
            "identities": [
                {
                    "identity": number,
                    "nearest": int(packed.nearest[number]),
                    "angle": float(packed.nearest_angle[number]),
                    "embedding": packed.embeddings[number].tolist() if wanted else None,
                }
                for number in range(start, end)
            ],
        }

    return identities
