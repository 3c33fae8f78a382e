"""Trained recognisers as one safetensors file: the weights, and in the metadata what they belong to.

Weights of other projects load as well: safetensors, .pt, .pth and Lightning's .ckpt, whose prefixes are stripped.
No code of a file is ever run.
"""

import json
import pickle
from dataclasses import asdict, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from hyperface.errors import CheckpointError
from hyperface.recognizers.backbones import ARCHITECTURES, BackboneRecognizer, build_backbone
from hyperface.recognizers.base import RecognizerCard

FORMAT = "hyperface-recognizer-1"
# What trainers put before the names of a backbone's parameters: Lightning modules, CVLface, DataParallel, ours.
PREFIXES = ("model.net.", "model.", "net.", "module.", "backbone.")


def save_backbone(recognizer: BackboneRecognizer, path: Path) -> None:
    """Write weights, architecture and card to one file that `recognizers.load(path)` opens."""
    metadata = {
        "format": FORMAT,
        "architecture": recognizer.architecture,
        "card": json.dumps(asdict(recognizer.card)),
    }
    weights = {name: value.contiguous() for name, value in recognizer.backbone.state_dict().items()}
    save_file(weights, path, metadata)


def load_recognizer(path: str | Path) -> BackboneRecognizer:
    """Open a file written by `save_backbone`; CheckpointError if it is not one. Evaluation mode, frozen."""
    path = Path(path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read as a safetensors file ({error}).") from error
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f'{path} does not say which network it belongs to. Name it: recognizers.load("ir_50", checkpoint=…).'
        )
    try:
        content = json.loads(metadata["card"])
        card = RecognizerCard(**{field.name: content[field.name] for field in fields(RecognizerCard)})
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"The description inside {path} is damaged ({error}).") from error
    if metadata["architecture"] not in ARCHITECTURES:
        raise CheckpointError(f"{path} is for the network {metadata['architecture']!r}, which this version lacks.")
    return _with_weights(BackboneRecognizer(metadata["architecture"], card), path)


def load_backbone(architecture: str, checkpoint: str | Path, *, input_size: int | None = None) -> BackboneRecognizer:
    """Load another project's weights into a named architecture. Evaluation mode, frozen.

    CheckpointError names the parameters that are missing, unexpected or of another shape.
    """
    path = Path(checkpoint)
    return _with_weights(build_backbone(architecture, input_size=input_size, name=path.stem), path)


def _with_weights(recognizer: BackboneRecognizer, path: Path) -> BackboneRecognizer:
    weights = _strip_prefix(_read(path), recognizer.backbone.state_dict())
    expected = {name: tuple(value.shape) for name, value in recognizer.backbone.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    problems = [
        ("missing", sorted(expected.keys() - found.keys())),
        ("unexpected", sorted(found.keys() - expected.keys())),
        (
            "of another shape",
            [f"{name} {found[name]} instead of {expected[name]}" for name in sorted(expected.keys() & found.keys())
             if found[name] != expected[name]],
        ),
    ]  # fmt: skip
    if any(names for _, names in problems):
        listed = "; ".join(f"{len(names)} {kind}: {_some(names)}" for kind, names in problems if names)
        raise CheckpointError(f"{path} does not fit the network {recognizer.architecture}: {listed}.")
    recognizer.backbone.load_state_dict(weights)
    return recognizer.eval().requires_grad_(False)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _read(path: Path) -> dict[str, torch.Tensor]:
    """All tensors of a file by name."""
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} cannot be read as weights ({reason}).") from error
    content = content.get("state_dict", content) if isinstance(content, dict) else content
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} holds a {type(content).__name__}, not a dictionary of weights.")
    return {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}


def _strip_prefix(weights: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Names without the prefix under which most expected ones are found; without any if that fits best."""
    best = max(("", *PREFIXES), key=lambda prefix: sum(prefix + name in weights for name in expected))
    if not best:
        return weights
    # What lies outside the prefix (a margin head, an optimiser's buffers) is not part of the backbone.
    return {name.removeprefix(best): value for name, value in weights.items() if name.startswith(best)}
