"""Backbones by name, as recognisers: what training trains, and what a checkpoint is loaded into."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.errors import InputError, UnknownNameError
from hyperface.images import ALIGNED_SIZE
from hyperface.model import channels_last
from hyperface.recognizers.base import Recognizer
from hyperface.recognizers.card import RecognizerCard
from hyperface.recognizers.insightface_resnet import BLOCKS, InsightFaceResNet
from hyperface.recognizers.iresnet import UNITS, IResNet
from hyperface.recognizers.mobilefacenet import MobileFaceNet

INPUT_SIZES = range(32, ALIGNED_SIZE + 1, 16)  # pixels, that a backbone may be built for


@dataclass(frozen=True)
class Architecture:
    """build: input size in pixels → network. bgr: whether the network wants blue first, as AdaFace's weights do."""

    build: Callable[[int], nn.Module]
    dimension: int
    input_size: int
    bgr: bool
    source: str


def _iresnet(name: str, input_size: int, *, squeeze: bool = False) -> nn.Module:
    return IResNet(UNITS[name], input_size=input_size, squeeze=squeeze)


def _insightface(name: str, input_size: int) -> nn.Module:
    return InsightFaceResNet(BLOCKS[name], input_size=input_size)


ARCHITECTURES: dict[str, Architecture] = {
    "small": Architecture(lambda size: MobileFaceNet(input_size=size), 256, 64, False, "MobileFaceNet, CCBR 2018"),
    **{name: Architecture(partial(_iresnet, name), 512, ALIGNED_SIZE, True, "AdaFace, CVPR 2022") for name in UNITS},
    "ir_se_50": Architecture(partial(_iresnet, "ir_50", squeeze=True), 512, ALIGNED_SIZE, True, "AdaFace, CVPR 2022"),
    **{
        name: Architecture(partial(_insightface, name), 512, ALIGNED_SIZE, False, "ArcFace, CVPR 2019")
        for name in BLOCKS
    },
}


class BackboneRecognizer(Recognizer):
    """A backbone with its preprocessing: resized to its input, colours in its order, (x − 0.5)/0.5."""

    def __init__(self, architecture: str, card: RecognizerCard) -> None:
        super().__init__()
        self.architecture, self.card = architecture, card
        self.bgr = card.color == "BGR"
        self.backbone = channels_last(ARCHITECTURES[architecture].build(card.input_size))
        self.frozen: list[nn.Module] = []  # parts that stay in evaluation mode, also while the rest is trained

    def train(self, mode: bool = True) -> Self:
        """As torch's; what is frozen stays as it is."""
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

    def _features(self, images: torch.Tensor) -> torch.Tensor:
        size = self.card.input_size
        if images.shape[-1] != size:
            images = F.interpolate(images, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
        x = (images - 0.5) / 0.5  # (n, 3, size, size)
        if self.bgr:
            x = x.flip(1)
        features: torch.Tensor = self.backbone(x.to(memory_format=torch.channels_last))  # (n, dimension)
        return features


def check_backbone(architecture: str, input_size: int | None = None) -> None:
    """UnknownNameError if there is no such backbone, InputError if none is built for this size."""
    if architecture not in ARCHITECTURES:
        raise UnknownNameError(f"There is no backbone named {architecture!r}. Known: {', '.join(ARCHITECTURES)}.")
    if input_size is not None and input_size not in INPUT_SIZES:
        raise InputError(
            f"A backbone's input is a multiple of 16 pixels from 32 to {ALIGNED_SIZE}; {input_size} was asked for."
        )


def build_backbone(architecture: str, *, input_size: int | None = None, **card: Any) -> BackboneRecognizer:
    """A recogniser with untrained weights (torch's global generator), in training mode.

    input_size: pixels, a multiple of 16 in [32, 112]; None for the architecture's own. card: fields of its card.
    """
    check_backbone(architecture, input_size)
    chosen = ARCHITECTURES[architecture]
    size = chosen.input_size if input_size is None else input_size
    color = "BGR" if chosen.bgr else "RGB"
    blank = RecognizerCard(architecture, chosen.dimension, size, "not trained", "MIT", chosen.source, color)
    return BackboneRecognizer(architecture, replace(blank, **card))
