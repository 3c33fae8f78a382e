"""Other projects' weights: tensors by name out of safetensors, .pt, .pth, .bin and Lightning's .ckpt files.

No code of a file is ever run: what a trainer stored beside the weights is passed over.
"""

import functools
import hashlib
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from hyperface.errors import CheckpointError
from hyperface.file_kinds import foreign_kind


def read_content(path: Path) -> dict[Any, Any]:
    """What a file of weights holds: a dictionary, which may hold further ones. CheckpointError if it cannot be read,
    which says what the file is where that can be told."""
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="pt") as file:
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dictionary)
        with _without_foreign_classes(path):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle, or zip, fails with almost any exception
        raise CheckpointError(_why_unreadable(path, error)) from error
    if _is_module(content) or (isinstance(content, dict) and any(map(_is_module, content.values()))):
        raise CheckpointError(
            f"{path} holds a whole module, pickled with its code, of which nothing is run here. Where its code is, "
            "save its weights alone: torch.save(module.state_dict(), …)."
        )
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} holds a {type(content).__name__}, not a dictionary of weights.")
    return content


def _why_unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{path} cannot be read as weights ({error.strerror or error})."
    kind = foreign_kind(path)
    if kind is not None:
        return f"{path} cannot be read as weights: it {kind}."
    with suppress(Exception), zipfile.ZipFile(path) as archive:  # of what is none, or damaged, almost any
        members = archive.namelist()
        if any(name.endswith("constants.pkl") for name in members):
            return (
                f"{path} cannot be read as weights: it is a program of TorchScript, which would have to be run. "
                "Where its code is, save its weights alone: torch.save(module.state_dict(), …)."
            )
        if not any(name.endswith("data.pkl") for name in members):
            listed = ", ".join(members[:3])
            return f"{path} cannot be read as weights: it is a zip archive (of {listed} …). Unpack it."
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "weights_only" in str(error):  # torch's advice to switch its restraint off is not for strangers' files
        reason = "it is damaged, or asks for code to be run"
    return f"{path} cannot be read as weights ({reason})."


def _is_module(value: object) -> bool:
    """Whether this is what the restricted loader makes of a pickled torch module: its parts, without its class."""
    return isinstance(value, dict) and "_modules" in getattr(value, "__dict__", {})


def read_tensors(path: Path, keys: Collection[str] = ()) -> dict[str, torch.Tensor]:
    """All tensors of a file by name: those below the first of `keys` that it has, or else its own.

    CheckpointError if it cannot be read.
    """
    content = read_content(path)
    chosen = next((content[key] for key in keys if isinstance(content.get(key), dict)), content)
    return {name: value for name, value in chosen.items() if isinstance(value, torch.Tensor)}


def float32(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Copies, of a kind that networks compute with. In memory of their own: where a tensor lies in a file decides how
    its sums are grouped, and two files of the same weights would differ in the last bits."""
    return {name: value.to(torch.float32, copy=True) for name, value in weights.items()}


def check_fits(
    path: Path, network: str, weights: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]
) -> None:
    """CheckpointError, naming the parameters, if some are missing, unexpected or of another shape.

    network: the noun in the message, such as "the network ir_50".
    """
    wanted = {name: tuple(value.shape) for name, value in expected.items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    differing = [name for name in sorted(wanted.keys() & found.keys()) if found[name] != wanted[name]]
    problems = [
        ("missing", sorted(wanted.keys() - found.keys())),
        ("unexpected", sorted(found.keys() - wanted.keys())),
        ("of another shape", [f"{name} {found[name]} instead of {wanted[name]}" for name in differing]),
    ]
    if any(names for _, names in problems):
        listed = "; ".join(f"{len(names)} {kind}: {_some(names)}" for kind, names in problems if names)
        raise CheckpointError(f"{path} does not fit {network}: {listed}.")


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def file_digest(path: Path) -> str:
    """The first eight hexadecimal digits of a file's SHA-256; of one that has not changed, known from before."""
    now = path.stat()
    return _digest(path, now.st_mtime_ns, now.st_size)


@functools.lru_cache(256)
def _digest(path: Path, _changed: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:8]


class _Ignored:
    """Stands for a class that weights do not need. Its objects are empty dictionaries, since the restricted loader
    fills nothing else, and many of them are some kind of dictionary: options, states."""

    def __new__(cls, *_: object, **__: object) -> Any:
        return OrderedDict()


class _IgnoredNumber:
    """The same for NumPy's scalars and types, which have a state that no dictionary takes."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


@contextmanager
def _without_foreign_classes(path: Path) -> Iterator[None]:
    """Let torch's restricted loader pass over the classes and functions that a file names beside its weights.

    Trainers' files hold more than weights: Lightning's the classes of its callbacks, the options of the training, and
    so on, for which the restricted loader refuses the whole file. Within this block each such name means a class that
    does nothing. The real ones are neither imported nor called.
    """
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # of a damaged file, almost any; torch.load will say what is wrong
        names = []
    bases = [_IgnoredNumber if name.startswith("numpy.") else _Ignored for name in names]
    stand_ins: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
        (type("Ignored", (base,), {}), name) for base, name in zip(bases, names, strict=True)
    ]
    with torch.serialization.safe_globals(stand_ins):
        yield
