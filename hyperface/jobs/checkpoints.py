"""The state of an iterator in one safetensors file, so that a killed run continues."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.errors import CheckpointError
from hyperface.files import write_atomic

if TYPE_CHECKING:
    import torch


def save_checkpoint(path: Path, state: dict[str, torch.Tensor], step: int) -> None:
    """Write the state after a step."""
    from safetensors.torch import save

    write_atomic(path, save({name: tensor.contiguous() for name, tensor in state.items()}, {"step": str(step)}))


def checkpoint_step(path: Path) -> int:
    """The step of a checkpoint, −1 where there is none that can be read. Needs no torch."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return int(file.metadata()["step"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return -1


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor] | None, int]:
    """The state to continue from and its step; (None, −1) where there is none yet. CheckpointError if it is damaged."""
    from safetensors import safe_open

    if not path.is_file():
        return None, -1
    try:
        with safe_open(path, framework="pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
            return state, int(file.metadata()["step"])
    except Exception as error:  # whatever a damaged file makes safetensors and torch say
        raise CheckpointError(f"{path} cannot be read ({error}). Delete it to start this run again.") from error


def save_array(path: Path, tensor: torch.Tensor) -> None:
    """Write a tensor as a .npy file."""
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, tensor.detach().cpu().numpy())
    write_atomic(path, buffer.getvalue())
