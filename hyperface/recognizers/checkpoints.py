"""Trained recognisers as one safetensors file: the weights, and in the metadata what they belong to.

Weights of other projects load as well: safetensors, .pt, .pth and Lightning's .ckpt, whose prefixes are stripped.
No code of a file is ever run.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from hyperface.errors import CheckpointError
from hyperface.files import write_atomic
from hyperface.recognizers.backbones import ARCHITECTURES, BackboneRecognizer, build_backbone
from hyperface.recognizers.card import RecognizerCard
from hyperface.tensor_files import check_fits, file_digest, read_tensors

FORMAT = "hyperface-recognizer-1"
# What trainers put before the names of a backbone's parameters: Lightning modules, CVLface, DataParallel, ours.
PREFIXES = ("model.net.", "model.", "net.", "module.", "backbone.")


def save_backbone(recognizer: BackboneRecognizer, path: Path, *, half: bool = False) -> None:
    """Write weights, architecture and card to one file that `recognizers.load(path)` opens.

    half: weights in half precision, norms and slopes excepted: half the size, for what every checkout carries.
    The name on the card in the file ends with a digest of the weights: two trainings on datasets of one name are two
    recognisers, whose embeddings must not be mixed.
    """
    weights = {
        name: (value.half() if half and value.ndim > 1 else value).contiguous()
        for name, value in recognizer.backbone.state_dict().items()
    }
    digest = hashlib.sha256(save(weights)).hexdigest()[:8]
    card = replace(recognizer.card, name=f"{recognizer.name.partition('#')[0]}#{digest}")
    metadata = {"format": FORMAT, "architecture": recognizer.architecture, "card": json.dumps(card.to_json())}
    write_atomic(path, save(weights, metadata), error=CheckpointError)


def describes_itself(path: Path) -> bool:
    """Whether a safetensors file was written by `save_backbone`. CheckpointError if it cannot be read."""
    return _metadata(path).get("format") == FORMAT


def _metadata(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read as a safetensors file ({error}).") from error


def card_of(path: Path) -> RecognizerCard:
    """The card inside a file written by `save_backbone`, without its weights; CheckpointError if it is not one."""
    return _description(path)[1]


def _description(path: Path) -> tuple[str, RecognizerCard]:
    """Architecture and card of a file."""
    metadata = _metadata(path)
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f'{path} does not say which network it belongs to. Name it: "ir_50:{path.name}", or '
            'recognizers.load("ir_50", checkpoint=…).'
        )
    try:
        content, architecture = json.loads(metadata["card"]), metadata["architecture"]
        card = RecognizerCard.from_json(content)
    except (ValueError, KeyError, CheckpointError) as error:
        raise CheckpointError(f"The description inside {path} is damaged ({error}).") from error
    if architecture not in ARCHITECTURES:
        raise CheckpointError(f"{path} is for the network {architecture!r}, which this version lacks.")
    if "color" not in content:
        card = replace(card, color="BGR" if ARCHITECTURES[architecture].bgr else "RGB")
    return architecture, card


def load_recognizer(path: str | Path, *, name: str | None = None) -> BackboneRecognizer:
    """Open a file written by `save_backbone`; CheckpointError if it is not one. Evaluation mode, frozen.

    name: replaces the one on its card.
    """
    path = Path(path)
    architecture, card = _description(path)
    if name is not None:
        card = replace(card, name=name)
    return _with_weights(BackboneRecognizer(architecture, card), path)


def load_backbone(
    architecture: str, checkpoint: str | Path, *, input_size: int | None = None, **card: Any
) -> BackboneRecognizer:
    """Load another project's weights into a named architecture. Evaluation mode, frozen.

    Args:
        architecture: a key of `ARCHITECTURES`.
        checkpoint: the file: .safetensors, .pt, .pth, .bin or Lightning's .ckpt.
        input_size: pixels that the network sees; None for the architecture's own.
        card: fields of its card that are known, such as color="RGB" for weights that want red first. The name, if it
            is not given, is the file's and the first digits of its SHA-256, so that two files of one name are told
            apart.

    Returns:
        The recogniser.

    Raises:
        CheckpointError: The file cannot be read, or parameters are missing, unexpected or of another shape; it names
            them.
        UnknownNameError: There is no such architecture.
    """
    path = Path(checkpoint)
    unknown = {
        "training_data": "not recorded",
        "licence": "not recorded: ask where the weights are from",
        "source": f"the file {path.name}",
    }
    recognizer = build_backbone(architecture, input_size=input_size, **{"name": "", **unknown, **card})
    _with_weights(recognizer, path)
    if not recognizer.card.name:
        recognizer.card = replace(recognizer.card, name=f"{path.stem}#{file_digest(path)}")
    return recognizer


def _with_weights(recognizer: BackboneRecognizer, path: Path) -> BackboneRecognizer:
    weights = _strip_prefix(read_tensors(path, ("state_dict",)), recognizer.backbone.state_dict())
    check_fits(path, f"the network {recognizer.architecture}", weights, recognizer.backbone.state_dict())
    recognizer.backbone.load_state_dict(weights)
    return recognizer.eval().requires_grad_(False)


def _strip_prefix(weights: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Names without the prefix under which most expected ones are found; without any if that fits best."""
    best = max(("", *PREFIXES), key=lambda prefix: sum(prefix + name in weights for name in expected))
    if not best:
        return weights
    # What lies outside the prefix (a margin head, an optimiser's buffers) is not part of the backbone.
    return {name.removeprefix(best): value for name, value in weights.items() if name.startswith(best)}
