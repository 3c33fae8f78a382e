"""Who looked alike before a packing, and how far apart the same people are after it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from hyperface import sphere
from hyperface.packing.neighbors import nearest_points

SHOWN = 12


@dataclass(frozen=True)
class LookAlikes:
    """The most alike pairs of the start, no person in two of them, and how many people have somebody closer than the
    threshold. pairs: of people. before, after: degrees between each pair. alike_before, alike_after: people."""

    pairs: list[tuple[int, int]]
    before: list[float]
    after: list[float]
    people: int
    alike_before: int
    alike_after: int


def look_alikes(start: torch.Tensor, end: torch.Tensor, threshold: float, *, shown: int = SHOWN) -> LookAlikes:
    """Compare the same people (n, d), unit rows, before and after. threshold: the cosine from which on two of them pass
    as one person."""
    nearest, moved = nearest_points(start), nearest_points(end)  # (n,)
    close = sphere.angles(start, start[nearest])
    limit = float(torch.deg2rad(torch.tensor(sphere.angle_degrees(threshold), dtype=torch.float64)))
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for person in close.argsort().tolist():
        pair = person, int(nearest[person])
        if len(pairs) < shown and not taken.intersection(pair):
            pairs.append(pair)
            taken.update(pair)
    first, second = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
    return LookAlikes(
        pairs=pairs,
        before=torch.rad2deg(sphere.angles(start[first], start[second])).tolist(),
        after=torch.rad2deg(sphere.angles(end[first], end[second])).tolist(),
        people=len(start),
        alike_before=int((close <= limit).sum()),
        alike_after=int((sphere.angles(end, end[moved]) <= limit).sum()),
    )
