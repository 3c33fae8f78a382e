"""What every face generator offers."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch


class Generator(ABC):
    """Identity-conditional generator G: a packed embedding and a seed in, an aligned face of that person out."""

    name: str
    recognizer: str  # name of the recogniser whose embeddings it expects
    dimension: int  # of those embeddings
    image_size: int  # pixels, square
    licence: str

    @abstractmethod
    def generate(self, embeddings: torch.Tensor, seeds: Sequence[int]) -> torch.Tensor:
        """One image for each row.

        embeddings: float32 (n, dimension), unit rows. seeds: n integers; the seed fixes everything that is not
        identity (pose, light, background), so that one seed is comparable across identities.
        Returns float32 (n, 3, image_size, image_size), RGB, [0, 1], aligned to the five-point template.
        """


class DifferentiableGenerator(Generator):
    """A generator whose pictures have a gradient with respect to the requested embeddings."""

    style_size: int
    reach: torch.Tensor | None = None  # (dimension, k) orthonormal columns: the directions it can draw; None for all

    @abstractmethod
    def draw(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Embeddings (n, dimension) and styles (n, style_size), standard normal → images as `generate` gives them."""


class GalleryGenerator(ABC):
    """Unconditional generator: random faces for a gallery."""

    name: str
    image_size: int
    licence: str

    @abstractmethod
    def sample(self, seeds: Sequence[int]) -> torch.Tensor:
        """One random face for each seed: float32 (n, 3, image_size, image_size), RGB, [0, 1], aligned."""
