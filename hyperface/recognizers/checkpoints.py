"""Trained recognisers as one safetensors file: the weights, and in the metadata what they belong to.

Weights of other projects load as well: safetensors, .pt, .pth and Lightning's .ckpt, in whichever dictionary and behind
whichever prefix they are. No code of a file is ever run.
"""

import hashlib
import json
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from hyperface.errors import CheckpointError
from hyperface.files import parse_json, write_atomic
from hyperface.recognizers import declarations
from hyperface.recognizers.backbones import ARCHITECTURES, INPUT_SIZES, BackboneRecognizer, build_backbone
from hyperface.recognizers.card import RecognizerCard
from hyperface.state_dictionaries import fits, names_of, same_weights, search, with_counters
from hyperface.tensor_files import check_fits, file_digest, read_content

FORMAT = "hyperface-recognizer-1"
CARD_FIELDS = frozenset(field.name for field in fields(RecognizerCard)) - {"dimension", "input_size", "network"}


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
        content, architecture = parse_json(metadata["card"]), metadata["architecture"]
        card = RecognizerCard.from_json(content)
    except (ValueError, KeyError, TypeError, CheckpointError) as error:
        raise CheckpointError(f"The description inside {path} is damaged ({error}).") from error
    if architecture not in ARCHITECTURES:
        raise CheckpointError(f"{path} is for the network {architecture!r}, which this version lacks.")
    if card.input_size not in INPUT_SIZES or card.dimension != ARCHITECTURES[architecture].dimension:
        raise CheckpointError(f"The description inside {path} is damaged: {architecture} has no such size.")
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
        checkpoint: the file: .safetensors, .pt, .pth, .bin or Lightning's .ckpt. The weights may be in a dictionary of
            dictionaries, behind any prefix.
        input_size: pixels that the network sees; None for the architecture's own.
        card: fields of its card that are known, such as color="RGB" for weights that want red first; over what a JSON
            file of the same name beside the weights says. The name, if it is not given, is the file's and the first
            digits of its SHA-256, so that two files of one name are told apart.

    Returns:
        The recogniser.

    Raises:
        CheckpointError: The file cannot be read, or parameters are missing, unexpected or of another shape; it names
            them, and the network that they do fit.
        InputError: Something is declared wrongly.
        UnknownNameError: There is no such architecture.
    """
    path = Path(checkpoint)
    declared = declarations.beside(path) | card
    declarations.check(path, declared, CARD_FIELDS)
    unknown = {
        "training_data": "not recorded",
        "licence": "not recorded: ask where the weights are from",
        "source": f"the file {path.name}",
    }
    recognizer = build_backbone(architecture, input_size=input_size, **{"name": "", **unknown, **declared})
    _with_weights(recognizer, path)
    if not recognizer.card.name:
        recognizer.card = replace(recognizer.card, name=f"{path.stem}#{file_digest(path)}")
    return recognizer


def fitting_networks(path: Path) -> tuple[str, ...]:
    """The known networks that a file's weights fit, at whichever input size; CheckpointError if it cannot be read."""
    return _fitting(read_content(path))


def _fitting(content: dict[Any, Any]) -> tuple[str, ...]:
    return tuple(name for name in ARCHITECTURES if any(_fits_at(name, size, content) for size in _sizes(name)))


def _sizes(architecture: str) -> list[int]:
    """Its own input size, then the others."""
    own = ARCHITECTURES[architecture].input_size
    return [own, *(size for size in INPUT_SIZES if size != own)]


def _fits_at(architecture: str, size: int, content: dict[Any, Any]) -> bool:
    expected = _shapes(architecture, size)
    return any(fits(found, expected) for found in search(content, expected)[:1])


@cache
def _shapes(architecture: str, size: int) -> dict[str, torch.Tensor]:
    """A network's state dictionary without its numbers."""
    with torch.device("meta"):
        return build_backbone(architecture, input_size=size).backbone.state_dict()


def _with_weights(recognizer: BackboneRecognizer, path: Path) -> BackboneRecognizer:
    expected = recognizer.backbone.state_dict()
    weights = _weights_for(recognizer.architecture, read_content(path), expected, path)
    recognizer.backbone.load_state_dict(with_counters(weights, expected))
    return recognizer.eval().requires_grad_(False)


def _weights_for(
    architecture: str, content: dict[Any, Any], expected: dict[str, torch.Tensor], path: Path
) -> dict[str, torch.Tensor]:
    """The one dictionary that fits; CheckpointError if none does, or several that differ."""
    found = search(content, expected)
    if not found:
        raise CheckpointError(f"{path} does not fit the network {architecture}: it holds {names_of(content)}.")
    fitting = [each for each in found if fits(each, expected)]
    if not fitting:
        best = with_counters(found[0].weights, expected)
        others = [name for name in _fitting(content) if name != architecture]
        hint = f" Its weights are those of {' or '.join(others)}: {others[0]}:{path.name}." if others else ""
        if not hint and found[0].right == 0:
            hint = f" The file holds {names_of(content)}. No network that is known here fits."
        try:
            check_fits(path, f"the network {architecture}", best, expected)
        except CheckpointError as error:
            raise CheckpointError(f"{error}{hint}") from None
    first, *others_fitting = fitting
    differing = [each for each in others_fitting if not same_weights(first, each)]
    if differing:
        places = "; ".join(each.where for each in (first, *differing))
        raise CheckpointError(
            f"{path} holds weights of the network {architecture} several times, and they differ: in {places}. Save the "
            "one that you mean alone, in a file of its own."
        )
    return first.weights
