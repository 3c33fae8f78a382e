"""What a recogniser is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hyperface.model import Card


@dataclass(frozen=True)
class RecognizerCard(Card):
    """What a recogniser is: shown in the app, and remembered by galleries and packings made with it."""

    kind: ClassVar[str] = "recogniser"

    name: str
    dimension: int
    input_size: int  # pixels, square; what the network sees after its own preprocessing
    training_data: str
    licence: str
    source: str
    color: str = "RGB"  # order in which the network itself wants the colours: "RGB" or "BGR"
    network: str | None = None  # the recogniser whose network it is, around another centre; None for one of its own
    graph: str | None = None  # what was found out of an ONNX file: how it wants pixels, which output, batches

    def shares_network(self, other: RecognizerCard) -> bool:
        """Whether the two see with the same network, so that neither is an independent judge of the other."""
        return (self.network or self.name) == (other.network or other.name)
