"""One packing shared by the processes of `torchrun`.

The first process has the run folder, the terminal and the picture. It tells the others what to pack, and all take the
same steps. When it ends early, asked to stop or by an error, the others end with it.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

import torch
from torch import distributed

from hyperface import packing
from hyperface.commands.pack import PackOptions
from hyperface.packing import PackingStep


@contextmanager
def joined(device: str, patience: datetime.timedelta | None = None) -> Iterator[int]:
    """Join the process group that torchrun prepared, and leave it at the end. Yields this process's rank.

    patience: how long processes wait for each other; torch's own if not given.
    """
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo", timeout=patience)
    try:
        yield distributed.get_rank()
    finally:
        distributed.destroy_process_group()


def packing_steps(
    start: torch.Tensor, gallery: torch.Tensor, options: PackOptions, state: dict[str, torch.Tensor] | None
) -> Iterator[PackingStep]:
    """The steps that the options ask for; the same call in every process."""
    return packing.pack(
        start,
        gallery=gallery,
        alpha=options.alpha,
        span=options.span,
        steps=options.steps,
        objective=options.objective,
        learning_rate=options.learning_rate,
        seed=options.seed,
        device=_own_device(options.device),
        resume=state,
    )


def call_followers(
    start: torch.Tensor, gallery: torch.Tensor, options: PackOptions, state: dict[str, torch.Tensor] | None
) -> None:
    """Tell the other processes, if there are any, what to pack."""
    if distributed.is_initialized():
        distributed.broadcast_object_list([start, gallery, asdict(options), state], src=0)


def follow() -> None:
    """Work for the first process until it ends."""
    # A process that ends closes its connections, and who waits for it gets a RuntimeError: nothing is lost, because
    # the first process alone keeps anything.
    with suppress(RuntimeError):
        told: list = [None] * 4
        distributed.broadcast_object_list(told, src=0)
        start, gallery, options, state = told
        for _ in packing_steps(start, gallery, PackOptions(**options), state):
            pass


def _own_device(device: str) -> str:
    """Each process on a machine takes a GPU of its own."""
    return f"cuda:{os.environ['LOCAL_RANK']}" if device == "cuda" and "LOCAL_RANK" in os.environ else device
