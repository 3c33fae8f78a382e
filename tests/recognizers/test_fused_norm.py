import pytest
import torch
from torch import nn

from hyperface.recognizers import fused_norm
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.fused_norm import FusedSequential, normalized
from hyperface.recognizers.prelu import PReLU
from hyperface.training.processes import SharedBatchNorm


def _layers(channels: int, dtype: torch.dtype, *, with_prelu: bool) -> tuple[nn.BatchNorm2d, nn.PReLU | None]:
    """The same values whatever the type, some slopes and weights negative."""
    generator = torch.Generator().manual_seed(0)
    norm, prelu = nn.BatchNorm2d(channels), nn.PReLU(channels) if with_prelu else None
    with torch.no_grad():
        for values in (norm.weight, norm.bias, *([prelu.weight] if prelu else [])):
            values.normal_(generator=generator)
    return norm.to(dtype), prelu and prelu.to(dtype)


def _trained(norm: nn.BatchNorm2d, prelu: nn.PReLU | None, x: torch.Tensor, wanted: torch.Tensor) -> list[torch.Tensor]:
    """The map, its gradients, and the statistics, after a batch."""
    x = x.to(norm.weight.dtype).detach().requires_grad_()
    result = normalized(x, norm, prelu)
    result.backward(wanted.to(result.dtype))
    gradients = [x.grad, norm.weight.grad, norm.bias.grad, *([prelu.weight.grad] if prelu else [])]
    return [result.detach(), *gradients, norm.running_mean, norm.running_var, norm.num_batches_tracked]


def _error(found: torch.Tensor, exact: torch.Tensor) -> float:
    return float((found.double() - exact).norm() / exact.double().norm())


@pytest.fixture
def fused(monkeypatch):
    """How often the fused layer was used."""
    used = []
    monkeypatch.setattr(fused_norm, "_trained", lambda *layers, _it=fused_norm._trained: used.append(1) or _it(*layers))
    return used


@pytest.mark.parametrize("with_prelu", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("shape", "center"), [((3, 6, 5, 4), 0), ((2, 64, 33, 17), 0), ((8, 16, 16, 16), 1000)])
def test_it_is_torchs_own_in_double_precision(fused, shape, center, layout, with_prelu, monkeypatch):
    torch.manual_seed(0)
    x = (3 * torch.randn(shape) + center).to(memory_format=layout)
    wanted = torch.randn(shape)
    found = _trained(*_layers(shape[1], torch.float32, with_prelu=with_prelu), x, wanted)
    assert fused == [1]
    monkeypatch.setattr(fused_norm, "_fuses", lambda *_: False)
    theirs, expected = (
        _trained(*_layers(shape[1], dtype, with_prelu=with_prelu), x, wanted)
        for dtype in (torch.float32, torch.float64)
    )
    for ours, torchs, exact in zip(found, theirs, expected, strict=True):
        assert _error(ours, exact) <= 2 * _error(torchs, exact) + 5e-6


def test_a_network_learns_the_same_step(fused, monkeypatch):
    def step() -> list[torch.Tensor]:
        torch.manual_seed(0)
        network = build_backbone("small", input_size=32).train()
        images = torch.rand(8, 3, 112, 112)
        network.features(images).square().sum().backward()
        return [parameter.grad for parameter in network.parameters()] + list(network.buffers())

    ours = step()
    assert len(fused) == 48  # of 50: the last two have no map left
    monkeypatch.setattr(fused_norm, "_fuses", lambda *_: False)
    for found, expected in zip(ours, step(), strict=True):
        assert (found.double() - expected.double()).norm() <= 2e-3 * expected.double().norm() + 1e-3


def test_the_same_batch_gives_the_same_numbers():
    torch.manual_seed(0)
    x, wanted = torch.randn(2, 4, 32, 40, 40).unbind()
    first, second = (_trained(*_layers(32, torch.float32, with_prelu=True), x, wanted) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("shape", [(1, 4, 3, 1), (2, 4, 1, 1), (3, 1, 2, 2)])  # some of fewer pixels than threads
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_any_number_of_threads(threads, shape):
    torch.manual_seed(0)
    x, wanted = torch.randn(2, *shape).unbind()
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = _trained(*_layers(shape[1], torch.float32, with_prelu=True), x, wanted)
    finally:
        torch.set_num_threads(before)
    for ours, exact in zip(found, _trained(*_layers(shape[1], torch.float64, with_prelu=True), x, wanted), strict=True):
        torch.testing.assert_close(ours.double(), exact.double(), rtol=1e-3, atol=1e-4)


def _evaluated(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    return norm.eval()


def _shared(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    norm.__class__ = SharedBatchNorm
    norm.forward = norm.eval().forward  # no other process is here to share with
    return norm


def _cumulative(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    norm.momentum = None
    return norm


@pytest.mark.parametrize("change", [_evaluated, _shared, _cumulative])
def test_what_it_cannot_do_is_left_to_torch(fused, change):
    norm, prelu = _layers(6, torch.float32, with_prelu=True)
    x = torch.randn(4, 6, 3, 3)
    result = normalized(x, change(norm), prelu)
    assert not fused
    assert torch.equal(result, prelu(change(_layers(6, torch.float32, with_prelu=True)[0])(x)))


def test_a_row_of_layers_keeps_torchs_names_and_results(fused):
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), PReLU(6), nn.BatchNorm2d(6), nn.Flatten()]
    ours, theirs = FusedSequential(*layers), nn.Sequential(*layers)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = torch.rand(4, 3, 8, 8)
    torch.testing.assert_close(ours(x), theirs(x))
    assert len(fused) == 2  # with the PReLU, and alone


@pytest.mark.parametrize("shape", [(2, 64, 9, 7), (3, 5, 4, 4)])
def test_in_bfloat16_it_is_as_near_to_the_truth_as_torchs(fused, shape, monkeypatch):
    torch.manual_seed(0)
    x, wanted = torch.randn(2, *shape).bfloat16().unbind()

    def under_autocast() -> list[torch.Tensor]:
        norm, prelu = _layers(shape[1], torch.float32, with_prelu=True)
        own = x.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            result = normalized(own, norm, prelu)
        result.backward(wanted.to(result.dtype))
        assert result.dtype == own.grad.dtype == torch.bfloat16
        gradients = [own.grad, norm.weight.grad, norm.bias.grad, prelu.weight.grad]
        return [result.detach(), *gradients, norm.running_mean, norm.running_var]

    found = under_autocast()
    assert fused == [1]
    monkeypatch.setattr(fused_norm, "_fuses", lambda *_: False)
    expected = _trained(*_layers(shape[1], torch.float64, with_prelu=True), x, wanted)
    for ours, theirs, exact in zip(found, under_autocast(), expected, strict=False):
        assert _error(ours, exact) <= 1.1 * _error(theirs, exact) + 1e-5


def test_bfloat16_is_rounded_to_the_nearest(fused):
    norm = nn.BatchNorm2d(1)
    with torch.no_grad():
        x = (torch.arange(4096.0) / 64).bfloat16().view(1, 1, 64, 64)
    result = normalized(x, norm)
    assert fused == [1]
    exact = (x.double() - x.double().mean()) / (x.double().var(correction=0) + norm.eps).sqrt()
    assert (result.double() - exact).abs().max() <= 2**-8
    assert (result == exact.float().bfloat16()).float().mean() > 0.99  # but where float32 is halfway between two
