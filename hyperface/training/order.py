"""In which order an epoch shows the images of a dataset that is too large to keep decoded.

Read wholly at random, a shard of Parquet would be opened for each image, and a disk would seek. Shards are therefore
cut into runs of neighbouring records; the runs are shuffled, so many are held at a time, and images are shuffled among
those. As WebDataset's shuffle buffer, but that every epoch is a whole permutation, known from the seed alone.
"""

from __future__ import annotations

import numpy as np

RUN = 256  # neighbouring records that are read together
WINDOW = 65_536  # images among which is shuffled: some 400 MB as they are stored, and a thousand people of 64 each


def epoch_order(count: int, seed: int, epoch: int, *, run: int = RUN, window: int = WINDOW) -> np.ndarray:
    """Every number from 0 to count − 1 once: int64 (count,).

    run: neighbours that stay within one window. window: a multiple of it; a set of no more images is shuffled wholly.
    """
    random = np.random.default_rng([seed, epoch])
    if count <= window:
        return random.permutation(count)
    starts = random.permutation(np.arange(0, count, run))
    each = window // run
    parts = []
    for first in range(0, len(starts), each):
        inside = (starts[first : first + each, None] + np.arange(run)).ravel()
        parts.append(random.permutation(inside[inside < count]))
    return np.concatenate(parts)
