"""A recogniser's ONNX graph as a torch module: the same numbers as onnxruntime's, and a gradient.

It is interpreted, step by step. Weights are buffers: they move with the module, and are not trained.
"""

from __future__ import annotations

from collections import Counter

import torch
from torch import nn

from hyperface.recognizers.onnx_file import Node, OnnxFile
from hyperface.recognizers.onnx_operators import OPERATORS, UntranslatedError

OLDEST = 7  # version of ONNX's operators: before, they broadcast and normalised otherwise


class OnnxGraph(nn.Module):
    """One batch of pictures in, as the file wants them; the graph's first output."""

    def __init__(self, file: OnnxFile) -> None:
        """UntranslatedError if it does what torch is not told here to do."""
        super().__init__()
        if file.opset < OLDEST:
            raise UntranslatedError(f"version {file.opset} of ONNX's operators")
        if len(file.inputs) != 1 or not file.outputs:
            raise UntranslatedError(f"{len(file.inputs)} inputs")
        if unknown := sorted({node.kind for node in file.nodes} - {*OPERATORS, "Constant"}):
            raise UntranslatedError(", ".join(unknown))
        self._input, self._output = file.inputs[0].name, file.outputs[0]
        self._nodes = [node for node in file.nodes if node.kind != "Constant"]
        self._places: dict[str, str] = {}  # names of weights, and of the buffers that they are
        self._whole: dict[str, torch.Tensor] = {}  # shapes and indices, which stay on the CPU
        for name, value in _constants(file).items():
            self._keep(name, value)
        self._uses = Counter(name for node in self._nodes for name in node.inputs)
        self._uses[self._output] += 1
        self._check_names()

    def _keep(self, name: str, value: torch.Tensor) -> None:
        if not value.is_floating_point():
            self._whole[name] = value
            return
        if value.ndim == 4:
            value = value.contiguous(memory_format=torch.channels_last)
        self._places[name] = f"weight_{len(self._places)}"
        self.register_buffer(self._places[name], value)

    def _check_names(self) -> None:
        """Every step needs what is there before it, and gives one result that is wanted."""
        known = {self._input, *self._places, *self._whole, ""}
        for node in self._nodes:
            if missing := set(node.inputs) - known:
                raise UntranslatedError(f"{node.kind} of {', '.join(sorted(missing))}, which is nowhere")
            if any(self._uses[name] for name in node.outputs[1:]):
                raise UntranslatedError(f"{node.kind} with several results")
            known.update(node.outputs[:1])
        if self._output not in known:
            raise UntranslatedError("no output")

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        values = {self._input: pixels, **self._whole}
        values |= {name: self.get_buffer(place) for name, place in self._places.items()}
        left = self._uses.copy()
        for node in self._nodes:
            inputs = [values[name] if name else None for name in node.inputs]
            values[node.outputs[0]] = OPERATORS[node.kind](node.attributes, *inputs)
            del inputs
            left.subtract(node.inputs)
            for name in set(node.inputs):
                if name and not left[name]:
                    del values[name]  # what nobody needs any more
        return values[self._output]


def _constants(file: OnnxFile) -> dict[str, torch.Tensor]:
    """Weights by name, and what nodes give that are nothing but a constant."""
    found = dict(file.constants)
    for node in file.nodes:
        if node.kind == "Constant":
            found[node.outputs[0]] = _constant(node)
    return found


def _constant(node: Node) -> torch.Tensor:
    for name, value in node.attributes.items():
        if isinstance(value, torch.Tensor):
            return value
        if name in ("value_float", "value_floats", "value_int", "value_ints"):
            return torch.tensor(value)
    raise UntranslatedError("a Constant that is no number")
