"""One step of the closed loop, however it is led."""

from collections import abc
from dataclasses import dataclass

import torch

from hyperface import seeds
from hyperface.errors import CheckpointError

SHARPNESS = 20.0  # β of the repulsion: at most a dozen of the nearest others push


@dataclass(frozen=True)
class Weights:
    """Of what a closed loop minimises, 0 or more each."""

    repulsion: float
    consistency: float
    fidelity: float


@dataclass(frozen=True)
class ClosedLoopStep:
    """The identities after `step` of `total` steps; step 0 is the start.

    requests: float32 (n, d), unit rows, what to ask the generator for. seen: float32 (n, d), unit rows, the embeddings
    of the pictures as last drawn, some steps ago for most identities. nearest_cosine: float64 (n,), of each to the
    nearest other one in `seen`. consistency: mean cosine between two pictures of an identity in this step, None at the
    start. state: tensors to continue from with `close_loop(…, resume=state)`.
    """

    step: int
    total: int
    requests: torch.Tensor
    seen: torch.Tensor
    nearest_cosine: torch.Tensor
    consistency: float | None
    state: dict[str, torch.Tensor]


def repelled(centers: torch.Tensor, moved: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """(b,): soft maximum of the cosines of unit rows (b, d), the identities `moved` (b,), to the others in (n, d)."""
    cosines = (centers @ seen.T).scatter(1, moved[:, None], -torch.inf)  # (b, n)
    return torch.logsumexp(SHARPNESS * cosines, dim=1) / SHARPNESS


def moved_in(step: int, n: int, batch_size: int, seed: int) -> torch.Tensor:
    """Which of n identities step `step`, from 0, moves: int64 (b,). A round moves each of them once."""
    round_, batch = divmod(step, -(-n // batch_size))
    order = torch.randperm(n, generator=seeds.stream(seed, "order", round_))
    return order[batch * batch_size : (batch + 1) * batch_size]


def check_state(state: abc.Mapping[str, torch.Tensor], shapes: abc.Mapping[str, tuple[int, ...]]) -> None:
    """CheckpointError for a state to resume from that does not hold exactly tensors of these names and shapes."""
    if {name: tuple(tensor.shape) for name, tensor in state.items()} != shapes:
        raise CheckpointError("The saved state belongs to other identities. Resume with those, or start again.")
