"""The processes that share one training, under `accelerate launch` or `torchrun`, through Hugging Face Accelerate.

Every process takes its part of each batch; batch normalisation, AdaFace's norms and the gradients see all of it, so
that the number of processes changes the speed and not the result. A process alone needs none of this.
"""

import atexit
import gc
import importlib
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn

from hyperface.errors import InputError, TrainingError

PATIENCE = timedelta(days=1)  # that processes wait for each other: the first may have a dataset to draw


def are_many() -> bool:
    """Whether this process was launched as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


def _leave() -> None:
    """End the process group and its threads: one that still frees a tensor when the interpreter is gone aborts."""
    if distributed.is_initialized():
        distributed.destroy_process_group()
        gc.collect()  # the threads end with the last that holds the group, such as a wrapped model


@dataclass(frozen=True)
class Processes:
    """rank of world processes, on this process's own device; 0 of 1 is a process alone."""

    device: torch.device
    rank: int = 0
    world: int = 1
    _accelerator: Any = field(default=None, repr=False)

    @classmethod
    def join(cls, device: str | torch.device) -> "Processes":
        """Join those that were launched, each on a device of its own; a process alone stays so, on `device`.

        TrainingError if Accelerate is not installed.
        """
        if not are_many():
            return cls(torch.device(device))
        try:
            accelerate = importlib.import_module("accelerate")
        except ImportError as error:
            raise TrainingError("Training in several processes needs Accelerate: pip install accelerate.") from error
        # Its functions have as a default argument the group there is when it is imported, and keep that group and its
        # threads alive. DistributedDataParallel imports it; here there is no group yet.
        importlib.import_module("torch.distributed.nn.functional")
        accelerator = accelerate.Accelerator(
            cpu=torch.device(device).type == "cpu",
            kwargs_handlers=[accelerate.InitProcessGroupKwargs(timeout=PATIENCE)],
        )
        atexit.unregister(_leave)
        atexit.register(_leave)
        return cls(accelerator.device, accelerator.process_index, accelerator.num_processes, accelerator)

    def part(self, batch_size: int) -> slice:
        """This process's part of a batch. InputError if the batch cannot be divided equally."""
        if batch_size % self.world:
            raise InputError(
                f"A batch of {batch_size} images cannot be divided among {self.world} processes. Choose a multiple."
            )
        size = batch_size // self.world
        return slice(self.rank * size, (self.rank + 1) * size)

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model, on this process's device already, as one whose gradients are the mean over all processes'."""
        if self.world == 1:
            return model
        return self._accelerator.prepare_model(_share_batch_norms(model, self.device))

    def gather(self, rows: torch.Tensor) -> torch.Tensor:
        """Every process's rows (n, …) in order (world · n, …), without their gradients."""
        return rows if self.world == 1 else self._accelerator.gather(rows.detach())

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """A tensor's mean over the processes."""
        return value if self.world == 1 else self._accelerator.reduce(value, reduction="mean")


class _Mean(torch.autograd.Function):
    """The mean of a tensor over all processes; so is its gradient's."""

    @staticmethod
    def forward(context: Any, value: torch.Tensor) -> torch.Tensor:
        value = value.clone()
        distributed.all_reduce(value)
        return value / distributed.get_world_size()

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        return _Mean.apply(gradient)


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalisation over all processes' parts of the batch, which are equally large.

    torch.nn.SyncBatchNorm, which needs a GPU, for CPUs.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return nn.functional.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps
            )
        axes = [axis for axis in range(x.ndim) if axis != 1]
        shape = [1, -1] + [1] * (x.ndim - 2)
        exact = x.to(torch.promote_types(x.dtype, torch.float32))  # of bfloat16 images too, as batch_norm's own are
        mean = _Mean.apply(exact.mean(axes))  # (channels,)
        centred = exact - mean.view(shape)
        variance = _Mean.apply(centred.square().mean(axes))  # (channels,)
        with torch.no_grad():
            count = x.numel() / x.shape[1] * distributed.get_world_size()
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / max(count - 1, 1)), self.momentum)
            self.num_batches_tracked += 1
        normalised = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            normalised = normalised * self.weight.view(shape) + self.bias.view(shape)
        return normalised.to(x.dtype)


def _share_batch_norms(model: nn.Module, device: torch.device) -> nn.Module:
    """The model with batch norms that see all processes, in place; parameters and their names stay."""
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.__class__ = SharedBatchNorm  # the state is the same, only what is computed with it changes
    return model
