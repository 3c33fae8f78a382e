"""PReLU that is trained in a quarter of the time of torch's own, which writes a gradient of the slopes for every pixel
before it adds them up."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.hardware import has_triton

CACHED = 1 << 19  # numbers worked on at a time: what a step reads and writes stays in the cache


class _PReLU(torch.autograd.Function):
    """x (n, c, h, w), channels last, and slopes (c,) → x above zero, slope · x below."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor, slopes: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(x, slopes)
        return F.prelu(x, slopes.to(x.dtype))

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, slopes = context.saved_tensors
        channels = x.shape[1]
        rows_x, rows_g = (
            tensor.contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).reshape(-1, channels)
            for tensor in (x, gradient)
        )  # (n·h·w, c)
        result = torch.empty_like(rows_g)
        slopes_gradient = torch.zeros(channels, dtype=torch.float32)
        for first in range(0, len(rows_x), step := max(1, CACHED // channels)):
            part = slice(first, first + step)
            above = torch.ops.aten.threshold_backward(rows_g[part], rows_x[part], 0)  # the gradient where x > 0
            below = rows_g[part] - above
            torch.addcmul(above, below, slopes.to(below.dtype), out=result[part])
            slopes_gradient += below.mul_(rows_x[part]).sum(dim=0, dtype=torch.float32)  # (c,)
        n, _, height, width = x.shape
        return result.view(n, height, width, channels).permute(0, 3, 1, 2), slopes_gradient.to(slopes.dtype)


class _PReLUOnGPU(torch.autograd.Function):
    """The same by Triton's kernels."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor, slopes: torch.Tensor) -> torch.Tensor:
        from hyperface.recognizers import prelu_kernel

        x = x.contiguous(memory_format=torch.channels_last)
        context.save_for_backward(x, slopes)
        return prelu_kernel.forward(x, slopes)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        from hyperface.recognizers import prelu_kernel

        x, slopes = context.saved_tensors
        return prelu_kernel.backward(x, slopes, gradient.contiguous(memory_format=torch.channels_last))


_prelu: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = _PReLU.apply
_prelu_on_gpu: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = _PReLUOnGPU.apply


class PReLU(nn.PReLU):
    """torch.nn.PReLU, parameters and results alike, with a faster backward pass."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.ndim == 4 and torch.is_grad_enabled() and self.num_parameters == x.shape[1]:
            if x.device.type == "cpu":
                return _prelu(x, self.weight)
            if x.device.type == "cuda" and has_triton():
                return _prelu_on_gpu(x, self.weight)
        return super().forward(x)
