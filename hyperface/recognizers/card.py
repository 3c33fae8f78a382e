"""What a recogniser is."""

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
