"""A small DCGAN (Radford et al., 2016) that draws random faces: the generator of the gallery `gan-10k`.

It comes from the package gan-face-generate (MIT) and was trained on renders of DigiFace-1M, so no photograph of a
person is behind it.
"""

from functools import cache
from itertools import pairwise

import torch
from safetensors.torch import load_file
from torch import nn

from hyperface.assets import asset, read_whole
from hyperface.faces.template import DLIB_CHIP_BOX
from hyperface.generators.base import GalleryGenerator, GalleryGeneratorCard
from hyperface.generators.eight_bits import restored
from hyperface.images import ALIGNED_SIZE, axis_weights, resample_axes
from hyperface.model import channels_last, frozen

LATENT_SIZE = 100
NATIVE_SIZE = 64  # pixels of the network's own pictures
DCGAN_FILE = "generators/dcgan.safetensors"

TRAINING_DATA = "renders of DigiFace-1M; no photograph"
CARD = GalleryGeneratorCard(
    name="dcgan",
    image_size=ALIGNED_SIZE,
    training_data=TRAINING_DATA,
    licence="MIT",
    source="the network of the package gan-face-generate 1.1.1",
)

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
        pictures: torch.Tensor = self.main(z[:, :, None, None])  # (n, 3, 64, 64), [-1, 1]
        return (pictures + 1) / 2


def widened(network: DCGAN, added: torch.Tensor) -> DCGAN:
    """The network for codes that go on with numbers for the patterns `added` (m, 512, 4, 4)."""
    state = network.state_dict()
    state["main.0.weight"] = torch.cat([state["main.0.weight"], added])  # (100 + m, 512, 4, 4)
    wide = DCGAN(code_size=len(state["main.0.weight"]))
    wide.load_state_dict(state)
    return channels_last(frozen(wide))


@cache
def native_to_aligned() -> tuple[torch.Tensor, torch.Tensor]:
    """Weights of rows and of columns (112, 64), for `resample_axes`: the fixed similarity that puts dlib's chip
    rectangle of one frame on that of the other; bicubic."""
    left, top, right, bottom = CHIP_IN_NATIVE
    chip_left, chip_top, chip_right, chip_bottom = DLIB_CHIP_BOX
    centers = torch.arange(ALIGNED_SIZE) + 0.5  # (112,) pixels
    x = left + (centers - chip_left) * (right - left) / (chip_right - chip_left)  # native pixels
    y = top + (centers - chip_top) * (bottom - top) / (chip_bottom - chip_top)
    return axis_weights(y, NATIVE_SIZE, "bicubic"), axis_weights(x, NATIVE_SIZE, "bicubic")


def align_native(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures in the network's frame (n, 3, 64, 64) → faces on the 112×112 template. Differentiable."""
    return resample_axes(pictures, *native_to_aligned()).clamp(0, 1)  # bicubic overshoots at edges


class DcganGalleryGenerator(GalleryGenerator):
    """Random faces of the DCGAN: `generators.load_gallery_generator("dcgan")`."""

    card = CARD
    latent_size = LATENT_SIZE

    def __init__(self, network: DCGAN) -> None:
        super().__init__()
        self.network = network

    def draw(self, latents: torch.Tensor) -> torch.Tensor:
        return align_native(self.network(latents))


def load_dcgan() -> DCGAN:
    """The DCGAN with its shipped weights, frozen, in evaluation mode."""
    network = DCGAN()
    path = asset(DCGAN_FILE)
    with read_whole("The GAN", path):
        network.load_state_dict(restored(load_file(path)))
    return channels_last(frozen(network))
