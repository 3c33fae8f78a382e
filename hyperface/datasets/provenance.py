"""What a data card says beyond what is drawn: versions, digests of the pictures, use, limits and citation.

Two sets are the same if their pictures have the same bytes in the same order. The card carries the SHA-256 (FIPS 180-4)
of all pictures' SHA-256 digests one after the other, which decides, and the first eight hexadecimal digits of each
picture's, by which those that differ are found.
"""

import hashlib
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
import torch
from PIL import features

from hyperface import __version__
from hyperface.datasets.labeled import LabeledImages
from hyperface.errors import DatasetError
from hyperface.generators.base import Generator

DIGITS = 8  # of a picture's digest that are on the card
_PACKAGES = ("torch", "numpy", "numba", "pillow")

CITATION = """@inproceedings{hyperface,
  title = {HyperFace: Generating Synthetic Face Recognition Datasets by Exploring Face Embedding Hypersphere},
  author = {Otroshi Shahreza, Hatef and Marcel, S{\\'e}bastien},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year = {2025},
  url = {https://arxiv.org/abs/2411.08470}
}"""
INTENDED_USE = (
    "Training and studying face recognition without photographs of people, and comparing ways of making such data. "
    "Whether a model trained on it is fit for anything else is shown by benchmarks of real faces, and by nothing here."
)
_LIMITS = (
    "The people are drawn. Who is common here, by skin, age, gender or looks, is not who is common anywhere: measure "
    "before you rely on a balance (`hyperface dataset --measure`).",
    "Different people are different as one recogniser sees them; another may take some for one person.",
    "It gives nobody a reason to watch, single out or identify people without a right to do so.",
)


@dataclass(frozen=True)
class Comparison:
    """total: pictures made. different: the names of those whose bytes are others, or that are only in one of the sets,
    as far as the card's digests show which; identical decides."""

    total: int
    identical: bool
    different: tuple[str, ...]


def described(images: LabeledImages, generator: Generator) -> dict[str, Any]:
    """What a card says when all pictures are there: versions, digests, use, limits and citation."""
    data = generator.card.training_data
    return {
        "versions": versions(generator),
        "training_data": data,
        "pictures": digests(images),
        "intended_use": INTENDED_USE,
        "limits": [*_LIMITS, f"The generator's own data, with whatever it carries over from there: {data}."],
        "citation": CITATION,
    }


def versions(generator: Generator | None = None) -> dict[str, str]:
    """What the bytes of pictures depend on here, by name: the product, its libraries, and the kind of processor."""
    found = {"hyperface": __version__, "python": platform.python_version()}
    found |= {name: metadata.version(name) for name in _PACKAGES}
    jpeg = "libjpeg_turbo" if features.check_feature("libjpeg_turbo") else "jpg"
    found["libjpeg"] = str(features.version(jpeg))
    found["processor"] = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    if generator is not None and generator.version:
        found[f"generator {generator.name}"] = generator.version
    return found


def digests(images: LabeledImages) -> dict[str, Any]:
    """sha256: of all. each: of each identity, the first digits of its pictures' one after the other. PhotoError for a
    picture that cannot be read."""
    everything, each = hashlib.sha256(), [""] * images.identities
    for index, digest in _digests(images):
        everything.update(digest)
        each[int(images.labels[index])] += digest.hex()[:DIGITS]
    return {"sha256": everything.hexdigest(), "each": each}


def check_digests(content: Any) -> tuple[str, list[list[str]]]:
    """The digests on a card, whoever wrote it: of all, and of each identity's pictures. DatasetError if there are
    none."""
    whole = content.get("sha256") if isinstance(content, dict) else None
    each = content.get("each") if isinstance(content, dict) else None
    if not isinstance(whole, str) or not re.fullmatch("[0-9a-f]{64}", whole) or not isinstance(each, list) or not each:
        raise DatasetError("The card has no digests of its pictures: there is nothing to compare with.")
    pattern = re.compile(f"(?:[0-9a-f]{{{DIGITS}}})+")
    if not all(isinstance(row, str) and pattern.fullmatch(row) for row in each):
        raise DatasetError("The digests of the pictures on the card are damaged.")
    return whole, [[row[first : first + DIGITS] for first in range(0, len(row), DIGITS)] for row in each]


def compare(images: LabeledImages, whole: str, each: Sequence[Sequence[str]]) -> Comparison:
    """Pictures with the digests on a card, as `check_digests` gives them."""
    everything, different, counts = hashlib.sha256(), [], np.zeros(max(images.identities, len(each)), np.int64)
    for index, digest in _digests(images):
        everything.update(digest)
        label = int(images.labels[index])
        known = each[label] if label < len(each) else ()
        if counts[label] >= len(known) or known[counts[label]] != digest.hex()[:DIGITS]:
            different.append(images.name(index))
        counts[label] += 1
    for label, known in enumerate(each):
        different += [f"picture {image} of identity {label}" for image in range(counts[label], len(known))]
    return Comparison(len(images), everything.hexdigest() == whole, tuple(different))


def _digests(images: LabeledImages) -> Iterator[tuple[int, bytes]]:
    """Each picture and its digest, identity by identity."""
    for index in np.argsort(images.labels, kind="stable").tolist():
        yield index, hashlib.sha256(images.content(index)).digest()
