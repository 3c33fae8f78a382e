"""Low-rank adapters (LoRA) added to a network's weights for good: W += (alpha / rank) · up · down."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import torch
from torch import nn

from hyperface.errors import CheckpointError
from hyperface.tensor_files import read_tensors

# kohya's names (lora_unet_<path with underscores>.lora_down.weight), and diffusers' (unet.<path>.lora_A.weight).
_NAME = re.compile(
    r"(?:lora_unet_(?P<flat>[^.]+)|unet\.(?P<path>.+?))"
    r"\.(?P<part>lora_down\.weight|lora_up\.weight|lora_A\.weight|lora_B\.weight|lora\.down\.weight|lora\.up\.weight|alpha)"
)
_DOWN, _UP = ("lora_down", "lora_A", "lora.down"), ("lora_up", "lora_B", "lora.up")


def merge_adapter(network: nn.Module, path: Path) -> int:
    """Add the adapter in a file to the network's weights; how many of them it changes.

    CheckpointError if it cannot be read, or anything in it has no place in the network.
    """
    modules = {name.replace(".", "_"): module for name, module in network.named_modules()}
    parts: dict[str, dict[str, torch.Tensor]] = defaultdict(dict)
    for name, value in read_tensors(path).items():
        match = _NAME.fullmatch(name)
        place = "" if match is None else (match["flat"] or match["path"].replace(".", "_"))
        if match is None or not isinstance(getattr(modules.get(place), "weight", None), torch.Tensor):
            raise CheckpointError(f"{path} is no adapter for this network: {name} has no place in it.")
        parts[place][_role(match["part"])] = value.float()
    for place, found in parts.items():
        if not {"up", "down"} <= found.keys():
            raise CheckpointError(f"{path} is damaged: the adapter of {place} is not whole.")
        up, down = found["up"].flatten(1), found["down"].flatten(1)
        scale = float(found.get("alpha", torch.tensor(float(len(down))))) / len(down)
        weight = modules[place].weight
        if up.shape[1] != len(down) or len(up) * down.shape[1] != weight.numel() or len(up) != len(weight):
            raise CheckpointError(f"{path} is no adapter for this network: {place} has another size.")
        with torch.no_grad():
            weight += scale * (up @ down).view(weight.shape).to(weight)
    if not parts:
        raise CheckpointError(f"{path} holds no adapter.")
    return len(parts)


def _role(part: str) -> str:
    return "down" if part.startswith(_DOWN) else "up" if part.startswith(_UP) else "alpha"
