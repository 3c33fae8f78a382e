"""Recognisers from the Hugging Face Hub: `hf:owner/repo`, `hf:owner/repo/file@revision`."""

from __future__ import annotations

from typing import Any

from hyperface.errors import CheckpointError
from hyperface.hub import SCHEME, download
from hyperface.recognizers.base import Recognizer


def load_from_hub(name: str, *, architecture: str | None = None, **options: Any) -> Recognizer:
    """Download (or take from the cache) and load a model of the hub. Evaluation mode, frozen.

    Its card's name is pinned to the commit, so that loading by it gives the same weights.

    Args:
        name: `hf:owner/repo[/file][@revision]`.
        architecture: the backbone that the weights belong to ("ir_50", …); not needed for models trained with
            HyperFace, .onnx files and the models that are known by name.
        options: fields of the card, or what is declared of an .onnx file.

    Raises:
        UnknownNameError: The hub does not have it.
        CheckpointError: It cannot be downloaded, or is no model that can be loaded.
    """
    from hyperface.recognizers.checkpoints import describes_itself, load_backbone, load_recognizer
    from hyperface.recognizers.onnx import load_onnx

    found = download(name)
    path, released = found.path, found.released
    prefix = "" if architecture is None or found.file is None else f"{architecture}:"
    card: dict[str, Any] = {"name": f"{prefix}{found.name}", "source": found.source, "licence": found.licence}
    if released is not None:
        architecture = architecture or released.architecture
        card["training_data"] = released.training_data
    card.update(options)
    if path.suffix == ".onnx":
        return load_onnx(path, **card)
    if architecture is not None:
        return load_backbone(architecture, path, **card)
    if path.suffix == ".safetensors" and describes_itself(path):
        return load_recognizer(path, name=card["name"])
    raise CheckpointError(
        f"{path.name} of {found.repo} does not say which network it belongs to. Name it in front, such as "
        f"ir_50:{SCHEME}{found.repo}."
    )
