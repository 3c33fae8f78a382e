"""Optimisers: what a step makes of the gradients."""

import math
from typing import Any

import torch
from torch import nn

from hyperface.registry import Registry

OPTIMIZERS: Registry[torch.optim.Optimizer] = Registry("optimizer")
OF_THEIR_OWN = {"small": "muon"}  # backbones that learn more with another one (docs/explanation/training.md)
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of Muon's quintic; steep at zero, it ends between 0.7 and 1.2, not at 1
ROUNDS = 5


def usual_optimizer(backbone: str) -> str:
    """The name of what a backbone is trained with from scratch."""
    return OF_THEIR_OWN.get(backbone, "sgd")


@OPTIMIZERS.register("sgd")
def _sgd(*, backbone: nn.Module, head: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    """Stochastic gradient descent with Nesterov's momentum."""
    return torch.optim.SGD(_groups([], _trained(backbone, head)), learning_rate, MOMENTUM, nesterov=True)


@OPTIMIZERS.register("muon")
def _muon(*, backbone: nn.Module, head: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    # A kernel of one channel is no matrix, and the head's centres, which are read as directions, are not mixed.
    matrices = [each for each in _trained(backbone) if _is_matrix(each)]
    others = [each for each in _trained(backbone) if not _is_matrix(each)] + _trained(head)
    return Muon(_groups(matrices, others), learning_rate, MOMENTUM, nesterov=True)


class Muon(torch.optim.SGD):
    """SGD with Nesterov's momentum, whose matrices move by the orthogonal matrix nearest to their momentum.

    Every direction of a matrix learns as fast, however long the gradient is in it (Jordan et al., "Muon", 2024,
    https://kellerjordan.github.io/posts/muon/). Groups with `orthogonal` hold matrices, or kernels (out, in, h, w),
    taken as matrices (out, in · h · w); they do not decay. torch.optim.Muon knows neither kernels nor float32.
    """

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move all parameters. The gradients of matrices are used up by it."""
        for group in self.param_groups:
            if group["orthogonal"]:
                self._move(group["params"], group["lr"], group["momentum"])
        return super().step(closure)  # passes by what has no gradient

    def _move(self, parameters: list[torch.Tensor], learning_rate: float, momentum: float) -> None:
        alike: dict[torch.Size, list[tuple[torch.Tensor, torch.Tensor]]] = {}  # shape of a matrix → them, where to
        for parameter in parameters:
            gradient, parameter.grad = parameter.grad, None
            if gradient is not None:
                state = self.state[parameter]
                if "momentum_buffer" not in state:
                    state["momentum_buffer"] = torch.zeros_like(parameter)
                velocity = state["momentum_buffer"]
                velocity.mul_(momentum).add_(gradient)
                along = gradient.add(velocity, alpha=momentum).flatten(1)
                alike.setdefault(along.shape, []).append((parameter, along))
        for (rows, columns), members in alike.items():
            length = learning_rate * math.sqrt(max(1.0, rows / columns))
            moves = orthogonalized(torch.stack([along for _, along in members]))  # a network's blocks are alike
            for (parameter, _), move in zip(members, moves, strict=True):
                parameter.add_(move.reshape(parameter.shape), alpha=-length)


def orthogonalized(matrices: torch.Tensor) -> torch.Tensor:
    """U f(S) Vᵀ of matrices U S Vᵀ (…, m, n) with f(S) near 1: five rounds of Muon's Newton-Schulz iteration."""
    if matrices.shape[-2] > matrices.shape[-1]:
        return orthogonalized(matrices.mT).mT  # the smaller of the two Gram matrices
    a, b, c = COEFFICIENTS
    wide: torch.Tensor = matrices / matrices.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(ROUNDS):
        gram = wide @ wide.mT
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide


def _trained(*modules: nn.Module) -> list[nn.Parameter]:
    return [each for module in modules for each in module.parameters() if each.requires_grad]


def _is_matrix(parameter: nn.Parameter) -> bool:
    return parameter.ndim > 1 and parameter.shape[1] > 1


def _groups(orthogonal: list[nn.Parameter], others: list[nn.Parameter]) -> list[dict[str, Any]]:
    """Vectors (norms, biases, PReLU slopes) are not decayed."""
    first = [{"params": orthogonal, "weight_decay": 0.0, "orthogonal": True}] if orthogonal else []
    return [
        *first,
        {"params": [p for p in others if p.ndim > 1], "weight_decay": WEIGHT_DECAY, "orthogonal": False},
        {"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0, "orthogonal": False},
    ]
