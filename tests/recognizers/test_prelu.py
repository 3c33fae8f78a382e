import pytest
import torch
from torch import nn

from hyperface.recognizers import prelu
from hyperface.recognizers.prelu import PReLU


def _trained(layer: nn.PReLU, x: torch.Tensor, wanted: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Result, gradient by the input, gradient by the slopes."""
    x = x.clone().requires_grad_()
    layer.weight.grad = None
    result = layer(x) if x.dtype == layer.weight.dtype else _autocast(layer, x)
    result.backward(wanted.to(result.dtype))
    return result.detach(), x.grad, layer.weight.grad


def _autocast(layer: nn.PReLU, x: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return layer(x)


@pytest.fixture
def layers():
    """Torch's and ours with the same slopes, some of them negative."""
    torch.manual_seed(0)
    own, theirs = PReLU(6), nn.PReLU(6)
    with torch.no_grad():
        own.weight.normal_()
    theirs.load_state_dict(own.state_dict())
    return own, theirs


@pytest.mark.parametrize("cached", [1, 64, 1 << 19])  # blocks that end anywhere
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradients_are_torchs(layers, layout, cached, monkeypatch):
    monkeypatch.setattr(prelu, "CACHED", cached)
    x, wanted = torch.randn(2, 3, 6, 5, 4).unbind()
    x[0, 0, 0, 0] = 0  # the kink
    found, expected = (_trained(layer, x.to(memory_format=layout), wanted) for layer in layers)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_the_gradients_are_torchs_in_bfloat16(layers):
    x, wanted = torch.randn(2, 8, 6, 9, 9).bfloat16().unbind()
    found = _trained(layers[0], x, wanted)
    assert found[0].dtype == found[1].dtype == torch.bfloat16
    expected = _trained(layers[1], x.float(), wanted.float())
    for ours, exact in zip(found, expected, strict=True):
        assert (ours.float() - exact).norm() < 0.01 * exact.norm()


def test_finite_differences():
    torch.manual_seed(1)
    layer = PReLU(3).double()
    x = torch.randn(2, 3, 2, 2, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x, slopes: torch.func.functional_call(layer, {"weight": slopes}, x), (x, layer.weight)
    )


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_other_shapes_and_no_gradients(layers, shape):
    x = torch.randn(shape)
    assert torch.equal(layers[0](x), layers[1](x))
    with torch.no_grad():
        picture = torch.randn(2, 6, 3, 3)
        assert torch.equal(layers[0](picture), layers[1](picture))


@pytest.mark.parametrize("channels", [3, 64, 100])
def test_the_gpus_kernels_are_torchs(channels):
    pytest.importorskip("triton", reason="Triton comes with torch for CUDA, and for Linux alone")
    torch.manual_seed(0)
    x = torch.randn(3, channels, 7, 9).to(memory_format=torch.channels_last).requires_grad_()
    slopes, wanted = torch.randn(channels, requires_grad=True), torch.randn(3, channels, 7, 9)
    expected = nn.functional.prelu(x, slopes)
    found = prelu._PReLUOnGPU.apply(x, slopes)
    assert torch.equal(found, expected)
    ours, theirs = (torch.autograd.grad(result, (x, slopes), wanted) for result in (found, expected))
    assert torch.equal(ours[0], theirs[0])
    torch.testing.assert_close(ours[1], theirs[1], rtol=1e-5, atol=1e-5)
    assert ours[0].is_contiguous(memory_format=torch.channels_last)
