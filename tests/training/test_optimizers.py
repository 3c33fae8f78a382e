"""What a step makes of the gradients, against torch's own optimisers and what the mathematics promises."""

import pytest
import torch
from torch import nn

from hyperface.errors import UnknownNameError
from hyperface.training.optimizers import (
    MOMENTUM,
    OPTIMIZERS,
    WEIGHT_DECAY,
    Muon,
    orthogonalized,
    usual_optimizer,
)


class Network(nn.Module):
    """One parameter of each kind: a kernel, a depthwise one, a matrix, a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Conv2d(4, 24, 3, bias=False)
        self.depthwise = nn.Conv2d(24, 24, 3, groups=24, bias=False)
        self.matrix = nn.Linear(24, 8, bias=False)
        self.vector = nn.Parameter(torch.full((8,), 0.25))


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.centers = nn.Parameter(torch.randn(8, 5))


@pytest.fixture
def parts():
    torch.manual_seed(0)
    return Network(), Head()


def give_gradients(*modules: nn.Module, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    for module in modules:
        for parameter in module.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=draw)


@pytest.mark.parametrize("shape", [(8, 8), (5, 40), (40, 5), (64, 27)])
def test_all_singular_values_come_close_to_one_along_the_same_directions(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    assert values.max() / values.min() > 1.3
    core = left.T @ orthogonalized(matrix) @ right.T
    assert core.diagonal().min() > 0.6
    assert core.diagonal().max() < 1.3
    assert (core - torch.diag(core.diagonal())).abs().max() < 1e-4
    torch.testing.assert_close(orthogonalized(1000 * matrix), orthogonalized(matrix), rtol=1e-4, atol=1e-4)


def test_nothing_moves_without_a_gradient():
    assert torch.equal(orthogonalized(torch.zeros(3, 4)), torch.zeros(3, 4))


def test_a_matrix_moves_as_by_torchs_own_which_computes_in_bfloat16():
    torch.manual_seed(0)
    weight = torch.randn(12, 30)
    ours, theirs = nn.Parameter(weight.clone()), nn.Parameter(weight.clone())
    group = {"params": [ours], "weight_decay": 0.0, "orthogonal": True}
    mine = Muon([group], 0.1, MOMENTUM, nesterov=True)
    reference = torch.optim.Muon([theirs], lr=0.1, weight_decay=0.0, momentum=MOMENTUM)
    for seed in range(3):
        gradient = torch.randn(12, 30, generator=torch.Generator().manual_seed(seed))
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        mine.step()
        reference.step()
    moved = (theirs - weight).norm()
    assert moved > 0.5
    assert (ours - theirs).norm() < 0.03 * moved


def test_kernels_are_matrices_and_all_else_moves_by_sgd(parts):
    network, head = parts
    twin_network, twin_head = Network(), Head()
    twin_network.load_state_dict(network.state_dict())
    twin_head.load_state_dict(head.state_dict())
    optimizer = OPTIMIZERS.load("muon", backbone=network, head=head, learning_rate=0.1)
    others = [twin_network.depthwise.weight, twin_head.centers]
    plain = torch.optim.SGD(
        [{"params": others, "weight_decay": WEIGHT_DECAY}, {"params": [twin_network.vector], "weight_decay": 0.0}],
        0.1, MOMENTUM, nesterov=True,
    )  # fmt: skip
    before = network.kernel.weight.detach().clone()
    for seed in range(3):
        give_gradients(network, head, seed=seed)
        give_gradients(twin_network, twin_head, seed=seed)
        gradient = network.kernel.weight.grad.clone()
        optimizer.step()
        plain.step()
        if seed == 0:  # Nesterov's first step goes along the gradient
            expected = before - 0.1 * orthogonalized(gradient.flatten(1)).reshape(before.shape)  # no taller than wide
            torch.testing.assert_close(network.kernel.weight.detach(), expected)
    for name in ("depthwise.weight", "vector"):
        assert torch.equal(network.get_parameter(name), twin_network.get_parameter(name)), name
    assert torch.equal(head.centers, twin_head.centers)
    assert not torch.equal(network.matrix.weight, twin_network.matrix.weight)


def test_what_is_frozen_stays(parts):
    network, head = parts
    network.kernel.requires_grad_(False)
    optimizer = OPTIMIZERS.load("muon", backbone=network, head=head, learning_rate=0.1)
    held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    assert id(network.kernel.weight) not in held
    assert len(held) == 4


def test_each_backbone_has_its_own():
    assert [usual_optimizer(name) for name in ("small", "ir_50")] == ["muon", "sgd"]
    with pytest.raises(UnknownNameError, match="optimizer named 'adam'"):
        OPTIMIZERS.load("adam")
