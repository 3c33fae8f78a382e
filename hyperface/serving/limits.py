"""How much a server does for those who use it: for everybody together, and for each visitor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

SHARED = "HYPERFACE_SHARED"  # 1: a server that strangers use; 0: not even where a Space would make it one
OFF = ("", "0", "no", "off", "false")


@dataclass(frozen=True)
class Limits:
    """shared: strangers use this server, and each sees the ready-made runs and their own. Otherwise all is yours."""

    shared: bool = False


def limits_from(environment: Mapping[str, str] | None = None, *, shared: bool | None = None) -> Limits:
    """What the environment asks for. shared: said by an option, which goes before it."""
    known = os.environ if environment is None else environment
    if shared is None:
        told = known.get(SHARED)
        shared = bool(known.get("SPACE_ID")) if told is None else told.strip().lower() not in OFF
    return Limits(shared=shared)
