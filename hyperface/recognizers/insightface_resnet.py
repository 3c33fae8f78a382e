"""InsightFace's residual networks, with its structure and parameter names.

Deng et al., "ArcFace", CVPR 2019; its recognition/arcface_torch/backbones/iresnet.py. A state dictionary saved by it,
such as a `backbone.pth`, loads here unchanged.
"""

import torch
from torch import nn

from hyperface.images import ALIGNED_SIZE
from hyperface.recognizers.fused_norm import FusedSequential, normalized
from hyperface.recognizers.iresnet import CHANNELS
from hyperface.recognizers.prelu import PReLU

# Blocks in each of the four stages.
BLOCKS = {"iresnet50": (3, 4, 14, 3), "iresnet100": (3, 13, 30, 3)}


class Block(nn.Module):
    """BN, conv 3×3, BN, PReLU, conv 3×3 / stride, BN, added to the shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.prelu = PReLU(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = FusedSequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inside = normalized(self.conv1(normalized(x, self.bn1)), self.bn2, self.prelu)
        out: torch.Tensor = normalized(self.conv2(inside), self.bn3) + self.downsample(x)
        return out


class InsightFaceResNet(nn.Module):
    """Normalised pixels (n, 3, 112, 112), red first, → features (n, 512), not normalised.

    input_size: pixels, a multiple of 16; 112 is what the published weights are for. channels: of the four stages; the
    published weights are for `CHANNELS`.
    """

    def __init__(
        self,
        blocks: tuple[int, ...],
        *,
        input_size: int = ALIGNED_SIZE,
        channels: tuple[int, ...] = CHANNELS,
        dimension: int = 512,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        self.prelu = PReLU(channels[0])
        inputs = channels[0]
        for stage, (outputs, count) in enumerate(zip(channels, blocks, strict=True), start=1):
            row = [Block(inputs if i == 0 else outputs, outputs, 2 if i == 0 else 1) for i in range(count)]
            self.add_module(f"layer{stage}", nn.Sequential(*row))
            inputs = outputs
        self.bn2 = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs * (input_size // 16) ** 2, dimension)
        self.features = nn.BatchNorm1d(dimension)
        self.features.weight.requires_grad_(False)  # it stays 1, as the original's
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, 0, 0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = normalized(self.conv1(x), self.bn1, self.prelu)  # (n, 64, 112, 112)
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        x = self.fc(self.bn2(x).flatten(1))  # from (n, 512, 7, 7) to (n, 512)
        features: torch.Tensor = self.features(x)
        return features
