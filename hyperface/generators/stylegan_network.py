"""StyleGAN2's generator, with NVIDIA's names of parameters: a latent code in, a picture out. Differentiable.

Karras et al., "Analyzing and improving the image quality of StyleGAN", CVPR 2020. Written from the equations; no
compiled operations. Everything is computed in float32, whatever a file says about half precision.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.errors import CheckpointError

SLOPE, GAIN = 0.2, sqrt(2)  # of the leaky rectifier, which keeps the variance
EPSILON = 1e-8
FILTER = (1.0, 3.0, 3.0, 1.0)  # blurs what was made twice as large
MAPPING_RATE = 0.01  # learning rate of the mapping, by which its weights are scaled


@dataclass(frozen=True)
class Shape:
    """Sizes of a network. channels: of the sizes 4, 8, 16 … up to that of its pictures. clamp: the largest value that a
    layer may give, None for any."""

    latent: int
    width: int
    layers: int
    channels: tuple[int, ...]
    clamp: float | None = None

    @property
    def size(self) -> int:
        """Of its pictures, pixels."""
        return int(2 ** (len(self.channels) + 1))

    @classmethod
    def of(cls, weights: Mapping[str, torch.Tensor], clamp: float | None = None) -> Shape:
        """What weights by NVIDIA's names are for; CheckpointError if they are of no such network."""
        try:
            sizes = sorted({int(match[1]) for name in weights if (match := re.match(r"synthesis\.b(\d+)\.", name))})
            return cls(
                latent=weights["mapping.fc0.weight"].shape[1],
                width=weights["synthesis.b4.conv1.affine.weight"].shape[1],
                layers=sum(re.fullmatch(r"mapping\.fc\d+\.weight", name) is not None for name in weights),
                channels=tuple(len(weights[f"synthesis.b{size}.conv1.weight"]) for size in sizes),
                clamp=clamp,
            )
        except KeyError as error:
            raise CheckpointError(f"These are no weights of a StyleGAN2 generator: {error} is missing.") from error


def activated(x: torch.Tensor, clamp: float | None = None) -> torch.Tensor:
    """The leaky rectifier with its gain, and then the limit."""
    out = F.leaky_relu(x, SLOPE) * GAIN
    return out if clamp is None else out.clamp(-clamp, clamp)


class Linear(nn.Module):
    """A linear layer whose weights are scaled as it runs: by 1/√inputs, and by its learning rate."""

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(outputs, inputs)), nn.Parameter(torch.zeros(outputs))
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, self.weight * (self.rate / sqrt(x.shape[1])), self.bias * self.rate)


class MappingNetwork(nn.Module):
    """z (n, latent) → w (n, width)."""

    w_avg: torch.Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.depth = shape.layers
        for number in range(shape.layers):
            inputs = shape.latent if number == 0 else shape.width
            self.add_module(f"fc{number}", Linear(inputs, shape.width, MAPPING_RATE))
        self.register_buffer("w_avg", torch.zeros(shape.width))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        x = z * (z.square().mean(dim=1, keepdim=True) + EPSILON).rsqrt()
        for number in range(self.depth):
            x = activated(self.get_submodule(f"fc{number}")(x))
        return x


