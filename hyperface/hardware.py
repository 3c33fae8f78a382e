"""What the machine is good at."""

import functools

import torch


@functools.cache
def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether matrices of bfloat16 are multiplied several times faster than those of float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return device.type == "cpu" and any(getattr(torch.cpu, probe, lambda: False)() for probe in probes)
