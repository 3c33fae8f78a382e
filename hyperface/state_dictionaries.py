"""Where the weights of a network are in what a trainer has saved: in which dictionary, and behind which prefix.

Trainers wrap the dictionary of weights ({"model": …}, {"state_dict": …}, {"net": {"ema": …}}), and their wrappers put
words before all names ("model.module."). What fits is found by names and shapes, whatever the words are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

COUNTERS = "num_batches_tracked"  # of batch norms, which evaluation does not need and older files lack
DEEPEST = 6  # dictionaries in dictionaries
_PREFIXES_TRIED = 8


@dataclass(frozen=True)
class Found:
    """Weights of a file by the names that a network has for them. place: the keys on the way to their dictionary.
    prefix: what all their names begin with there. right: how many have the name and shape of one that is expected."""

    place: tuple[str, ...]
    prefix: str
    weights: dict[str, torch.Tensor]
    right: int

    @property
    def where(self) -> str:
        """The place and the prefix, for people."""
        keys = " → ".join(map(repr, self.place))
        names = f"names that begin with {self.prefix!r}" if self.prefix else ""
        return " and ".join(filter(None, (keys, names))) or "its own names"


def search(content: Mapping[Any, Any], expected: Mapping[str, torch.Tensor]) -> list[Found]:
    """Everything in a file that may be a network's weights, the likeliest first; empty if it holds no tensors.

    content: what the file holds. expected: the network's state dictionary, of which only shapes matter.
    """
    found = [each for place, tensors in _dictionaries(content) for each in _behind_prefixes(place, tensors, expected)]
    return sorted(found, key=lambda each: (-each.right, len(each.weights)))


def fits(found: Found, expected: Mapping[str, torch.Tensor]) -> bool:
    """Whether these are all of the network's weights, and no others."""
    needed = {name for name in expected if not name.endswith(COUNTERS)}
    return needed <= found.weights.keys() <= expected.keys() and all(
        found.weights[name].shape == expected[name].shape for name in needed
    )


def with_counters(weights: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights, and a count of 0 for every batch norm whose count they lack."""
    missing = {name: torch.zeros_like(value) for name, value in expected.items() if name.endswith(COUNTERS)}
    return {**missing, **weights}


def same_weights(first: Found, second: Found) -> bool:
    """Whether two finds hold the same numbers, as a dictionary that a file holds twice."""
    return first.weights.keys() == second.weights.keys() and all(
        torch.equal(value, second.weights[name]) for name, value in first.weights.items()
    )


def names_of(content: Mapping[Any, Any], most: int = 6) -> str:
    """What a file holds, by its first names, for a message."""
    tensors = [name for _, part in _dictionaries(content) for name in part]
    names = tensors or [str(key) for key in content]
    listed = ", ".join(names[:most]) + (" …" if len(names) > most else "")
    return f"{len(names):,} tensors: {listed}" if tensors else f"no tensors, only {listed or 'nothing'}"


def _dictionaries(
    content: Mapping[Any, Any], place: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, torch.Tensor]]]:
    """Every dictionary with tensors in it, and the keys on the way to it."""
    tensors = {name: value for name, value in content.items() if isinstance(name, str) and _is_tensor(value)}
    if tensors:
        yield place, tensors
    if len(place) < DEEPEST:
        for key, value in content.items():
            if isinstance(key, str) and isinstance(value, Mapping):
                yield from _dictionaries(value, (*place, key))


def _shared_beginning(first: str, last: str) -> str:
    """What two names begin with, and so all names between them in the alphabet."""
    return first[: next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _is_tensor(value: object) -> bool:
    return isinstance(value, torch.Tensor)


def _behind_prefixes(
    place: tuple[str, ...], tensors: dict[str, torch.Tensor], expected: Mapping[str, torch.Tensor]
) -> Iterator[Found]:
    prefixes: Counter[str] = Counter()
    for name in tensors:
        at = 0
        while True:
            if name[at:] in expected:
                prefixes[name[:at]] += 1
            at = name.find(".", at) + 1
            if not at:
                break
    shared = _shared_beginning(min(tensors), max(tensors))  # "trunk_conv1.weight": no dot says where the prefix ends
    for prefix in dict.fromkeys((*(prefix for prefix, _ in prefixes.most_common(_PREFIXES_TRIED)), shared)):
        weights = {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
        right = sum(name in expected and value.shape == expected[name].shape for name, value in weights.items())
        yield Found(place, prefix, weights, right)
