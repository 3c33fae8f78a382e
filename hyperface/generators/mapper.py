"""The mapper M(x, s) → z: the code whose picture the recogniser sees as the embedding x, in the style s.

A DCGAN's code of 100 numbers cannot say both who it is and how it looks as well as a recogniser can see it. The
mapper's codes are longer: the network's first layer adds up one pattern of 512 maps of 4×4 for each number of a code,
and the mapper brings 128 patterns of its own along. `scripts/build_generator.py` trains it.
"""

import torch
from safetensors.torch import load_file
from torch import nn

from hyperface.assets import asset, read_whole
from hyperface.generators.dcgan import LATENT_SIZE
from hyperface.generators.eight_bits import restored
from hyperface.model import frozen
from hyperface.sphere import normalize

ADDED_SIZE = 128  # numbers of the mapper's codes beyond the network's own
CODE_SIZE = LATENT_SIZE + ADDED_SIZE
STYLE_SIZE = 64
REACH = 60  # principal directions of the gallery in which faces of the network differ enough to be asked for
MAPPER_FILE = "generators/gan_mapper.safetensors"


class Mapper(nn.Module):
    """(embedding x, style s) → code z (n, 228): z = A·x + L·s + r(x, s), r a residual perceptron.

    The first 100 numbers are the DCGAN's latent code, the others say how much of each pattern in `added` (128, 512, 4,
    4) is added to the maps that the latent code becomes.

    x is first brought onto the part of the sphere that the network can draw, the span of `reach`: no two faces differ
    in the other directions, so what a request has there (the noise of Algorithm 3, a packing on the full sphere) is
    nothing that a picture could show, and would only lead z away from every face. The columns of `reach` are
    orthogonal, and longer where faces differ less: those directions are drawn weakly, and have to be asked for more.
    """

    reach: torch.Tensor  # (dimension, 60)

    def __init__(self, dimension: int = 128, width: int = 1024, depth: int = 3) -> None:
        super().__init__()
        self.register_buffer("reach", torch.zeros(dimension, REACH))
        self.added = nn.Parameter(torch.zeros(ADDED_SIZE, 512, 4, 4))
        self.identity = nn.Linear(dimension, CODE_SIZE)
        self.style = nn.Linear(STYLE_SIZE, CODE_SIZE, bias=False)
        self.input = nn.Linear(dimension + STYLE_SIZE, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
            for _ in range(depth)
        )
        self.output = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, CODE_SIZE))

    def forward(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        reachable = normalize(embeddings @ self.reach @ self.reach.T)  # (n, d)
        # Entries of a unit vector are about 1/√d; scaled to the size of the style's for the first layer.
        scaled = reachable * embeddings.shape[1] ** 0.5  # (n, d)
        hidden: torch.Tensor = self.input(torch.cat([scaled, styles], dim=1))  # (n, width)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        codes: torch.Tensor = self.identity(scaled) + self.style(styles) + self.output(hidden)
        return codes  # (n, 228)


def load_mapper() -> Mapper:
    """The shipped mapper, frozen."""
    mapper = Mapper()
    path = asset(MAPPER_FILE)
    with read_whole("The GAN's mapper", path):
        mapper.load_state_dict(restored(load_file(path)))
    return frozen(mapper)
