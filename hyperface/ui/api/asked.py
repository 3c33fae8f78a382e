"""What a caller sends, checked: JSON holds anything, whatever the type hints say."""

import base64
import binascii
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyperface.errors import InputError, PhotoError
from hyperface.ui.photos.picker import MAX_BYTES, MAX_MEGABYTES

if TYPE_CHECKING:
    import torch

SAID = 40  # characters of what was sent that a message repeats
MOST_SEED = 2**31 - 1
LONGEST_EMBEDDING = 4096


def whole(value: object, name: str, low: int, high: int) -> int:
    """The value if it is a whole number from low to high; InputError, naming it, for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high and value == int(value):
        return int(value)
    raise InputError(f"{name} is a whole number from {low:,} to {high:,}; it was {_said(value)}.")


def number(value: object, name: str, low: float, high: float) -> float:
    """The same of any number."""
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise InputError(f"{name} is a number from {low:g} to {high:g}; it was {_said(value)}.")


def yes(value: object, name: str) -> bool:
    """The value if it is true or false; InputError for anything else."""
    if isinstance(value, bool):
        return value
    raise InputError(f"{name} is true or false; it was {_said(value)}.")


def one_of(value: object, name: str, known: Sequence[str]) -> str:
    """The value if it is among those known; InputError, with these, for anything else."""
    if isinstance(value, str) and value in known:
        return value
    raise InputError(f"{name} is one of {', '.join(known)}; it was {_said(value)}.")


def run_name(value: object) -> str:
    """The value if it may name a run; InputError for anything else."""
    if isinstance(value, str) and value:
        return value
    raise InputError(f"run is the name of a run, as /runs lists it; it was {_said(value)}.")


def photo(value: object) -> bytes:
    """The file in base64, with or without `data:…;base64,` in front. PhotoError for what is none, or is too large."""
    if not isinstance(value, str) or not value:
        raise PhotoError(f"photo is an image file in base64, as a data: URL or alone; it was {_said(value)}.")
    content = value.partition(",")[2] if value.startswith("data:") else value
    too_large = PhotoError(f"The photo is larger than {MAX_MEGABYTES} MB. Save it smaller and try again.")
    if len(content) > 4 * MAX_BYTES // 3 + 4:
        raise too_large
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PhotoError("The photo is not whole base64. Send the whole file, encoded once.") from error
    if len(decoded) > MAX_BYTES:
        raise too_large
    return decoded


def embedding(value: object, length: int, recognizer: str) -> "torch.Tensor":
    """The value as a unit row (1, d). InputError for what is no list of d numbers, or has no direction."""
    import torch

    from hyperface import sphere

    if not isinstance(value, list) or not all(_is_number(each) for each in value):
        raise InputError(f"embedding is a list of numbers, as /embed gives it; it was {_said(value)}.")
    if len(value) != length:
        raise InputError(
            f"The embeddings of this packing have {length} numbers, of the recogniser {recognizer}; {len(value)} came."
        )
    return sphere.as_embeddings(torch.tensor([value], dtype=torch.float64).numpy())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e9


def _said(value: object) -> str:
    """What was sent, in a few characters."""
    text = repr(value)
    return text if len(text) <= SAID else f"{text[:SAID]}…"
