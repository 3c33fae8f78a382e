"""What every face recogniser F offers."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.images import check_images
from hyperface.model import Card, Model


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


def check_same_recognizer(first: str, first_what: str, second: str, second_what: str) -> None:
    """InputError naming both, unless two sets of embeddings are of one recogniser. first, second: recognisers' names.

    first_what, second_what: what the embeddings are, for the message. Cosines between the embeddings of two
    recognisers mean nothing, even where both have the same dimension.
    """
    if first != second:
        raise InputError(
            f"{first_what} is made of embeddings of the recogniser {first!r}, {second_what} of embeddings of "
            f"{second!r}. Embeddings of two recognisers cannot be compared: use {first!r} for both, or {second!r}."
        )


class Recognizer(Model):
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
