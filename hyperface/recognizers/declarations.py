"""What somebody declares of a file of weights that does not say it itself: by keyword, or in a JSON file beside it.

arcface.json beside arcface.onnx or arcface.pth: {"color": "BGR", "licence": "…", "training_data": "…"}.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from hyperface.errors import InputError
from hyperface.files import read_object

COLORS = ("RGB", "BGR")


def beside(path: Path) -> dict[str, Any]:
    """What the JSON file of the same name declares; empty if there is none. InputError if it is damaged."""
    description = path.with_suffix(".json")
    return read_object(description, error=InputError) if description.is_file() else {}


def check(path: Path, declared: Mapping[str, Any], known: Collection[str]) -> None:
    """InputError for a word that means nothing, or an order of colours that is none."""
    unknown = sorted(declared.keys() - set(known))
    if unknown:
        raise InputError(f"What is declared of {path.name} has no {', '.join(unknown)}: {', '.join(sorted(known))}.")
    one_of(path, declared, "color", COLORS)


def one_of(path: Path, declared: Mapping[str, Any], name: str, known: Collection[str]) -> None:
    """InputError if this is declared and is none of the known words."""
    value = declared.get(name)
    if value is not None and value not in known:
        raise InputError(f"The {name} of {path.name} is one of {', '.join(known)}; it was {value!r}.")
