"""What every face recogniser F offers."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.images import check_images


@dataclass(frozen=True)
class RecognizerCard:
    """What a recogniser is: shown in the app, and remembered by galleries and packings made with it."""

    name: str
    dimension: int
    input_size: int  # pixels, square; what the network sees after its own preprocessing
    training_data: str
    licence: str
    source: str


class Recognizer(nn.Module):
    """An aligned face in, a unit embedding out.

    A subclass sets `card` and writes `_features`. Everything else (checks, batches, normalisation) is here.
    """

    card: RecognizerCard

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def dimension(self) -> int:
        return self.card.dimension

    @abstractmethod
    def _features(self, images: torch.Tensor) -> torch.Tensor:
        """Aligned faces (n, 3, 112, 112), RGB, [0, 1] → raw features (n, dimension). Does its own preprocessing."""

    def features(self, images: torch.Tensor, *, batch_size: int = 128) -> torch.Tensor:
        """Raw features (n, dimension) before normalisation, as verification protocols add them.

        images: float32 (n, 3, 112, 112), RGB, [0, 1], aligned. Differentiable with respect to the images.
        """
        check_images(images)
        if len(images) == 0:
            return images.new_zeros(0, self.dimension)
        return torch.cat([self._features(batch) for batch in images.split(batch_size)])

    def embed(self, images: torch.Tensor, *, batch_size: int = 128) -> torch.Tensor:
        """Unit embeddings (n, dimension), float32. Arguments as in `features`."""
        return F.normalize(self.features(images, batch_size=batch_size).float(), dim=1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.embed(images)
