"""Random streams of one seed: each use of chance has a name.

A stream follows from (seed, name, numbers) alone, so that a resumed run and another process draw the same.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hyperface.errors import InputError, require

if TYPE_CHECKING:
    import torch


MOST = 2**32 - 1  # torch's generators on CPUs take no more of a seed than that


def check_seed(seed: int) -> None:
    """InputError unless it is a whole number from 0 to 2³² − 1: of more, torch takes the last 32 bits alone."""
    whole = isinstance(seed, int) and not isinstance(seed, bool)
    require(whole and 0 <= seed <= MOST, f"A seed is a whole number from 0 to {MOST}; it was {seed}.")


def stream(seed: int, name: str, *numbers: int) -> torch.Generator:
    """torch's generator of the stream of this name. numbers: which of several, such as the step; 0 or more each."""
    import torch

    return torch.Generator().manual_seed(stream_seed(seed, name, *numbers))


def stream_seed(seed: int, name: str, *numbers: int) -> int:
    """A stream's own seed, 63 bits. torch takes 32 of them on CPUs: that any two of a thousand streams coincide has a
    chance of one in nine thousand."""
    words = [seed % 2**64, zlib.crc32(name.encode()), *numbers]
    return int(np.random.SeedSequence(words).generate_state(1, np.uint64)[0] >> np.uint64(1))


def image_seeds(seed: int, identity: int, image: int) -> tuple[int, int]:
    """Two independent seeds of one image of a dataset: for the embedding's noise and for the style."""
    noise, style = np.random.SeedSequence([seed, identity, image]).generate_state(2, np.uint32)
    return int(noise), int(style)


def seeded_normal(seeds: Sequence[int], size: int) -> torch.Tensor:
    """Standard normal numbers (n, size): row i depends on seeds[i] alone, whatever the batch or device it is for.

    InputError for a seed that 64 bits do not hold; of the others, the last 32 bits count.
    """
    import torch

    rows = torch.empty(len(seeds), size)
    for row, seed in zip(rows, seeds, strict=True):
        if not -(2**63) <= int(seed) < 2**64:
            raise InputError(f"A seed is a whole number from 0 to {MOST}; it was {seed}.")
        row.normal_(generator=torch.Generator().manual_seed(int(seed)))
    return rows
