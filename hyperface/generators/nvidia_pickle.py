"""NVIDIA's StyleGAN files (.pkl), read without running anything that is in them.

Such a file is a pickle of whole networks, with their source text, which NVIDIA's own reader executes. Here a pickle's
names mean nothing but what stands in `_ALLOWED`: everything else becomes an inert node that remembers its state.
Tensors inside carry a second pickle, which torch's restricted loader reads.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from hyperface.errors import CheckpointError

_TOO_LARGE = 2**34  # bytes of a tensor that no such network has


class Node:
    """Stands for any object or function of a file: called, filled or extended, it only remembers its state."""

    def __init__(self, *arguments: object, **_: object) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __new__(cls, *_: object, **__: object) -> Node:
        return super().__new__(cls)

    def __call__(self, *arguments: object, **_: object) -> Node:
        return Node(*arguments)

    def __setstate__(self, state: object) -> None:
        self.state = state

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, value: object) -> None:
        pass

    def extend(self, values: object) -> None:
        pass

    def add(self, value: object) -> None:
        pass


class _Network(Node):
    """A network: what `_reconstruct_persistent_obj(meta)` would have made."""

    def __init__(self, meta: object = None) -> None:
        super().__init__()
        self.meta: dict[str, Any] = dict(meta) if isinstance(meta, dict) else {}


class _EasyDict(dict[Any, Any]):
    """NVIDIA's dictionary with attributes; its state is its content already."""

    def __setstate__(self, state: object) -> None:
        if isinstance(state, dict):
            self.update(state)


def _storage(content: object) -> Any:
    if not isinstance(content, bytes):
        raise pickle.UnpicklingError("a tensor has no bytes")
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: object) -> torch.Tensor:
    """torch._utils._rebuild_tensor_v2, which would enlarge a storage that is too small for what is asked of it."""
    numbers = [offset, *size, *stride]
    if not all(isinstance(number, int) and number >= 0 for number in numbers) or len(size) != len(stride):
        raise pickle.UnpicklingError("a tensor has an impossible size")
    last = offset + sum((count - 1) * step for count, step in zip(size, stride, strict=True))
    whole, kind = storage._untyped_storage, storage.dtype
    room = whole.nbytes() // kind.itemsize
    if 0 not in size and (last >= room or _product(size) * kind.itemsize > min(_TOO_LARGE, 4 * whole.nbytes() + 4)):
        raise pickle.UnpicklingError("a tensor is larger than its data")
    flat = torch.empty(0, dtype=kind)
    return flat.set_(whole, offset, tuple(size), tuple(stride)).clone()


def _parameter(data: object, *_: object) -> object:
    return data


def _product(numbers: Any) -> int:
    total = 1
    for number in numbers:
        total *= number
    return total


_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _Network,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch.storage", "_load_from_bytes"): _storage,
    ("collections", "OrderedDict"): OrderedDict,
    ("dnnlib", "EasyDict"): _EasyDict,
    ("dnnlib.util", "EasyDict"): _EasyDict,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return _ALLOWED.get((module, name), Node)

    def persistent_load(self, _: object) -> Any:
        raise pickle.UnpicklingError("it refers to something outside")


def read_generator(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The averaged generator G_ema of a file: its weights by name, and the arguments that it was made with.

    CheckpointError if it cannot be read, or holds none.
    """
    try:
        with path.open("rb") as file:
            content = _Reader(file).load()
    except Exception as error:  # a damaged or hostile pickle can raise almost anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"{path} cannot be read as a file of NVIDIA's ({reason}).") from error
    if isinstance(content, tuple):
        raise CheckpointError(
            f"{path} is of the TensorFlow version. Convert it with NVIDIA's legacy.py (stylegan2-ada-pytorch), or with "
            "rosinality's convert_weight.py."
        )
    network = content.get("G_ema") if isinstance(content, dict) else None
    if not isinstance(network, _Network):
        raise CheckpointError(f"{path} holds no network G_ema.")
    state = network.meta.get("state")
    arguments = state.get("_init_kwargs") if isinstance(state, dict) else None
    return dict(_walk(network, "")), dict(arguments) if isinstance(arguments, dict) else {}


def _walk(network: object, prefix: str, depth: int = 0) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of a network and its parts, by their names."""
    state = network.meta.get("state") if isinstance(network, _Network) else getattr(network, "state", None)
    if not isinstance(state, dict) or depth > 20:
        return
    for kind in ("_parameters", "_buffers"):
        for name, value in _entries(state, kind):
            if isinstance(value, torch.Tensor):
                yield prefix + name, value
    for name, part in _entries(state, "_modules"):
        yield from _walk(part, f"{prefix}{name}.", depth + 1)


def _entries(state: dict[Any, Any], key: str) -> Iterator[tuple[str, object]]:
    found = state.get(key)
    if isinstance(found, dict):
        yield from ((name, value) for name, value in found.items() if isinstance(name, str))
