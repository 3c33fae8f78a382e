"""The embedded generators: a small DCGAN for galleries, and the same network conditioned on identity.

The DCGAN (Radford et al., 2016) comes from the package gan-face-generate (MIT) and was trained on renders of
DigiFace-1M, so no photograph of a person is behind it. A mapper M(x, s) → z finds the latent code whose picture the
recogniser sees as the embedding x, in the style s. `scripts/build_generator.py` trains the mapper.

A code of 100 numbers cannot say both who it is and how it looks as well as a recogniser can see it. The mapper's codes
are longer: the network's first layer adds up one pattern of 512 maps of 4×4 for each number of a code, and the mapper
brings 128 patterns of its own along.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

from hyperface.assets import asset
from hyperface.errors import InputError
from hyperface.faces.template import DLIB_CHIP_BOX
from hyperface.generators.base import DifferentiableGenerator, GalleryGenerator
from hyperface.generators.eight_bits import restored
from hyperface.images import ALIGNED_SIZE, axis_weights, resample_axes
from hyperface.sphere import normalize

LATENT_SIZE = 100
ADDED_SIZE = 128  # numbers of the mapper's codes beyond the network's own
CODE_SIZE = LATENT_SIZE + ADDED_SIZE
STYLE_SIZE = 64
REACH = 60  # principal directions of the gallery in which faces of the network differ enough to be asked for
NATIVE_SIZE = 64  # pixels of the network's own pictures

DCGAN_FILE = "generators/dcgan.safetensors"
MAPPER_FILE = "generators/gan_mapper.safetensors"

# Where dlib's chip lies in the network's 64×64 pictures (left, top, right, bottom; pixels). It is the mean over
# detected faces: the network draws its faces in one frame, so one fixed crop aligns them all.
CHIP_IN_NATIVE = (4.0, 13.0, 60.0, 69.0)


class DCGAN(nn.Module):
    """z (n, code_size) → pictures (n, 3, 64, 64), RGB, [0, 1], in the network's own frame."""

    def __init__(self, code_size: int = LATENT_SIZE, width: int = 64) -> None:
        super().__init__()
        channels = [code_size, width * 8, width * 4, width * 2, width]
        layers: list[nn.Module] = []
        for i, (inputs, outputs) in enumerate(pairwise(channels)):
            stride, padding = (1, 0) if i == 0 else (2, 1)
            layers += [
                nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            ]
        layers += [nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return (self.main(z[:, :, None, None]) + 1) / 2  # (n, 3, 64, 64)


class Mapper(nn.Module):
    """(embedding x, style s) → code z (n, 228): z = A·x + L·s + r(x, s), r a residual perceptron.

    The first 100 numbers are the DCGAN's latent code, the others say how much of each pattern in `added` (128, 512, 4,
    4) is added to the maps that the latent code becomes.

    x is first brought onto the part of the sphere that the network can draw, the span of `reach`: no two faces differ
    in the other directions, so what a request has there (the noise of Algorithm 3, a packing on the full sphere) is
    nothing that a picture could show, and would only lead z away from every face. The columns of `reach` are
    orthogonal, and longer where faces differ less: those directions are drawn weakly, and have to be asked for more.
    """

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
        hidden = self.input(torch.cat([scaled, styles], dim=1))  # (n, width)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return self.identity(scaled) + self.style(styles) + self.output(hidden)  # (n, 228)


def widened(network: DCGAN, added: torch.Tensor) -> DCGAN:
    """The network for codes that go on with numbers for the patterns `added` (m, 512, 4, 4)."""
    state = network.state_dict()
    state["main.0.weight"] = torch.cat([state["main.0.weight"], added])  # (100 + m, 512, 4, 4)
    wide = DCGAN(code_size=len(state["main.0.weight"]))
    wide.load_state_dict(state)
    return _frozen(wide)


def _frozen(network: DCGAN) -> DCGAN:
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


@cache
def native_to_aligned() -> tuple[torch.Tensor, torch.Tensor]:
    """Weights of rows and of columns (112, 64), for `resample_axes`: the fixed similarity that puts dlib's chip
    rectangle of one frame on that of the other; bicubic."""
    left, top, right, bottom = CHIP_IN_NATIVE
    chip_left, chip_top, chip_right, chip_bottom = DLIB_CHIP_BOX
    centres = torch.arange(ALIGNED_SIZE) + 0.5  # (112,) pixels
    x = left + (centres - chip_left) * (right - left) / (chip_right - chip_left)  # native pixels
    y = top + (centres - chip_top) * (bottom - top) / (chip_bottom - chip_top)
    return axis_weights(y, NATIVE_SIZE, "bicubic"), axis_weights(x, NATIVE_SIZE, "bicubic")


def align_native(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures in the network's frame (n, 3, 64, 64) → faces on the 112×112 template. Differentiable."""
    return resample_axes(pictures, *native_to_aligned()).clamp(0, 1)  # bicubic overshoots at edges


def seeded_normal(seeds: Sequence[int], size: int) -> torch.Tensor:
    """Standard normal numbers (n, size): row i depends on seeds[i] alone, whatever the batch it comes in."""
    rows = torch.empty(len(seeds), size)
    for row, seed in zip(rows, seeds, strict=True):
        row.normal_(generator=torch.Generator().manual_seed(int(seed)))
    return rows


class DcganGalleryGenerator(GalleryGenerator):
    """Random faces of the DCGAN: `generators.load_gallery_generator("dcgan")`."""

    name = "dcgan"
    image_size = ALIGNED_SIZE
    licence = "MIT (network of gan-face-generate 1.1.1, trained on DigiFace-1M)"

    def __init__(self, network: DCGAN) -> None:
        self.network = network

    @torch.inference_mode()
    def sample(self, seeds: Sequence[int]) -> torch.Tensor:
        return align_native(self.network(seeded_normal(seeds, LATENT_SIZE)))


class GanGenerator(DifferentiableGenerator):
    """Identity-conditional generator: `generators.load("gan")`. Wants dlib's centred embeddings."""

    name = "gan"
    recognizer = "dlib"
    dimension = 128
    image_size = ALIGNED_SIZE
    style_size = STYLE_SIZE
    licence = "MIT"

    def __init__(self, network: DCGAN, mapper: Mapper) -> None:
        self.network, self.mapper = widened(network, mapper.added), mapper
        self.reach = F.normalize(mapper.reach, dim=0)  # (128, 60)

    def draw(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        return align_native(self.network(self.mapper(embeddings, styles)))

    @torch.inference_mode()
    def generate(self, embeddings: torch.Tensor, seeds: Sequence[int]) -> torch.Tensor:
        if embeddings.ndim != 2 or embeddings.shape[1] != self.dimension:
            raise InputError(
                f"The generator 'gan' draws embeddings of the recogniser 'dlib', shape (n, {self.dimension}); "
                f"got {tuple(embeddings.shape)}."
            )
        if len(embeddings) != len(seeds):
            raise InputError(f"One seed for each embedding is needed: {len(embeddings)} rows, {len(seeds)} seeds.")
        return self.draw(embeddings.float(), seeded_normal(seeds, STYLE_SIZE))


def load_dcgan() -> DCGAN:
    """The DCGAN with its shipped weights, frozen, in evaluation mode."""
    network = DCGAN()
    network.load_state_dict({name: value.float() for name, value in load_file(asset(DCGAN_FILE)).items()})
    return _frozen(network)


def load_mapper() -> Mapper:
    """The shipped mapper, frozen."""
    mapper = Mapper()
    mapper.load_state_dict(restored(load_file(asset(MAPPER_FILE))))
    return mapper.eval().requires_grad_(False)
