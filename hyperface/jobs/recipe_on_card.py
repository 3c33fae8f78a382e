"""How a dataset was packed and drawn, on its data card: written by `generate`, and read again to reproduce it.

A card may be a stranger's. What is read from it are numbers within bounds and words out of lists that ship; it never
names a file, a folder, an address or weights: whoever reproduces names those.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hyperface.errors import DatasetError
from hyperface.hardware import PRECISIONS
from hyperface.jobs.pack.options import OBJECTIVES, STARTS
from hyperface.runs import is_run, open_run

MOST_STEPS = 1_000_000
LONGEST = 80  # characters of a stranger's word that are repeated
_DEVICES = re.compile(r"(cpu|cuda|mps)(:\d{1,2})?")
_PACKED = ("identities", "alpha", "span", "steps", "objective", "learning_rate", "start", "seed", "device")

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class CardRecipe:
    """What a card asks for, checked.

    packing: options of `pack`; None where it was not packed by that verb. gallery: the name of the packing's, and
    fingerprint: of its embeddings; "" where not known. threads: of the packing, 0 where not known. drawing: options of
    `generate` but for its source and its generator. generator: its name. weights: what it had of its own, in words:
    files, or options that are words.
    """

    packing: dict[str, Any] | None
    gallery: str
    fingerprint: str
    threads: int
    generator: str
    weights: str
    drawing: dict[str, Any]

    @property
    def images(self) -> int:
        return int(self.drawing["images_per_identity"])


def recipe_of(options: dict[str, Any]) -> dict[str, Any]:
    """What goes on the card. options: of `generate`; of files and folders the names are told, not where they lie."""
    told = {name: options[name] for name in ("correct", "batch_size", "device", "precision")}
    _, _, weights = (options["generator"] or "").partition(":")
    if weights:
        told["weights"] = Path(weights).name
    if options["generator_options"]:
        told["generator_options"] = {name: _placeless(value) for name, value in options["generator_options"].items()}
    source = Path(options["source"])
    if is_run(source) and (packing := open_run(source)).verb == "pack":
        results = packing.results()
        known = {name: packing.options[name] for name in _PACKED if name in packing.options}
        known["gallery"] = Path(str(packing.options.get("gallery", ""))).name
        known |= {name: results[name] for name in ("gallery_fingerprint", "threads") if name in results}
        told["packing"] = known
    return told


def read_recipe(card: dict[str, Any]) -> CardRecipe:
    """What a card asks for. DatasetError, naming the entry, for anything that no card of `generate` says."""
    recipe = card.get("recipe")
    if not isinstance(recipe, dict):
        raise DatasetError(
            "The card does not say how its pictures were drawn: it was written by an older version, or by another "
            "program. Only cards with a recipe can be reproduced."
        )
    options = recipe.get("generator_options", {})
    if not isinstance(options, dict):
        raise _wrong("generator_options", options)
    words = [f"{printable(name)}={printable(value)}" for name, value in options.items() if not _plain(value)]
    if "weights" in recipe:
        words.insert(0, f"the weights {printable(recipe['weights'])}")
    drawing = {
        "identities": _number(card, "identities", int, 1),
        "images_per_identity": _number(card, "images_per_identity", int, 1),
        "beta": _number(card, "beta", float, 0),
        "seed": _number(card, "seed", int, 0),
        "correct": _number(recipe, "correct", int, 0, 1_000),
        "batch_size": _number(recipe, "batch_size", int, 1, 100_000),
        "device": _device(recipe),
        "precision": _word(recipe, "precision", PRECISIONS),
        "generator_options": {str(name): value for name, value in options.items() if _plain(value)},
    }
    packing = recipe.get("packing")
    if packing is not None and not isinstance(packing, dict):
        raise _wrong("packing", packing)
    return CardRecipe(
        None if packing is None else _packing(packing),
        "" if packing is None else printable(packing.get("gallery", "")),
        "" if packing is None else printable(packing.get("gallery_fingerprint", "")),
        0 if packing is None or "threads" not in packing else _number(packing, "threads", int, 1, 4_096),
        printable(card.get("generator", "")),
        ", ".join(words),
        drawing,
    )


def printable(value: object) -> str:
    """A stranger's value, fit to be shown: no control characters, and not long."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _packing(content: dict[str, Any]) -> dict[str, Any]:
    span = content.get("span")
    rate = content.get("learning_rate")
    return {
        "identities": _number(content, "identities", int, 2),
        "alpha": _number(content, "alpha", float, 0),
        "span": None if span is None else _number(content, "span", int if isinstance(span, int) else float, 0),
        "steps": _number(content, "steps", int, 1, MOST_STEPS),
        "objective": _word(content, "objective", OBJECTIVES),
        "learning_rate": None if rate is None else _number(content, "learning_rate", float, 0),
        "start": _word(content, "start", STARTS),
        "seed": _number(content, "seed", int, 0),
        "device": _device(content),
    }


def _number(content: dict[str, Any], name: str, kind: type[Number], least: int, most: int = 2**63 - 1) -> Number:
    value = content.get(name)
    fits = isinstance(value, int) or (kind is float and isinstance(value, float) and math.isfinite(value))
    if value is None or isinstance(value, bool) or not fits or not least <= value <= most:
        raise _wrong(name, value)
    return kind(value)


def _word(content: dict[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = content.get(name)
    if not isinstance(value, str) or value not in known:
        raise _wrong(name, value)
    return value


def _device(content: dict[str, Any]) -> str:
    value = content.get("device")
    if not isinstance(value, str) or not _DEVICES.fullmatch(value):
        raise _wrong("device", value)
    return value


def _wrong(name: str, value: object) -> DatasetError:
    return DatasetError(f"The card's {name} cannot be right: {printable(value)}. Nothing was made from it.")


def _plain(value: object) -> bool:
    return isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value))


def _placeless(value: Any) -> Any:
    return Path(value).name if isinstance(value, str) else value
