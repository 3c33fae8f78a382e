"""One packing shared by the processes of `torchrun`.

The first process has the run folder, the terminal and the picture. It tells the others what to pack, and all take the
same steps.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch

from hyperface import packing
from hyperface.jobs.pack import PackOptions
from hyperface.packing import PackingStep
from hyperface.ranks import Ranks, own_device


def packing_steps(
    start: torch.Tensor, gallery: torch.Tensor, options: PackOptions, state: dict[str, torch.Tensor] | None
) -> Generator[PackingStep, None, Any]:
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
        device=own_device(options.device),
        resume=state,
    )


def follow(
    start: torch.Tensor, gallery: torch.Tensor, options: PackOptions, state: dict[str, torch.Tensor] | None
) -> None:
    """Pack with the first process."""
    Ranks.current().take_along(packing_steps(start, gallery, options, state))
