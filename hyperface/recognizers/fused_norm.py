"""Batch norm and PReLU in one, while a CPU trains: two passes forward and two backward, and nothing kept between them.

torch's own take seven, at a fraction of the speed of memory: two fifths of a small network's training. In float32, and
in bfloat16 under autocast, where weights and sums stay float32.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from hyperface.recognizers.prelu import PReLU

Rows = torch.Tensor  # (n·h·w, c): a map whose channels are last, pixel by pixel


class FusedSequential(nn.Sequential):
    """torch.nn.Sequential, parameters and results alike, in which each batch norm takes the PReLU after it along."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        layers = list(self)
        while layers:
            layer = layers.pop(0)
            if isinstance(layer, nn.BatchNorm2d):
                following = layers[0] if layers else None
                prelu = following if isinstance(following, PReLU) else None
                x = normalized(x, layer, prelu)
                del layers[: prelu is not None]
            else:
                x = layer(x)
        return x


def normalized(x: torch.Tensor, norm: nn.BatchNorm2d, prelu: nn.PReLU | None = None) -> torch.Tensor:
    """prelu(norm(x)) of a map (n, c, h, w); without a PReLU, norm(x)."""
    if _fuses(x, norm, prelu):
        return _trained(x, norm, prelu)
    result: torch.Tensor = norm(x)
    return result if prelu is None else prelu(result)


def _fuses(x: torch.Tensor, norm: nn.BatchNorm2d, prelu: nn.PReLU | None) -> bool:
    return (
        type(norm) is nn.BatchNorm2d  # and not one that several processes share
        and norm.training
        and norm.affine
        and norm.track_running_stats
        and norm.momentum is not None
        and torch.is_grad_enabled()
        and x.device.type == "cpu"
        and norm.weight.dtype == torch.float32
        and x.dtype in (torch.float32, torch.bfloat16)
        and x.numel() > x.shape[1]  # torch's own says what is wrong with a single pixel
        and x.shape[1] == norm.num_features
        and (prelu is None or prelu.num_parameters == x.shape[1])
    )


def _trained(x: torch.Tensor, norm: nn.BatchNorm2d, prelu: nn.PReLU | None) -> torch.Tensor:
    slopes = torch.ones_like(norm.bias) if prelu is None else prelu.weight
    result, mean, variance = _NormPReLU.apply(x, norm.weight, norm.bias, slopes, norm.eps)  # type: ignore[no-untyped-call]
    count = x.numel() // x.shape[1]
    with torch.no_grad():
        norm.num_batches_tracked.add_(1)  # type: ignore[union-attr]  # torch lets it be None
        norm.running_mean.lerp_(mean, norm.momentum)  # type: ignore[union-attr,arg-type]  # as above
        norm.running_var.lerp_(variance * (count / (count - 1)), norm.momentum)  # type: ignore[union-attr,arg-type]
    fused: torch.Tensor = result
    return fused


class _NormPReLU(torch.autograd.Function):
    """x (n, c, h, w), weights, biases and slopes (c,) → the map, and mean and variance (c,) of the batch."""

    @staticmethod
    def forward(
        context: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, slopes: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        from hyperface.recognizers import fused_norm_loops as loops

        x = x.contiguous(memory_format=torch.channels_last)
        rows = _rows(x)
        near = rows[0].float().clone()  # of each channel, about which squares are summed: nothing cancels out
        sums = _summed(loops.add_up, 2, rows, near)
        shift = sums[0] / len(rows)
        mean = (near.double() + shift).float()
        variance = (sums[1] / len(rows) - shift**2).clamp_(min=0)
        inverse = 1 / (variance + eps).sqrt()
        scale = (weight.double() * inverse).float()
        result = torch.empty_like(x)
        _in_parts(loops.apply, rows, mean, scale, bias, slopes, _rows(result))
        context.save_for_backward(x, mean, scale, bias, slopes, inverse)
        spread = variance.float()
        context.mark_non_differentiable(mean, spread)
        return result, mean, spread

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(context: Any, gradient: torch.Tensor, *_: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        from hyperface.recognizers import fused_norm_loops as loops

        x, mean, scale, bias, slopes, inverse = context.saved_tensors
        rows, wanted = _rows(x), _rows(gradient.to(x.dtype).contiguous(memory_format=torch.channels_last))
        known = (rows, wanted, mean, scale, bias, slopes)
        by_bias, products, by_slope = _summed(loops.add_up_gradients, 3, *known)
        # Ioffe & Szegedy, 2015: what the batch's own mean and variance take away from the gradient.
        steady = (scale.double() * by_bias / len(rows)).float()
        leaning = (scale.double() * inverse**2 * products / len(rows)).float()
        result = torch.empty_like(x)
        _in_parts(loops.pull_back, *known, steady, leaning, _rows(result))
        return result, (products * inverse).float(), by_bias.float(), by_slope.float(), None


def _rows(x: torch.Tensor) -> Rows:
    """A map (n, c, h, w) with channels last → its pixels (n·h·w, c), the same memory."""
    return x.detach().permute(0, 2, 3, 1).view(-1, x.shape[1])  # never a copy: loops write into it


def _in_parts(loop: Callable[..., None], rows: Rows, *arguments: torch.Tensor) -> None:
    """Call loop(part, …) for each thread's part of the rows, which is all that it reads and writes."""
    threads = min(torch.get_num_threads(), len(rows))
    ends = [len(rows) * part // threads for part in range(threads + 1)]
    arrays = [_array(tensor.detach()) for tensor in (rows, *arguments)]
    calls = [(part, first, last, *arrays) for part, (first, last) in enumerate(pairwise(ends))]
    others = [_threads(threads - 1).submit(loop, *call) for call in calls[1:]]
    loop(*calls[0])
    for other in others:
        other.result()


def _array(tensor: torch.Tensor) -> np.ndarray:
    """The same memory for NumPy, which knows no bfloat16: its bits."""
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _summed(loop: Callable[..., None], kinds: int, rows: Rows, *arguments: torch.Tensor) -> torch.Tensor:
    """Sums (kinds, c) over all rows, float64: those of the parts, added up in order."""
    sums = torch.zeros(torch.get_num_threads(), kinds, rows.shape[1], dtype=torch.float64)
    _in_parts(loop, rows, *arguments, sums)
    return sums.sum(dim=0)


@cache
def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "norms")
