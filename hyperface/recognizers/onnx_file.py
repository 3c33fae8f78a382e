"""ONNX files, read without a package: the graph's steps, its weights, what it takes and what it gives.

An ONNX file is one message of Protocol Buffers: fields, each a number, a kind and a value, which may again be a
message. What a recogniser's graph is made of is read here; the rest of the format is passed over. Field numbers are
those of onnx.proto3, https://github.com/onnx/onnx.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch

from hyperface.errors import CheckpointError

# By ONNX's number: the numbers that weights may be, how they lie in a file, and the field that holds them one by one.
_FLOAT, _DOUBLE, _HALF, _INT32, _INT64, _BOOL = 1, 11, 10, 6, 7, 9
_KINDS = {
    _FLOAT: ("<f4", 4), _DOUBLE: ("<f8", 10), _HALF: ("<f2", 5), _INT32: ("<i4", 5), _INT64: ("<i8", 7),
    _BOOL: ("?", 5), 2: ("u1", 5), 3: ("i1", 5),
}  # fmt: skip
_FIXED = {1: 8, 5: 4}  # bytes of the two kinds of fields whose length is fixed
_DENSEST = 1 << 40  # numbers in one tensor: beyond, its shape is nonsense

Attribute: TypeAlias = "int | float | str | list[int] | list[float] | torch.Tensor"
Value: TypeAlias = "int | memoryview"


@dataclass(frozen=True)
class Node:
    """One step: what it does, to which values, and what the results are called. An input without a name is left out."""

    name: str
    kind: str  # ONNX's name of the operator, such as "Conv"; another vendor's has the vendor in front
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]


@dataclass(frozen=True)
class Entry:
    """What goes into a graph: its name, the size of each axis, None where it is left open, and the kind of numbers."""

    name: str
    shape: tuple[int | None, ...]
    kind: str  # NumPy's: "f4", "f2"; "" where it is another


@dataclass(frozen=True)
class OnnxFile:
    """A graph. constants: weights by name, half precision as float32. opset: the version of ONNX's operators."""

    nodes: tuple[Node, ...]
    constants: dict[str, torch.Tensor]
    inputs: tuple[Entry, ...]  # without the constants, which older files count among them
    outputs: tuple[str, ...]
    opset: int


def read_onnx(path: Path) -> OnnxFile:
    """Read a file; CheckpointError if it is no ONNX model, or one whose weights lie elsewhere or in a rare form."""
    try:
        return _model(memoryview(path.read_bytes()))
    except (OSError, ValueError, IndexError, KeyError, OverflowError) as error:
        raise CheckpointError(f"{path} cannot be read as an ONNX model ({error}).") from error


def _model(content: memoryview) -> OnnxFile:
    model = _fields(content)
    if len(model[7]) != 1:
        raise ValueError("it holds no graph")
    versions = {_text(domain): version for domain, version in map(_version, model[8])}
    graph = _fields(_message(model[7][0]))
    constants = dict(_tensor(_message(part)) for part in graph[5])
    if graph[15]:
        raise ValueError("it has sparse weights")
    inputs = tuple(entry for entry in map(_entry, graph[11]) if entry.name not in constants)
    outputs = tuple(_entry(part).name for part in graph[12])
    opset = versions.get("", versions.get("ai.onnx", 0))
    return OnnxFile(tuple(map(_node, graph[1])), constants, inputs, outputs, opset)


def _version(part: Value) -> tuple[Value, int]:
    """Whose operators, and which version of them."""
    fields = _fields(_message(part))
    return (fields[1] or [memoryview(b"")])[0], _number(fields[2], 0)


def _node(part: Value) -> Node:
    fields = _fields(_message(part))
    vendor = _text((fields[7] or [memoryview(b"")])[0])
    kind = _text(fields[4][0])
    return Node(
        name=_text((fields[3] or [memoryview(b"")])[0]),
        kind=kind if vendor in ("", "ai.onnx") else f"{vendor}.{kind}",
        inputs=tuple(map(_text, fields[1])),
        outputs=tuple(map(_text, fields[2])),
        attributes=dict(map(_attribute, fields[5])),
    )


def _attribute(part: Value) -> tuple[str, Attribute]:
    fields = _fields(_message(part))
    name, value = _text(fields[1][0]), _first_value(fields)
    return name, value


