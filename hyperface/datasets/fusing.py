"""One dataset of several whose people are others: their images side by side, the identities counted on."""

import hashlib
from typing import Any

import numpy as np

from hyperface.datasets.labeled import LabeledImages
from hyperface.datasets.records import Records, Skipped
from hyperface.errors import InputError, PhotoError

EXAMPLES = 3  # of people in two of the sets


class Joined(Records):
    """The records of several datasets, one after the other."""

    def __init__(self, parts: tuple[LabeledImages, ...]) -> None:
        self.parts = parts
        self.starts = np.cumsum([0, *(len(part) for part in parts)])[:-1]  # (parts,)

    def read(self, index: int) -> bytes:
        part, place = self._find(index)
        return part.content(place)

    def name(self, index: int) -> str:
        part, place = self._find(index)
        return f"{part.name(place)} ({part.path.name})"

    def _find(self, index: int) -> tuple[LabeledImages, int]:
        number = int(np.searchsorted(self.starts, index, side="right")) - 1
        return self.parts[number], index - int(self.starts[number])


def fuse(first: LabeledImages, *others: LabeledImages) -> LabeledImages:
    """Several datasets as one: the identities of each follow those of the one before.

    That nobody is in two of them is the caller's word; but as a set fused with its own copy would be a costly mistake,
    the first image of each person is compared with the others', byte by byte. Nothing is written: `save` does that, and
    a training may read from all of them. `.path` is the first one's, `.info["fused"]` says what each is.
    InputError without a second dataset, for one that is given twice, and for people who are in two of them.
    """
    parts = (first, *others)
    if not others:
        raise InputError("Fusing takes two datasets or more.")
    places = [part.path.resolve() for part in parts]
    twice = next((part.path for part, place in zip(parts, places, strict=True) if places.count(place) > 1), None)
    if twice is not None:
        raise InputError(f"{twice} cannot be fused with itself: its people would be there twice.")
    _check_disjoint(parts)
    skipped = Skipped()
    for part in parts:
        skipped.extend(part.skipped)
    offsets = np.cumsum([0, *(part.identities for part in parts)])[:-1]
    labels = np.concatenate([part.labels + offset for part, offset in zip(parts, offsets, strict=True)])  # (n,)
    beside = tuple(path for part in parts for path in (part.path, *part.beside))[1:]
    positions = np.arange(len(labels))
    return LabeledImages(first.path, Joined(parts), positions, labels, _info(parts), skipped, beside)


def _check_disjoint(parts: tuple[LabeledImages, ...]) -> None:
    seen: dict[bytes, tuple[int, str]] = {}  # digest of a first image → which dataset, and the image's name
    shared: list[str] = []
    for number, part in enumerate(parts):
        _, places = np.unique(part.labels, return_index=True)
        for place in places.tolist():
            try:
                digest = hashlib.blake2b(part.content(place), digest_size=16).digest()
            except PhotoError:  # told by whoever reads it later
                continue
            other, name = seen.setdefault(digest, (number, part.name(place)))
            if other != number:
                shared.append(f"{part.name(place)} of {part.path.name} is {name} of {parts[other].path.name}")
    if shared:
        raise InputError(
            f"{len(shared):,} people are in two of these datasets, as their first images are the same "
            f"({'; '.join(shared[:EXAMPLES])}{'; …' if len(shared) > EXAMPLES else ''}). Only sets of different people "
            "can be fused."
        )


def _info(parts: tuple[LabeledImages, ...]) -> dict[str, Any]:
    """What is true of all: names where each has one, each of them once; the card of each as `fused`."""
    fused = [
        {"name": part.path.name, **_without_digests(part.info), "identities": part.identities, "images": len(part)}
        for part in parts
    ]
    info: dict[str, Any] = {"fused": fused}
    for name in ("generator", "recognizer", "licence"):
        values = list(dict.fromkeys(str(part.info[name]) for part in parts if part.info.get(name)))
        if all(part.info.get(name) for part in parts):
            info[name] = " and ".join(values)
    if any(part.info.get("complete") is False for part in parts):
        info["complete"] = False
    return info


def _without_digests(info: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in info.items() if name != "pictures"}
