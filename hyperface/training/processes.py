"""A model that several processes train together, through Hugging Face Accelerate.

Every process takes its part of each batch; batch normalisation, AdaFace's norms and the gradients see all of it, so
that the number of processes changes the speed and not the result. A process alone needs none of this.
"""

import importlib
from typing import Any

import torch
from torch import distributed, nn

from hyperface.errors import InputError, TrainingError
from hyperface.ranks import Ranks, launched


def join(device: str | torch.device) -> Ranks:
    """Join the processes that were launched; a process alone stays so. TrainingError if Accelerate is not installed."""
    if launched() > 1:
        _accelerate()
    return Ranks.join(device)


def part_of(batch_size: int, ranks: Ranks) -> slice:
    """This process's part of a batch. InputError if the batch cannot be divided equally."""
    if batch_size % ranks.world:
        raise InputError(
            f"A batch of {batch_size} images cannot be divided among {ranks.world} processes. Choose a multiple."
        )
    return ranks.rows(batch_size)


def wrap(model: nn.Module, device: torch.device, ranks: Ranks) -> nn.Module:
    """The model, on this process's device already, as one whose gradients are the mean over all processes'."""
    if ranks.world == 1:
        return model
    accelerator = _accelerate().Accelerator(cpu=device.type == "cpu")  # takes up the process group there is
    wrapped: nn.Module = accelerator.prepare_model(_share_batch_norms(model, device))
    return wrapped


def _accelerate() -> Any:
    try:
        return importlib.import_module("accelerate")
    except ImportError as error:
        raise TrainingError("Training in several processes needs Accelerate: pip install accelerate.") from error


class _Mean(torch.autograd.Function):
    """The mean of a tensor over all processes; so is its gradient's."""

    @staticmethod
    def forward(context: Any, value: torch.Tensor) -> torch.Tensor:
        value = value.clone()
        distributed.all_reduce(value)
        return value / distributed.get_world_size()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return _mean(gradient)


def _mean(value: torch.Tensor) -> torch.Tensor:
    averaged: torch.Tensor = _Mean.apply(value)  # type: ignore[no-untyped-call]  # torch gives it no types
    return averaged


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation over all processes' parts of the batch, which are equally large.

    torch.nn.SyncBatchNorm, which needs a GPU, for CPUs.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        # It is made with statistics and a fixed momentum, as every batch norm here.
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        axes = [axis for axis in range(x.ndim) if axis != 1]
        shape = [1, -1] + [1] * (x.ndim - 2)
        exact = x.to(torch.promote_types(x.dtype, torch.float32))  # of bfloat16 images too, as batch_norm's own are
        mean = _mean(exact.mean(axes))  # (channels,)
        centered = exact - mean.view(shape)
        variance = _mean(centered.square().mean(axes))  # (channels,)
        with torch.no_grad():
            count = x.numel() / x.shape[1] * distributed.get_world_size()
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / max(count - 1, 1)), self.momentum)
            self.num_batches_tracked += 1
        normalized = centered * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            normalized = normalized * self.weight.view(shape) + self.bias.view(shape)
        return normalized.to(x.dtype)


def _share_batch_norms(model: nn.Module, device: torch.device) -> nn.Module:
    """The model with batch norms that see all processes, in place; parameters and their names stay."""
    if device.type == "cuda":
        converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)
        return converted
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.__class__ = SharedBatchNorm  # the state is the same, only what is computed with it changes
    return model
