"""Weights in eight bits: half the size of half precision, for a file that every checkout carries."""

import torch

SMALL = 2**16  # numbers of a tensor that is not worth it
SCALE = ".scale"  # after the name of a tensor: what to multiply each of its rows with


def quantized(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Each large tensor (n, …) as int8 with a scale for every row, float32 (n,); small ones stay as they are.

    A number is off by at most 1/254 of the largest of its row.
    """
    stored = {}
    for name, value in state.items():
        if value.numel() < SMALL:
            stored[name] = value.contiguous()
            continue
        rows = value.float().flatten(1)  # (n, m)
        scale = rows.abs().amax(dim=1).clamp_min(1e-30) / 127  # (n,)
        stored[name] = (rows / scale[:, None]).round().to(torch.int8).view(value.shape)
        stored[name + SCALE] = scale
    return stored


def restored(stored: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The float32 state of what `quantized` made."""
    state = {}
    for name, value in stored.items():
        if name + SCALE in stored:
            scale = stored[name + SCALE]
            state[name] = (value.float().flatten(1) * scale[:, None]).view(value.shape)
        elif not name.endswith(SCALE):
            state[name] = value.float()
    return state
