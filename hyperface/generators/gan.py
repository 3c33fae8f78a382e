"""The second generator that ships: the DCGAN conditioned on identity by the mapper."""

import torch
from torch.nn import functional as F

from hyperface.defaults import EMBEDDED_GENERATORS
from hyperface.generators.base import DifferentiableGenerator, GeneratorCard
from hyperface.generators.dcgan import DCGAN, TRAINING_DATA, align_native, widened
from hyperface.generators.mapper import STYLE_SIZE, Mapper
from hyperface.images import ALIGNED_SIZE
from hyperface.recognizers.dlib_resnet import CARD as DLIB

CARD = GeneratorCard(
    name="gan",
    recognizer=DLIB.name,
    dimension=DLIB.dimension,
    image_size=ALIGNED_SIZE,
    training_data=f"{TRAINING_DATA}; its mapper: the network's own pictures, as dlib's recogniser sees them",
    licence="MIT",
    source="the network of the package gan-face-generate 1.1.1; its mapper: scripts/build_generator.py",
    title=EMBEDDED_GENERATORS["gan"],
)


class GanGenerator(DifferentiableGenerator):
    """Identity-conditional generator: `generators.load("gan")`. Wants dlib's centred embeddings."""

    card = CARD
    style_size = STYLE_SIZE

    def __init__(self, network: DCGAN, mapper: Mapper) -> None:
        super().__init__(reach=F.normalize(mapper.reach, dim=0))  # (128, 60)
        self.network, self.mapper = widened(network, mapper.added), mapper

    def draw(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        return align_native(self.network(self.mapper(embeddings, styles)))
