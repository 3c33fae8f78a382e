"""What the machine is good at."""

from __future__ import annotations

import functools
import importlib.util
import os
from typing import TYPE_CHECKING

from hyperface.errors import DeviceError, InputError

if TYPE_CHECKING:
    import torch

LENT = "SPACES_ZERO_GPU"  # set on Spaces whose GPU is lent for one call at a time (`jobs.placement`)
PRECISIONS = ("float32", "bfloat16", "fastest")  # how torch may compute; the last means what is fast on the device


@functools.cache
def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether matrices of bfloat16 are multiplied several times faster than those of float32."""
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return device.type == "cpu" and any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)


@functools.cache
def has_triton() -> bool:
    """Whether kernels of our own can be compiled for a GPU: torch brings Triton along where it has CUDA."""
    return importlib.util.find_spec("triton") is not None


def only_lent() -> bool:
    """Whether this process has no GPU of its own, whatever torch says, but may be lent one for a single call."""
    return os.environ.get(LENT, "").lower() in ("1", "t", "true")


def gpu_missing() -> str:
    """Why torch cannot compute on a GPU here, as a sentence; "" where it can."""
    if only_lent():  # torch is told there that it has one
        return "This Space's GPU is lent for one piece of work at a time."
    import torch

    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return "This torch is built for CPUs alone: install one that is built for CUDA."
    return "torch finds no GPU of NVIDIA's on this machine, or no driver of it."


def usual_device() -> str:
    """Where large work is done if nobody says: "cuda" where there is a GPU, else "cpu"."""
    return "cpu" if gpu_missing() else "cuda"


def device_title(device: str) -> str:
    """What a device is, for people: a GPU's name and memory, a CPU's cores."""
    import torch

    if torch.device(device).type != "cuda":
        return f"this computer's CPU, {os.cpu_count() or 1} cores"
    found = torch.cuda.get_device_properties(device)
    return f"{found.name}, {found.total_memory / 1e9:.0f} GB"


def usable_device(device: str | torch.device) -> torch.device:
    """The device, once torch has shown that it can compute there. DeviceError if it cannot."""
    import torch

    try:
        target = torch.device(device)
        torch.empty(1, device=target)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise DeviceError(f"The device {str(device)!r} cannot be used here ({reason}). Use 'cpu'.") from error
    return target


def computes_in_bfloat16(precision: str, device: torch.device) -> bool:
    """What a precision means on a device; "fastest" is bfloat16 where that is fast. InputError for another word."""
    if precision not in PRECISIONS:
        raise InputError(f"The precision is one of {', '.join(PRECISIONS)}; it was {precision!r}.")
    return precision == "bfloat16" or (precision == "fastest" and has_fast_bfloat16(device))