def _first_value(fields: dict[int, list[Value]]) -> Attribute:
    """The value of an attribute; which field it is in says of which kind it is."""
    kind = _number(fields[20], 0)
    if kind == 1 or (not kind and fields[2]):
        return float(np.frombuffer(_message(fields[2][0]), "<f4")[0])
    if kind == 3 or (not kind and fields[4]):
        return _text(fields[4][0]) if fields[4] else ""
    if kind == 4 or (not kind and fields[5]):
        return _tensor(_message(fields[5][0]))[1]
    if kind == 6 or (not kind and fields[7]):
        return [float(value) for value in _numbers(fields[7], "<f4")]
    if kind == 7 or (not kind and fields[8]):
        return [int(value) for value in _numbers(fields[8], "<i8")]
    if kind in (0, 2):
        return _number(fields[3], 0)
    return f"of kind {kind}"  # a graph, say: whoever wants it finds no number


def _tensor(content: memoryview) -> tuple[str, torch.Tensor]:
    fields = _fields(content)
    name = _text((fields[8] or [memoryview(b"")])[0])
    if _number(fields[14], 0) or fields[13]:
        raise ValueError(f"the weights {name!r} lie in another file")
    number = _number(fields[2], 0)
    if number not in _KINDS:
        raise ValueError(f"the weights {name!r} are of ONNX's kind {number}")
    kind, field = _KINDS[number]
    shape = [int(value) for value in _numbers(fields[1], "<i8")]
    if fields[9]:
        flat = np.frombuffer(_message(fields[9][0]), kind)
    elif number == _HALF:
        flat = _numbers(fields[field], "<i8").astype(np.uint16).view(np.float16)
    elif number in (_FLOAT, _DOUBLE):
        flat = _numbers(fields[field], kind)
    else:
        flat = _numbers(fields[field], "<i8").astype(kind)
    if min(shape, default=0) < 0 or max(shape, default=0) > _DENSEST or len(flat) != int(np.prod(shape, dtype=float)):
        raise ValueError(f"the weights {name!r} have the shape {shape} and {len(flat)} numbers")
    array = np.array(flat.reshape(shape))  # of its own memory
    return name, torch.from_numpy(array.astype(np.float32) if number == _HALF else array)


def _entry(part: Value) -> Entry:
    fields = _fields(_message(part))
    tensor = [_fields(_message(kind))[1] for kind in fields[2]]
    kind, shape = "", tuple[int | None, ...]()
    if tensor and tensor[0]:
        about = _fields(_message(tensor[0][0]))
        kind = {_FLOAT: "f4", _HALF: "f2"}.get(_number(about[1], 0), "")
        axes = [_fields(_message(axis)) for axis in (_fields(_message(about[2][0]))[1] if about[2] else [])]
        shape = tuple(_number(axis[1], 0) or None for axis in axes)
    return Entry(_text(fields[1][0]), shape, kind)


def _fields(content: memoryview) -> dict[int, list[Value]]:
    """What a message holds by the number of each field, in the file's order."""
    out: dict[int, list[Value]] = defaultdict(list)
    for number, value in _walk(content):
        out[number].append(value)
    return out


def _walk(content: memoryview) -> Iterator[tuple[int, Value]]:
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(content, at)
            yield key >> 3, value
            continue
        if kind == 2:
            length, at = _varint(content, at)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise ValueError("it is no message of Protocol Buffers")
        if at + length > len(content):
            raise ValueError("it ends in the middle")
        yield key >> 3, content[at : at + length]
        at += length


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value - (1 << 64) if value >= 1 << 63 else value, at  # negative ones are written in 64 bits
    raise ValueError("it is no message of Protocol Buffers")


def _message(value: Value) -> memoryview:
    if isinstance(value, int):
        raise ValueError("it is no ONNX model: a number stands where a message belongs")
    return value


def _text(value: Value) -> str:
    return bytes(_message(value)).decode()


def _number(values: list[Value], otherwise: int) -> int:
    """The last of a field's numbers, which is what counts."""
    if not values:
        return otherwise
    if not isinstance(values[-1], int):
        raise ValueError("it is no ONNX model: a message stands where a number belongs")
    return values[-1]


def _numbers(values: list[Value], kind: str) -> np.ndarray:
    """A field's numbers, one by one or packed into one value."""
    parts = []
    for value in values:
        if isinstance(value, int):
            parts.append(np.array([value], kind))
        elif kind.startswith("<f"):
            parts.append(np.frombuffer(value, kind))
        else:
            parts.append(np.array(list(_packed(value)), kind))
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _packed(content: memoryview) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value
