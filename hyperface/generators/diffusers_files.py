"""Networks and schedulers in the layout of the library diffusers: a folder with config.json and one file of weights.

diffusers is an extra, and imported when it is needed. Its own loader is not used: files are read by the restricted
reader of `hyperface.tensor_files`, and what does not fit is refused with the names.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from hyperface.errors import CheckpointError
from hyperface.files import read_object
from hyperface.generators.weights import Place
from hyperface.model import frozen
from hyperface.tensor_files import check_fits, float32, read_tensors

if TYPE_CHECKING:
    from torch import nn

INSTALL = 'pip install "diffusers>=0.42,<0.43"'
# The names that attention had in files from before 2023.
_RENAMED = {".query.": ".to_q.", ".key.": ".to_k.", ".value.": ".to_v.", ".proj_attn.": ".to_out.0."}


def diffusers_class(name: str) -> Any:
    """A class of diffusers by its name; CheckpointError, with the command that installs it, without diffusers."""
    try:
        return getattr(importlib.import_module("diffusers"), name)
    except ImportError as error:
        raise CheckpointError(f"Diffusion models need the package diffusers: {INSTALL}.") from error


def load_network(place: Place, folder: str, expected: str) -> tuple[nn.Module, dict[str, Any]]:
    """A network of a place, float32, frozen, and what its config.json says.

    Args:
        place: where its files are.
        folder: the folder in it, such as "unet".
        expected: the class of diffusers that it must be.

    Raises:
        CheckpointError: diffusers is not installed, a file is missing or damaged, it is another network, or its
            weights do not fit.
    """
    network_class = diffusers_class(expected)
    config_path = place.file(f"{folder}/config.json")
    config = read_object(config_path)
    if config.get("_class_name", expected) != expected:
        raise CheckpointError(f"{config_path} is of a {config['_class_name']}; a {expected} is wanted.")
    stem = f"{folder}/diffusion_pytorch_model"
    path = place.file(f"{stem}.safetensors", f"{stem}.bin", f"{stem}.fp16.safetensors")
    try:
        with torch.device("meta"):
            network: nn.Module = network_class.from_config(config)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{config_path} describes no {expected} ({error}).") from error
    state = _present_names(read_tensors(path), network.state_dict())
    check_fits(path, f"the {expected} that {config_path.name} beside it describes", state, network.state_dict())
    network.load_state_dict(float32(state), assign=True)
    return frozen(network), config


def load_scheduler(name: str, config: Mapping[str, Any]) -> Any:
    """A new scheduler of diffusers: they keep a state, so that each batch needs its own."""
    return diffusers_class(name).from_config(dict(config))


def _present_names(weights: dict[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights by the names that attention has today, and as matrices where a file holds them as 1×1 convolutions."""
    out = {}
    for name, value in weights.items():
        wanted = name
        if name not in expected:
            for old, new in _RENAMED.items():
                wanted = wanted.replace(old, new)
        fits = wanted in expected and value.shape != expected[wanted].shape
        out[wanted] = value[..., 0, 0] if fits and value.shape[2:] == (1, 1) else value
    return out
