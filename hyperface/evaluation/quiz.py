"""A few pairs of a benchmark for people to answer themselves, beside what a model says."""

import numpy as np
from numpy.typing import NDArray

from hyperface.errors import InputError

COUNT = 8  # pairs


def quiz_pairs(same: NDArray[np.bool_], *, count: int = COUNT, seed: int = 0) -> NDArray[np.int64]:
    """Numbers (count,) of pairs drawn at random, half of them of one person, in random order.

    same: bool (p,), the benchmark's answers. seed: another one draws other pairs. InputError for an odd count, and for
    more pairs of a kind than there are.
    """
    if count < 2 or count % 2:
        raise InputError(f"As many pairs of one person as of two are asked for: an even number, not {count}.")
    rng = np.random.default_rng(seed)
    halves = []
    for kind, name in ((True, "one person"), (False, "two people")):
        places = np.flatnonzero(same == kind)
        if len(places) < count // 2:
            raise InputError(f"{count // 2} pairs of {name} are asked for; the benchmark has {len(places)}.")
        halves.append(rng.choice(places, count // 2, replace=False))
    return np.asarray(rng.permutation(np.concatenate(halves)), np.int64)
