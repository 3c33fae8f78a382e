"""The arithmetic of a training step, against the same written out by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from hyperface.ranks import ALONE
from hyperface.recognizers.backbones import build_backbone
from hyperface.training.batches import Batches
from hyperface.training.heads import HEADS
from hyperface.training.loop import Loop

DECAY, MOMENTUM, LARGEST = 5e-4, 0.9, 5.0  # what `train` promises, written down once more


def make_loop(colored, *, learning_rate: float, epochs: int = 4, head: str = "cosface", scale: float = 64.0) -> Loop:
    torch.manual_seed(3)
    return Loop(
        build_backbone("small", input_size=32),
        HEADS.load(head, dimension=256, classes=colored.identities, scale=scale),
        Batches(colored, batch_size=10, part=slice(0, 10), seed=0),
        torch.device("cpu"),
        ALONE,
        epochs=epochs,
        learning_rate=learning_rate,
        schedule="step",
        optimizer="sgd",
        precision="float32",
    )


def parameters(loop: Loop) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in loop.objective.named_parameters()}


def gradients(loop: Loop, step: int) -> dict[str, torch.Tensor]:
    """Of the loss of a step's batch where the loop is now. Batch norms' running statistics move on, as in a step."""
    images, labels = loop.batches.make(step)
    names, values = zip(*loop.objective.named_parameters(), strict=True)
    loss = F.cross_entropy(loop.head(loop.recognizer.features(images), labels), labels)
    return dict(zip(names, torch.autograd.grad(loss, values), strict=True))


def length(tensors) -> float:
    return math.sqrt(sum(float(tensor.double().square().sum()) for tensor in tensors))


@pytest.mark.slow
def test_without_a_gradient_weights_decay_and_norms_biases_and_slopes_stay(colored, monkeypatch):
    loop = make_loop(colored, learning_rate=0.5)
    for module in loop.recognizer.modules():  # so that decaying them would be seen
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.constant_(module.bias, 0.25)
    before = parameters(loop)
    monkeypatch.setattr("torch.nn.functional.cross_entropy", lambda logits, labels: 0 * logits.sum())
    steps = loop.steps(resumed=False)
    next(steps)
    next(steps)
    rate = 0.5 / round(0.1 * loop.total)  # the first step of the warm-up
    kept = 1 - rate * DECAY * (1 + MOMENTUM)  # Nesterov's first step is 1 + μ long
    after = parameters(loop)
    assert {value.ndim for value in before.values()} == {1, 2, 4}
    for name, value in before.items():
        if value.ndim == 1:
            assert torch.equal(after[name], value), name
        else:
            torch.testing.assert_close(after[name], kept * value, rtol=1e-6, atol=1e-9, msg=name)
            assert not torch.equal(after[name], value)


@pytest.mark.parametrize(("scale", "clipped"), [(64.0, True), (0.01, False)])
def test_a_step_is_nesterovs_along_the_clipped_gradient(colored, scale, clipped):
    """Two steps of SGD with Nesterov's momentum, from gradients that are taken apart from the loop."""
    loop, twin = (make_loop(colored, learning_rate=1e-3, scale=scale) for _ in range(2))
    velocity = {name: torch.zeros_like(value) for name, value in parameters(loop).items()}
    steps = loop.steps(resumed=False)
    next(steps)
    for step in range(2):
        before = parameters(loop)
        found = gradients(twin, step)
        assert (length(found.values()) > 1.2 * LARGEST) == clipped
        shrink = min(1.0, LARGEST / length(found.values()))
        shown = next(steps)
        rate = 1e-3 * min(1.0, (step + 1) / round(0.1 * loop.total))
        for name, value in before.items():
            pull = shrink * found[name] + (DECAY * value if value.ndim > 1 else 0.0)
            velocity[name] = MOMENTUM * velocity[name] + pull
            expected = value - rate * (pull + MOMENTUM * velocity[name])
            torch.testing.assert_close(parameters(loop)[name], expected, rtol=1e-5, atol=1e-7, msg=name)
        assert shown.step == step + 1
        twin.objective.load_state_dict(loop.objective.state_dict())


@pytest.mark.slow
def test_what_is_shown_is_what_happened(colored):
    loop, twin = (make_loop(colored, learning_rate=0.02, epochs=6, head="adaface") for _ in range(2))
    steps = loop.steps(resumed=False)
    first = next(steps)
    assert (first.step, first.total, first.epoch, first.loss, first.accuracy) == (0, 24, 0, None, 0.0)
    losses, shares = [], []
    for number in range(24):
        twin.objective.load_state_dict(loop.objective.state_dict())
        images, labels = twin.batches.make(number)
        with torch.no_grad():
            features = twin.recognizer.features(images)
            losses.append(float(F.cross_entropy(twin.head(features, labels), labels)))
        plain = F.normalize(features) @ F.normalize(twin.head.centers, dim=0)
        shares.append(float((plain.argmax(dim=1) == labels).float().mean()))
        shown = next(steps)
        assert (shown.step, shown.epoch) == (number + 1, 1 + number // 4)
        assert shown.loss == pytest.approx(np.mean(losses[-20:]), rel=1e-4)
        assert shown.accuracy == pytest.approx(np.mean(shares[-20:]))
    assert list(steps) == []


def test_a_captured_state_stays_as_it_was(colored):
    loop = make_loop(colored, learning_rate=0.02, head="adaface")
    steps = loop.steps(resumed=False)
    next(steps)
    state = next(steps).state
    kept = {name: value.clone() for name, value in state.items()}
    next(steps)
    for name, value in kept.items():
        assert torch.equal(state[name], value) or value.isnan().all(), name
    # Files of before the code's spelling was made one hold this name.
    assert {name for name in state if name.startswith("head.")} == {"head.centres", "head.mean", "head.deviation"}
    other = make_loop(colored, learning_rate=0.02, head="adaface")
    other.restore(state)
    assert torch.equal(other.head.centers, state["head.centres"])
    assert next(other.steps(resumed=True)).validation is None  # nothing is held out


@pytest.mark.slow
def test_centers_that_a_step_did_not_compare_with_stay_and_the_others_move_as_sgd_has_it(colored, monkeypatch):
    monkeypatch.setattr("hyperface.training.heads.MOST_CENTERS", 8)
    loop = make_loop(colored, learning_rate=0.1)
    momentum = torch.zeros_like(loop.head.centers)
    steps = loop.steps(resumed=False)
    next(steps)
    for _ in range(3):
        before = loop.head.centers.detach().clone()
        next(steps)
        chosen = loop.head.chosen
        assert len(chosen) >= 8
        gradient = loop.head.centers.grad + DECAY * before  # it is what the step left, clipped
        momentum[:, chosen] = MOMENTUM * momentum[:, chosen] + gradient[:, chosen]
        expected = before.clone()
        rate = loop.optimizer.param_groups[0]["lr"]
        expected[:, chosen] -= rate * (gradient[:, chosen] + MOMENTUM * momentum[:, chosen])
        torch.testing.assert_close(loop.head.centers.detach(), expected)
        torch.testing.assert_close(loop.optimizer.state[loop.head.centers]["momentum_buffer"], momentum)
        rest = sorted(set(range(colored.identities)) - set(chosen.tolist()))
        if rest:
            assert torch.equal(loop.head.centers[:, rest], before[:, rest])
    steps.close()
