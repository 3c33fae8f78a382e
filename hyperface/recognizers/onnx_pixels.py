"""How an ONNX recogniser wants its pixels: what its graph does to them itself, and what is declared of it.

Everything is told as (x − mean) / std with x from 0 to 255, before the graph sees it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hyperface.errors import InputError
from hyperface.recognizers.onnx_file import Node, OnnxFile

USUAL = 127.5  # InsightFace's mean and std, where the graph prepares nothing and nothing is declared
_AT_THE_BEGINNING = 8  # steps of a graph among which InsightFace looks for its own preparation of pixels
_LARGEST_PREPARED = 20.0  # what networks are fed is within this of 0; pixels from 0 to 255 are not
_LARGEST_GIVEN = 300.0  # what may be given to a network that was declared to want it: pixels as they are, and no more
_PASSED_ON = ("Identity", "Cast", "Transpose", "Dropout")
_AFFINE = ("Sub", "Add", "Mul", "Div")


@dataclass(frozen=True)
class Pixels:
    """mean, std: float32 (3,), in the network's own order of colours. told: where they are from, for the card."""

    mean: np.ndarray
    std: np.ndarray
    told: str


def pixels_of(path: Path, file: OnnxFile | None, declared: dict[str, Any]) -> Pixels:
    """What is declared, or else what follows from the graph. InputError for a declaration that cannot be.

    file: None where the graph could not be read here.
    """
    mean, std, told = _found(file)
    if declared.get("mean") is not None or declared.get("std") is not None:
        told = "pixels as declared"
    found = Pixels(three(path, "mean", declared.get("mean"), mean), three(path, "std", declared.get("std"), std), told)
    if told == "pixels as declared":
        _check_scale(path, found)
    return found


def prepares_pixels(file: OnnxFile) -> bool:
    """Whether the names of a graph's steps say that it takes pixels from 0 to 255, as exports from MXNet do.

    InsightFace's own rule (python-package/insightface/model_zoo/arcface_onnx.py): the names of two of the first eight
    steps begin with Sub or _minus, and with Mul or _mul.
    """
    names = [node.name for node in file.nodes[:_AT_THE_BEGINNING]]
    return all(any(name.startswith(begins) for name in names) for begins in (("Sub", "_minus"), ("Mul", "_mul")))


def three(path: Path, what: str, value: object, usual: float = USUAL) -> np.ndarray:
    """One number for all colours, or three: float32 (3,). None for the usual one."""
    try:
        numbers = np.broadcast_to(np.asarray(usual if value is None else value, np.float32), (3,)).copy()
    except (TypeError, ValueError) as error:
        raise InputError(f"The {what} of {path.name} is one number or three; it was {value!r}.") from error
    if not np.isfinite(numbers).all() or (what == "std" and not (numbers > 0).all()):
        raise InputError(f"The {what} of {path.name} cannot be {value!r}.")
    return numbers


def _found(file: OnnxFile | None) -> tuple[float, float, str]:
    """mean and std to give it, and why."""
    if file is None:
        return USUAL, USUAL, "pixels from −1 to 1"
    factor, shift = _beginning(file)  # what the graph makes of a pixel: factor · x + shift
    if (factor, shift) != (1.0, 0.0) and factor > 0:
        middle = -shift / factor
        if 0 <= middle <= 255 and max(abs(shift), abs(255 * factor + shift)) <= _LARGEST_PREPARED:
            return 0.0, 1.0, "pixels from 0 to 255, which the graph prepares itself"
        if 0 < middle <= 1:
            return 0.0, 255.0, "pixels from 0 to 1, which the graph prepares itself"
    if prepares_pixels(file):
        return 0.0, 1.0, "pixels from 0 to 255, as its steps' names say that it prepares them itself"
    return USUAL, USUAL, "pixels from −1 to 1"


def _beginning(file: OnnxFile) -> tuple[float, float]:
    """Factor and shift of the graph's first steps, as far as they are arithmetic with constants: means over colours."""
    value = file.inputs[0].name if file.inputs else ""
    factor, shift = 1.0, 0.0
    for node in file.nodes:
        if value not in node.inputs:
            continue
        if node.kind in _AFFINE:
            number = _constant_beside(file, node, value)
            if number is None or (node.kind in ("Sub", "Div") and node.inputs[0] != value) or number == 0:
                break
            factor, shift = _after(node.kind, number, factor, shift)
        elif node.kind not in _PASSED_ON:
            break
        value = node.outputs[0]
    return factor, shift


def _after(kind: str, number: float, factor: float, shift: float) -> tuple[float, float]:
    if kind in ("Sub", "Add"):
        return factor, shift + (number if kind == "Add" else -number)
    scale = number if kind == "Mul" else 1 / number
    return factor * scale, shift * scale


def _constant_beside(file: OnnxFile, node: Node, value: str) -> float | None:
    """The mean of the constant that a step combines a value with; None if it is no constant."""
    other = next((name for name in node.inputs if name != value), "")
    tensor = file.constants.get(other)
    if tensor is None:
        made = next((each for each in file.nodes if each.kind == "Constant" and each.outputs[:1] == (other,)), None)
        if made is None:
            return None
        held = next(iter(made.attributes.values()), None)
        tensor = held if isinstance(held, torch.Tensor) else None
        if isinstance(held, int | float):
            return float(held)
    return None if tensor is None or not tensor.numel() else float(tensor.double().mean())


def _check_scale(path: Path, pixels: Pixels) -> None:
    """InputError for a mean and std that belong to pixels from 0 to 1."""
    largest = float(np.abs(np.stack([-pixels.mean, 255 - pixels.mean]) / pixels.std).max())
    small = bool(((pixels.mean > 0) & (pixels.mean <= 1)).all())
    if not small and largest <= _LARGEST_GIVEN:
        return
    mean, std = (_shown(255 * values) for values in (pixels.mean, pixels.std))
    raise InputError(
        f"mean {_shown(pixels.mean)} and std {_shown(pixels.std)} of {path.name} would give it numbers up to "
        f"{largest:,.0f}: they are for pixels from 0 to 1, and here pixels count from 0 to 255. Declare mean {mean} "
        f"and std {std} for the same."
    )


def _shown(values: np.ndarray) -> str:
    numbers = [f"{value:.6g}" for value in values.tolist()]
    return numbers[0] if len(set(numbers)) == 1 else f"[{', '.join(numbers)}]"
