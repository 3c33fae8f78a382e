"""InsightFace's networks: names, shapes and arithmetic of its own checkpoints."""

from collections import Counter

import pytest
import torch
from torch.nn import functional as F

from hyperface import recognizers
from hyperface.errors import CheckpointError
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.insightface_resnet import BLOCKS, InsightFaceResNet

STAGES = ((64, 64), (64, 128), (128, 256), (256, 512))


def published(blocks: tuple[int, ...], *, side: int = 7) -> dict[str, torch.Tensor]:
    """A checkpoint in arcface_torch's format, its shapes written out by hand; random weights."""
    draw = torch.Generator().manual_seed(0)
    weights: dict[str, torch.Tensor] = {}

    def normal(name: str, *shape: int) -> None:
        weights[name] = torch.randn(shape, generator=draw) / max(1, torch.tensor(shape[1:]).prod().sqrt().item())

    def norm(name: str, channels: int) -> None:
        for part in ("weight", "running_var"):
            weights[f"{name}.{part}"] = 0.5 + torch.rand(channels, generator=draw)
        for part in ("bias", "running_mean"):
            weights[f"{name}.{part}"] = 0.1 * torch.randn(channels, generator=draw)
        weights[f"{name}.num_batches_tracked"] = torch.tensor(7)

    normal("conv1.weight", 64, 3, 3, 3)
    norm("bn1", 64)
    weights["prelu.weight"] = torch.rand(64, generator=draw)
    for stage, ((before, channels), count) in enumerate(zip(STAGES, blocks, strict=True), start=1):
        for block in range(count):
            name, inputs = f"layer{stage}.{block}", before if block == 0 else channels
            norm(f"{name}.bn1", inputs)
            normal(f"{name}.conv1.weight", channels, inputs, 3, 3)
            norm(f"{name}.bn2", channels)
            weights[f"{name}.prelu.weight"] = torch.rand(channels, generator=draw)
            normal(f"{name}.conv2.weight", channels, channels, 3, 3)
            norm(f"{name}.bn3", channels)
            if block == 0:
                normal(f"{name}.downsample.0.weight", channels, inputs, 1, 1)
                norm(f"{name}.downsample.1", channels)
    norm("bn2", 512)
    normal("fc.weight", 512, 512 * side * side)
    normal("fc.bias", 512)
    norm("features", 512)
    return weights


def as_written(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The network's arithmetic from the paper's figure, without its class."""

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        mean, variance, scale, shift = (
            weights[f"{name}.{part}"].reshape(1, -1, *[1] * (x.ndim - 2))
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return (x - mean) / torch.sqrt(variance + 1e-5) * scale + shift

    def prelu(name: str, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(min=0) + weights[f"{name}.weight"].reshape(1, -1, 1, 1) * x.clamp(max=0)

    x = prelu("prelu", norm("bn1", F.conv2d(x, weights["conv1.weight"], padding=1)))
    for name in dict.fromkeys(key.rsplit(".", 2)[0] for key in weights if key.endswith(".conv1.weight")):
        first = name.endswith(".0")
        inside = F.conv2d(norm(f"{name}.bn1", x), weights[f"{name}.conv1.weight"], padding=1)
        inside = prelu(f"{name}.prelu", norm(f"{name}.bn2", inside))
        inside = F.conv2d(inside, weights[f"{name}.conv2.weight"], padding=1, stride=2 if first else 1)
        if first:
            x = norm(f"{name}.downsample.1", F.conv2d(x, weights[f"{name}.downsample.0.weight"], stride=2))
        x = x + norm(f"{name}.bn3", inside)
    x = norm("bn2", x).flatten(1) @ weights["fc.weight"].T + weights["fc.bias"]
    return norm("features", x)


@pytest.mark.parametrize("name", BLOCKS)
def test_names_and_shapes_are_insightfaces(name):
    with torch.device("meta"):
        network = build_backbone(name).backbone
    ours = network.state_dict()
    theirs = {key: value.shape for key, value in published((1, 1, 1, 1)).items()}
    assert {key: ours[key].shape for key in theirs} == theirs
    blocks = Counter(key.split(".")[0] for key in ours if key.endswith(".conv2.weight"))
    assert tuple(blocks.values()) == {"iresnet50": (3, 4, 14, 3), "iresnet100": (3, 13, 30, 3)}[name]
    millions = sum(value.numel() for value in network.parameters()) / 1e6
    assert millions == pytest.approx({"iresnet50": 43.6, "iresnet100": 65.2}[name], abs=0.06)


def test_the_arithmetic_is_the_papers():
    weights = published((2, 1, 1, 1), side=2)
    network = InsightFaceResNet((2, 1, 1, 1), input_size=32).eval()
    network.load_state_dict(weights)
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found, expected = network(x), as_written(weights, x)
    torch.testing.assert_close(found, expected, atol=1e-5 * float(expected.abs().max()), rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_checkpoint_loads_by_name_and_sees_red_first(tmp_path, prefix):
    weights = published(BLOCKS["iresnet50"], side=2)
    path = tmp_path / "backbone.pth"
    torch.save({f"{prefix}{key}": value for key, value in weights.items()}, path)
    recognizer = recognizers.load(f"iresnet50:{path}", input_size=32)
    card = recognizer.card
    assert (card.color, card.dimension, card.input_size) == ("RGB", 512, 32)
    assert card.name.startswith("backbone#")
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        expected = as_written(weights, (images * 255 - 127.5) / 127.5)
        found = recognizer._features(images)
    torch.testing.assert_close(found, expected, atol=1e-4 * float(expected.abs().max()), rtol=0)
    del weights["layer3.2.bn2.weight"]
    torch.save(weights, path)
    with pytest.raises(CheckpointError, match=r"1 missing: layer3\.2\.bn2\.weight"):
        recognizers.load("iresnet50", checkpoint=path, input_size=32)
