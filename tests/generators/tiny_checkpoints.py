"""Tiny random checkpoints in the layouts of public projects, filled by a rule that a reference run elsewhere shares."""

import zlib

import numpy as np
import torch


def filled(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Weights that follow from a parameter's name: normal, divided by the root of the number of inputs; those of
    normalisations near 1, biases near 0."""
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape).astype(np.float32)
    if len(shape) > 1:
        return torch.from_numpy(values / np.float32(np.prod(shape[1:])) ** 0.5)
    return torch.from_numpy(np.asarray(values * np.float32(0.1) + name.endswith("weight"), np.float32))


def fill(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """All floating-point tensors of a state, filled; others as they are."""
    return {
        name: filled(name, tuple(value.shape)) if value.is_floating_point() else value for name, value in state.items()
    }
