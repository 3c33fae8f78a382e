"""What every face recogniser F offers."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch.nn import functional as F

from hyperface.images import check_images
from hyperface.model import Model
from hyperface.recognizers.card import RecognizerCard
from hyperface.recognizers.embeddings import EmbeddingSpace


class Recognizer(Model):
    """An aligned face in, a unit embedding out.

    A subclass sets `card` and writes `_features`. Everything else (checks, batches, normalisation) is here.
    """

    card: RecognizerCard
    differentiable: ClassVar[bool] = True  # whether features have a gradient with respect to the pictures

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def dimension(self) -> int:
        return self.card.dimension

    @property
    def space(self) -> EmbeddingSpace:
        """What its embeddings live in."""
        return EmbeddingSpace(self.name, "what is embedded now", self.card)

    @abstractmethod
    def _features(self, images: torch.Tensor) -> torch.Tensor:
        """Aligned faces (n, 3, 112, 112), RGB, [0, 1] → raw features (n, dimension). Does its own preprocessing."""

    def features(self, images: torch.Tensor, *, batch_size: int = 128) -> torch.Tensor:
        """Raw features (n, dimension) before normalisation, as verification protocols add them.

        images: float32 (n, 3, 112, 112), RGB, [0, 1], aligned; each batch is brought to the recogniser's device, where
        the features then are. Differentiable with respect to the images.
        """
        check_images(images)
        if len(images) == 0:
            return images.new_zeros(0, self.dimension)
        device = self.device
        with self.arithmetic():
            features = torch.cat([self._features(batch.to(device)) for batch in images.split(batch_size)])
        return features.float() if self.uses_bfloat16 else features

    def embed(self, images: torch.Tensor, *, batch_size: int = 128) -> torch.Tensor:
        """Unit embeddings (n, dimension), float32. Arguments as in `features`."""
        return F.normalize(self.features(images, batch_size=batch_size).float(), dim=1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.embed(images)
