"""ONNX's operators in torch, as far as face recognisers are made of them. Each differentiable with respect to pictures.

https://onnx.ai/onnx/operators, from version 7 on, in inference.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch.nn import functional as F

Attributes: TypeAlias = dict[str, Any]
Operator: TypeAlias = Callable[..., torch.Tensor]  # (attributes, input, …) → the first output

OPERATORS: dict[str, Operator] = {}
_TYPES = {1: torch.float32, 10: torch.float32, 11: torch.float64, 6: torch.int32, 7: torch.int64, 9: torch.bool}


class UntranslatedError(Exception):
    """What a graph does has no translation into torch here. Says what."""


def _operator(*names: str) -> Callable[[Operator], Operator]:
    def register(function: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return register


def _simple(function: Callable[..., torch.Tensor]) -> Operator:
    return lambda attributes, *inputs: function(*inputs)


OPERATORS |= {
    "Add": _simple(torch.add), "Sub": _simple(torch.sub), "Mul": _simple(torch.mul), "Pow": _simple(torch.pow),
    "Relu": _simple(torch.relu), "Sigmoid": _simple(torch.sigmoid), "Sqrt": _simple(torch.sqrt),
    "MatMul": _simple(torch.matmul),
    "Max": _simple(lambda *parts: functools.reduce(torch.maximum, parts)),
    "Min": _simple(lambda *parts: functools.reduce(torch.minimum, parts)),
    "Identity": lambda attributes, x: x,
    "LeakyRelu": lambda attributes, x: F.leaky_relu(x, attributes.get("alpha", 0.01)),
    "Transpose": lambda attributes, x: x.permute(attributes.get("perm", list(range(x.ndim))[::-1])),
    "Shape": lambda attributes, x: torch.tensor(x.shape),
    "Concat": lambda attributes, *parts: torch.cat(parts, attributes["axis"]),
    "Expand": lambda attributes, x, shape: x.expand(torch.broadcast_shapes(x.shape, shape.tolist())),
    "GlobalAveragePool": lambda attributes, x: x.mean(dim=tuple(range(2, x.ndim)), keepdim=True),
}  # fmt: skip


@_operator("Div")
def _div(attributes: Attributes, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


@_operator("Dropout")
def _dropout(
    attributes: Attributes, x: torch.Tensor, ratio: torch.Tensor | None = None, training: torch.Tensor | None = None
) -> torch.Tensor:
    if training is not None and bool(training):
        raise UntranslatedError("Dropout that drops")
    return x


@_operator("Cast")
def _cast(attributes: Attributes, x: torch.Tensor) -> torch.Tensor:
    if attributes["to"] not in _TYPES:
        raise UntranslatedError(f"Cast to ONNX's kind {attributes['to']}")
    return x.to(_TYPES[attributes["to"]])


@_operator("PRelu")
def _prelu(attributes: Attributes, x: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    return torch.where(x >= 0, x, slope * x)


@_operator("Clip")
def _clip(
    attributes: Attributes, x: torch.Tensor, low: torch.Tensor | None = None, high: torch.Tensor | None = None
) -> torch.Tensor:
    floor, ceiling = (
        attributes.get(name) if end is None else float(end) for name, end in (("min", low), ("max", high))
    )
    return x if floor is None and ceiling is None else x.clamp(floor, ceiling)


@_operator("BatchNormalization")
def _batch_norm(
    attributes: Attributes, x: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor, mean: torch.Tensor,
    variance: torch.Tensor,
) -> torch.Tensor:  # fmt: skip
    if attributes.get("training_mode", 0) or not attributes.get("spatial", 1):
        raise UntranslatedError("BatchNormalization in training")
    return F.batch_norm(x, mean, variance, scale, bias, False, 0.0, attributes.get("epsilon", 1e-5))


@_operator("Conv")
def _conv(
    attributes: Attributes, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    if x.ndim != 4:
        raise UntranslatedError(f"Conv of {x.ndim - 2} axes")
    stride, dilation = (attributes.get(name, [1, 1]) for name in ("strides", "dilations"))
    x, padding = _padded(attributes, x, list(weight.shape[2:]), 0.0)
    return F.conv2d(x, weight, bias, stride, padding, dilation, attributes.get("group", 1))


@_operator("MaxPool")
def _max_pool(attributes: Attributes, x: torch.Tensor) -> torch.Tensor:
    window = _window(attributes, x)
    x, padding = _padded(attributes, x, window, float("-inf"))
    return F.max_pool2d(
        x,
        window,
        attributes.get("strides", [1, 1]),
        padding,
        attributes.get("dilations", [1, 1]),
        bool(attributes.get("ceil_mode", 0)),
    )


@_operator("AveragePool")
def _average_pool(attributes: Attributes, x: torch.Tensor) -> torch.Tensor:
    counts_padding = bool(attributes.get("count_include_pad", 0))
    pads = attributes.get("pads", [0] * 4)
    uneven = pads[:2] != pads[2:] or attributes.get("auto_pad", "NOTSET").startswith("SAME")
    if attributes.get("ceil_mode", 0) or (uneven and not counts_padding):
        raise UntranslatedError("AveragePool over the edge")
    window = _window(attributes, x)
    x, padding = _padded(attributes, x, window, 0.0)
    return F.avg_pool2d(x, window, attributes.get("strides", [1, 1]), padding, count_include_pad=counts_padding)


def _window(attributes: Attributes, x: torch.Tensor) -> list[int]:
    if x.ndim != 4:
        raise UntranslatedError(f"a pool of {x.ndim - 2} axes")
    window: list[int] = attributes["kernel_shape"]
    return window


def _padded(attributes: Attributes, x: torch.Tensor, window: list[int], value: float) -> tuple[torch.Tensor, list[int]]:
    """x, padded here where its sides differ, and the padding (2,) that is left to who convolves it."""
    top, left, bottom, right = attributes.get("pads", [0] * 4)
    rule = attributes.get("auto_pad", "NOTSET")
    if rule in ("SAME_UPPER", "SAME_LOWER"):  # one place of the window for every `stride` pixels
        (top, bottom), (left, right) = (
            _shared(max((math.ceil(size / stride) - 1) * stride + (side - 1) * apart + 1 - size, 0), rule)
            for size, side, stride, apart in zip(
                x.shape[2:],
                window,
                attributes.get("strides", [1, 1]),
                attributes.get("dilations", [1, 1]),
                strict=True,
            )
        )
    if (top, left) == (bottom, right):
        return x, [top, left]
    return F.pad(x, (left, right, top, bottom), value=value), [0, 0]


def _shared(padding: int, rule: str) -> tuple[int, int]:
    """Padding before and after; the larger half comes after, or before."""
    smaller = padding // 2
    return (smaller, padding - smaller) if rule == "SAME_UPPER" else (padding - smaller, smaller)


@_operator("Gemm")
def _gemm(attributes: Attributes, a: torch.Tensor, b: torch.Tensor, c: torch.Tensor | None = None) -> torch.Tensor:
    a, b = (x.T if attributes.get(name, 0) else x for name, x in (("transA", a), ("transB", b)))
    alpha, beta = (attributes.get(name, 1.0) for name in ("alpha", "beta"))
    if c is not None and c.ndim == 1 and alpha == beta == 1:
        return F.linear(a, b.T, c)
    product: torch.Tensor = alpha * (a @ b)
    return product if c is None else product + beta * c


@_operator("Flatten")
def _flatten(attributes: Attributes, x: torch.Tensor) -> torch.Tensor:
    axis = attributes.get("axis", 1)
    return x.reshape(math.prod(x.shape[:axis]), -1)


@_operator("Reshape")
def _reshape(attributes: Attributes, x: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
    sizes = shape.tolist()
    if not attributes.get("allowzero", 0):
        sizes = [x.shape[axis] if size == 0 else size for axis, size in enumerate(sizes)]
    return x.reshape(sizes)


@_operator("Gather")
def _gather(attributes: Attributes, x: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    axis = attributes.get("axis", 0) % x.ndim
    wanted = (indices % x.shape[axis]).to(x.device)
    shape = (*x.shape[:axis], *wanted.shape, *x.shape[axis + 1 :])
    return x.index_select(axis, wanted.flatten()).reshape(shape)


@_operator("Unsqueeze")
def _unsqueeze(attributes: Attributes, x: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
    wanted = _axes(attributes, axes) or []
    for axis in sorted(axis % (x.ndim + len(wanted)) for axis in wanted):
        x = x.unsqueeze(axis)
    return x


@_operator("Squeeze")
def _squeeze(attributes: Attributes, x: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
    wanted = _axes(attributes, axes)
    return x.squeeze() if wanted is None else x.squeeze(tuple(wanted))


@_operator("ReduceMean")
def _reduce_mean(attributes: Attributes, x: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
    return x.mean(dim=_axes(attributes, axes), keepdim=bool(attributes.get("keepdims", 1)))


@_operator("ReduceSum")
def _reduce_sum(attributes: Attributes, x: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
    return x.sum(dim=_axes(attributes, axes), keepdim=bool(attributes.get("keepdims", 1)))


@_operator("ReduceL2")
def _reduce_l2(attributes: Attributes, x: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
    length: torch.Tensor = torch.linalg.vector_norm(
        x, dim=_axes(attributes, axes), keepdim=bool(attributes.get("keepdims", 1))
    )
    return length


def _axes(attributes: Attributes, axes: torch.Tensor | None) -> list[int] | None:
    """Axes, which older versions give as an attribute and newer ones as an input; None for all."""
    if axes is not None:
        numbers: list[int] = axes.tolist()
        return numbers
    if attributes.get("noop_with_empty_axes", 0):
        raise UntranslatedError("a sum over no axes")
    return attributes.get("axes")