def modulated(x: torch.Tensor, weight: torch.Tensor, styles: torch.Tensor, *, up: bool = False) -> torch.Tensor:
    """Each picture's channels scaled by its style (n, inputs), then convolved, and brought to unit variance.

    up: the output is twice as large.
    """
    scale = torch.einsum("oikl,ni->no", weight.square(), styles.square())  # (n, outputs)
    x = x * styles[:, :, None, None]
    if up:
        x = _blurred(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2))
    else:
        x = F.conv2d(x, weight, padding=weight.shape[2] // 2)
    return x * (scale + EPSILON).rsqrt()[:, :, None, None]


def _kernel(channels: int, like: torch.Tensor) -> torch.Tensor:
    """(channels, 1, 4, 4): the blur of what was made twice as large, each way."""
    taps = torch.tensor(FILTER, device=like.device, dtype=like.dtype) / (sum(FILTER) / 2)
    return torch.outer(taps, taps).expand(channels, 1, -1, -1)


def _blurred(x: torch.Tensor) -> torch.Tensor:
    return F.conv2d(x, _kernel(x.shape[1], x), padding=1, groups=x.shape[1])


def doubled(x: torch.Tensor) -> torch.Tensor:
    """A picture twice as large: zeros between the pixels, blurred."""
    return F.conv_transpose2d(x, _kernel(x.shape[1], x), stride=2, padding=1, groups=x.shape[1])


class Layer(nn.Module):
    """A modulated convolution of 3×3, noise, and the rectifier."""

    noise_const: torch.Tensor

    def __init__(self, inputs: int, outputs: int, size: int, shape: Shape, *, up: bool) -> None:
        super().__init__()
        self.up, self.clamp = up, shape.clamp
        self.affine = Linear(shape.width, inputs)
        self.weight, self.bias = nn.Parameter(torch.zeros(outputs, inputs, 3, 3)), nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise_const", torch.zeros(size, size))
        self.noise_strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor, w: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        """noise: (n, size, size), None for the file's own."""
        x = modulated(x, self.weight, self.affine(w), up=self.up)
        x = x + self.noise_strength * (self.noise_const if noise is None else noise[:, None])
        return activated(x + self.bias[:, None, None], self.clamp)


class ToRgb(nn.Module):
    """A modulated convolution of 1×1 to three colours, whose variance is left as it is."""

    def __init__(self, inputs: int, shape: Shape) -> None:
        super().__init__()
        self.clamp = shape.clamp
        self.affine = Linear(shape.width, inputs)
        self.weight, self.bias = nn.Parameter(torch.zeros(3, inputs, 1, 1)), nn.Parameter(torch.zeros(3))

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        styles = self.affine(w) / sqrt(x.shape[1])  # (n, inputs)
        out = F.conv2d(x * styles[:, :, None, None], self.weight) + self.bias[:, None, None]
        return out if self.clamp is None else out.clamp(-self.clamp, self.clamp)


class StyleGan2(nn.Module):
    """Latent codes (n, latent), standard normal → pictures (n, 3, size, size), about −1 to 1, RGB."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.mapping = MappingNetwork(shape)
        self.synthesis = nn.ModuleDict()
        before = 0
        for number, channels in enumerate(shape.channels):
            size = 4 << number
            block = nn.Module()
            if before:
                block.add_module("conv0", Layer(before, channels, size, shape, up=True))
            else:
                block.register_parameter("const", nn.Parameter(torch.zeros(channels, 4, 4)))
            block.add_module("conv1", Layer(channels, channels, size, shape, up=False))
            block.add_module("torgb", ToRgb(channels, shape))
            self.synthesis[f"b{size}"] = block
            before = channels

    @property
    def noise_sizes(self) -> list[int]:
        """Of the noise that each layer takes, pixels a side, in their order."""
        return [4] + [4 << number for number in range(1, len(self.shape.channels)) for _ in range(2)]

    def forward(self, z: torch.Tensor, *, psi: float = 1.0, noise: torch.Tensor | None = None) -> torch.Tensor:
        """psi: how far w is from the mean person, 1 for all the way. noise: (n, numbers), of all layers, None for the
        file's own, the same in every picture."""
        w = self.mapping.w_avg.lerp(self.mapping(z), psi)
        parts: list[torch.Tensor | None] = [None] * len(self.noise_sizes)
        if noise is not None:
            pieces = noise.split([size * size for size in self.noise_sizes], dim=1)
            parts = [part.unflatten(1, (size, size)) for part, size in zip(pieces, self.noise_sizes, strict=True)]
        remaining = iter(parts)
        first = self.synthesis["b4"]
        x = first.get_parameter("const").expand(len(z), -1, -1, -1)
        x = first.get_submodule("conv1")(x, w, next(remaining))
        picture: torch.Tensor = first.get_submodule("torgb")(x, w)
        for name, block in self.synthesis.items():
            if name != "b4":
                x = block.get_submodule("conv0")(x, w, next(remaining))
                x = block.get_submodule("conv1")(x, w, next(remaining))
                picture = doubled(picture) + block.get_submodule("torgb")(x, w)
        return picture
