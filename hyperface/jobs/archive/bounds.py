"""How much of a restored run is taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """bytes: of all its files together, unpacked. files: how many. unfinished: whether one that has not come to its end
    is taken: it can be continued, by options that somebody wrote."""

    bytes: int = 10**11
    files: int = 2_000_000
    unfinished: bool = True
