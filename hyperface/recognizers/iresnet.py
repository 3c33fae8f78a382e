"""The improved residual networks of ArcFace and AdaFace, with AdaFace's structure and parameter names.

Duta et al., "Improved residual networks", ICPR 2020; Kim et al., "AdaFace", CVPR 2022 (its `net.py`). A state
dictionary saved by the original loads here unchanged.
"""

import torch
from torch import nn

from hyperface.images import ALIGNED_SIZE
from hyperface.recognizers.fused_norm import FusedSequential
from hyperface.recognizers.prelu import PReLU

# Units in each of the four stages; the stages have 64, 128, 256 and 512 channels.
UNITS = {
    "ir_18": (2, 2, 2, 2),
    "ir_34": (3, 4, 6, 3),
    "ir_50": (3, 4, 14, 3),
    "ir_100": (3, 13, 30, 3),
    "ir_101": (3, 13, 30, 3),  # the same network, as AdaFace names it
}
CHANNELS = (64, 128, 256, 512)


class SqueezeExcitation(nn.Module):
    """Channel attention (Hu et al., 2018): each channel scaled by a gate computed from all channels' means."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate = x.mean(dim=(2, 3), keepdim=True)  # (n, c, 1, 1)
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(gate))))


class EveryPixel(nn.Module):
    """Every so manyth pixel: the original's MaxPool2d(1, stride), which looks at one pixel at a time, without work."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if self.stride == 1 else x[:, :, :: self.stride, :: self.stride]


class Unit(nn.Module):
    """BN, conv 3×3, BN, PReLU, conv 3×3 / stride, BN (and the gate), added to the shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int, squeeze: bool) -> None:
        super().__init__()
        if inputs == outputs:
            self.shortcut_layer: nn.Module = EveryPixel(stride)
        else:
            self.shortcut_layer = FusedSequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.res_layer = FusedSequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
            PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        if squeeze:
            self.res_layer.add_module("se_block", SqueezeExcitation(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.res_layer(x) + self.shortcut_layer(x)
        return out


class IResNet(nn.Module):
    """Normalised pixels (n, 3, 112, 112), as AdaFace wants them, → features (n, 512), not normalised.

    input_size: pixels, a multiple of 16; 112 is what the published weights are for.
    """

    def __init__(self, units: tuple[int, ...], *, input_size: int = ALIGNED_SIZE, squeeze: bool = False) -> None:
        super().__init__()
        self.input_layer = FusedSequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), PReLU(64))
        inputs, body = 64, []
        for outputs, count in zip(CHANNELS, units, strict=True):
            for i in range(count):
                body.append(Unit(inputs, outputs, 2 if i == 0 else 1, squeeze))
                inputs = outputs
        self.body = nn.Sequential(*body)
        side = input_size // 16
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(512),
            nn.Dropout(0.4),
            nn.Flatten(),
            nn.Linear(512 * side * side, 512),
            nn.BatchNorm1d(512, affine=False),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.input_layer(x)  # (n, 64, 112, 112)
        x = self.body(x)  # (n, 512, 7, 7)
        x = self.output_layer(x)  # (n, 512)
        return x
