"""What a gallery is, and what can be asked of it."""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.gallery.strangers import stranger_threshold
from hyperface.generators.base import GalleryGeneratorCard
from hyperface.recognizers.card import RecognizerCard
from hyperface.recognizers.embeddings import Embeddings, EmbeddingSpace


@dataclass(frozen=True)
class Gallery:
    """embeddings: float32 (n, d), unit rows of `recognizer`. thumbnails: uint8 (n, 48, 48, 3), RGB, aligned faces.
    sources: where each face is from, `<generator>:<seed>` or a file's path inside its folder. recognizer_card: None in
    files that are older than cards. generator_card: of what drew the faces, and how; None of photos and of
    older files. feature_length: of the recogniser's features before they were made unit vectors, their mean; None in
    older files. A generator that takes features of a length, such as vec2face, is told it with the space."""

    name: str
    recognizer: str
    generator: str
    embeddings: torch.Tensor
    thumbnails: np.ndarray
    sources: tuple[str, ...]
    recognizer_card: RecognizerCard | None = None
    generator_card: GalleryGeneratorCard | None = None
    feature_length: float | None = None

    def __len__(self) -> int:
        return len(self.embeddings)

    @property
    def space(self) -> EmbeddingSpace:
        """What its embeddings live in."""
        return EmbeddingSpace(self.recognizer, f"the gallery {self.name!r}", self.recognizer_card, self.feature_length)

    def nearest(
        self, embeddings: torch.Tensor | Embeddings, count: int = 1, *, recognizer: str | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The `count` most similar gallery faces of each row: cosines (m, count), falling, and indices (m, count).

        recognizer: whose embeddings they are, where they do not say it themselves. InputError, naming both, if it is
        not the gallery's.
        """
        if not isinstance(embeddings, Embeddings):
            embeddings = Embeddings(embeddings, EmbeddingSpace(recognizer, "what is compared with it"))
        self.space.check_same(embeddings.space)
        rows = embeddings.rows  # (m, d)
        if rows.shape[1] != self.embeddings.shape[1]:
            raise InputError(
                f"The gallery {self.name!r} holds {self.embeddings.shape[1]}-dimensional embeddings of the recogniser "
                f"{self.recognizer!r}; these have {rows.shape[1]} dimensions. Embed with {self.recognizer!r}."
            )
        cosines, indices = (rows @ self.embeddings.T).topk(min(count, len(self)), dim=1)
        return cosines, indices

    def stranger_threshold(self, share: float = 0.001, *, seed: int = 0) -> float | None:
        """The cosine that only this share of the pairs of different gallery faces reaches; see
        `strangers.stranger_threshold`."""
        return stranger_threshold(self.embeddings, share, seed=seed)
