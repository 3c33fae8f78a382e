"""Embeddings at the borders between parts: of which recogniser they are, and whether those of two may meet.

Where they are computed with, embeddings are plain tensors.
"""

from dataclasses import dataclass

import torch

from hyperface.errors import InputError
from hyperface.recognizers.card import RecognizerCard


@dataclass(frozen=True)
class EmbeddingSpace:
    """What one recogniser's embeddings live in. Cosines between two spaces mean nothing, even of the same dimension.

    recognizer: its name; None where nobody wrote it down, and whoever brings the embeddings answers for them. what: who
    lives there, for messages: "the gallery 'gan-10k'". card: the recogniser's, None where only the name is known.
    length: of its features of real or random faces before they were made unit vectors, on average; None where nobody
    measured it.
    """

    recognizer: str | None
    what: str
    card: RecognizerCard | None = None
    length: float | None = None

    def same(self, other: "EmbeddingSpace") -> bool:
        """Whether embeddings of the two can be compared, as far as is known."""
        return self.recognizer == other.recognizer or None in (self.recognizer, other.recognizer)

    def check_same(self, other: "EmbeddingSpace") -> None:
        """InputError, naming both recognisers, unless embeddings of the two can be compared."""
        if not self.same(other):
            raise InputError(
                f"{self.what[:1].upper()}{self.what[1:]} and {other.what} are of two recognisers, {self.recognizer!r} "
                f"and {other.recognizer!r}, whose embeddings cannot be compared: use {self.recognizer!r} for both, or "
                f"{other.recognizer!r}."
            )


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Embeddings that know their recogniser. rows: float32 (n, d), unit rows."""

    rows: torch.Tensor
    space: EmbeddingSpace

    def __len__(self) -> int:
        return len(self.rows)
