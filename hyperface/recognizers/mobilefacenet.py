"""MobileFaceNet: a face recogniser small enough to train on a laptop's CPU.

Chen et al., "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on Mobile Devices", CCBR 2018,
table 1. Two differences: the input may be smaller than 112 pixels, and the embedding has 256 numbers by default.
"""

import torch
from torch import nn

from hyperface.recognizers.fused_norm import FusedSequential
from hyperface.recognizers.prelu import PReLU

# Expansion, channels, repeats, stride of the first: the bottlenecks of table 1.
STAGES = ((2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1))


class StridedDepthwise(nn.Conv2d):
    """A convolution in float32, even under autocast: CPUs train this kind five times slower in bfloat16."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.device.type != "cpu" or x.dtype == torch.float32:
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float()).to(x.dtype)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, *, depthwise: bool = False) -> nn.Sequential:
    groups = inputs if depthwise else 1
    convolution = StridedDepthwise if depthwise and stride > 1 else nn.Conv2d
    return FusedSequential(
        convolution(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        PReLU(outputs),
    )


class Bottleneck(nn.Module):
    """Expand, filter depthwise, project without an activation (MobileNetV2's inverted residual, with PReLU)."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.layers = FusedSequential(
            _convolution(inputs, hidden, 1),
            _convolution(hidden, hidden, 3, stride, depthwise=True),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layers(x)
        return x + out if self.residual else out


class MobileFaceNet(nn.Module):
    """Normalised pixels (n, 3, s, s) → features (n, dimension), not normalised.

    input_size: s, pixels, a multiple of 16; 112 in the paper.
    """

    def __init__(self, *, input_size: int = 64, dimension: int = 256) -> None:
        super().__init__()
        layers: list[nn.Module] = [_convolution(3, 64, 3, 2), _convolution(64, 64, 3, depthwise=True)]
        inputs = 64
        for expansion, outputs, repeats, stride in STAGES:
            for i in range(repeats):
                layers.append(Bottleneck(inputs, outputs, stride if i == 0 else 1, expansion))
                inputs = outputs
        self.body = nn.Sequential(*layers, _convolution(inputs, 512, 1))
        side = input_size // 16
        # Global depthwise convolution: each place of the map gets its own weight, unlike under a mean.
        self.pool = nn.Sequential(nn.Conv2d(512, 512, side, groups=512, bias=False), nn.BatchNorm2d(512))
        self.output = nn.Sequential(nn.Flatten(), nn.Linear(512, dimension, bias=False), nn.BatchNorm1d(dimension))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x)  # (n, 512, s/16, s/16)
        x = self.pool(x)  # (n, 512, 1, 1)
        x = self.output(x)  # (n, dimension)
        return x
