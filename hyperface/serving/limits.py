"""How much a server does for those who use it: for everybody together, and for each visitor."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from hyperface.errors import InputError, RunError, require
from hyperface.runs import open_run

SWITCH = "HYPERFACE_SHARED"  # 1: a server that strangers use; 0: not even where a Space would make it one
PROXY = "HYPERFACE_PROXY"  # 1: a proxy stands before the server; 0: not even on a Space
PREFIX = "HYPERFACE_LIMIT_"  # and the name of a limit in capitals: a whole number, or none
SWITCHES = ("shared", "proxied")
OFF = ("", "0", "no", "off", "false")


@dataclass(frozen=True)
class Limits:
    """What is allowed; None: as much as anybody likes.

    shared: strangers use this server, and each sees the ready-made runs and their own. Otherwise all is yours.
    runs: at work at once. runs_each: of one visitor. waiting, waiting_each: for their turn. identities, steps, images:
    of one run. seconds: that a run may be at work. disk, disk_each: megabytes of all runs, and of one visitor's. hours:
    that a finished run of a visitor's is kept. restored_megabytes: of a run that is restored from a file.

    Of requests: events: presses that wait or are at work, of everybody; half of them from one address. events_each: of
    one visitor. questions_each: that wait for an answer at once. streams_each: connections held open. bodies_each:
    megabytes of what was sent and is not answered yet. newcomers_each: visitors that one address brings at once.
    proxied: a proxy stands before the server and says where a request comes from.
    """

    shared: bool = False
    runs: int | None = 2  # more would only slow each other down
    runs_each: int | None = None
    waiting: int | None = None
    waiting_each: int | None = None
    identities: int | None = None
    steps: int | None = None
    images: int | None = None
    seconds: int | None = None
    disk: int | None = None
    disk_each: int | None = None
    hours: int | None = None
    events: int | None = None
    events_each: int | None = None
    questions_each: int | None = None
    streams_each: int | None = None
    bodies_each: int | None = None
    newcomers_each: int | None = None
    proxied: bool = False
    restored_megabytes: int | None = None

    def check(self, options: Mapping[str, Any]) -> None:
        """InputError for the options of a run that is larger than allowed."""
        people, each = _number(options, "identities"), _number(options, "images_per_identity")
        if people == 0 and each:
            people = _people_of(str(options.get("source", "")))
        images = max(people * each, _number(options, "count"))
        for most, asked, what in (
            (self.identities, people, "people"),
            (self.steps, _number(options, "steps"), "steps"),
            (self.images, images, "pictures"),
        ):
            require(
                most is None or asked <= most,
                f"A run on this server has at most {most or 0:,} {what}; {asked:,} were asked for. Ask for fewer, or "
                "run HyperFace on a computer of your own.",
            )


LAPTOP = Limits()
SHARED = Limits(
    shared=True,
    runs=2,
    runs_each=1,
    waiting=100,
    waiting_each=3,
    identities=2_000,
    steps=500,
    images=20_000,
    seconds=1800,
    disk=20_000,
    disk_each=2_000,
    hours=72,
    events=1000,
    events_each=24,
    questions_each=100,
    streams_each=64,
    bodies_each=100,
    newcomers_each=64,
    restored_megabytes=300,
)


def limits_from(environment: Mapping[str, str] | None = None, *, shared: bool | None = None) -> Limits:
    """What the environment asks for. shared: said by an option, which goes before it. InputError for a bad number."""
    known = os.environ if environment is None else environment
    shared = _switched(known, SWITCH) if shared is None else shared
    names = [field.name for field in fields(Limits) if field.name not in SWITCHES]
    asked: dict[str, Any] = {name: _limit(PREFIX + name.upper(), known[PREFIX + name.upper()]) for name in names
             if known.get(PREFIX + name.upper())}  # fmt: skip
    return replace(SHARED if shared else LAPTOP, proxied=shared and _switched(known, PROXY), **asked)


def _switched(known: Mapping[str, str], name: str) -> bool:
    """What a switch says; without a word from it, whether this is a Space."""
    told = known.get(name)
    return bool(known.get("SPACE_ID")) if told is None else told.strip().lower() not in OFF


def _limit(name: str, told: str) -> int | None:
    if told.strip().lower() == "none":
        return None
    if not told.strip().isdecimal() or int(told) < 1:
        raise InputError(f"{name} is a whole number from 1, or none; it was {told[:40]!r}.")
    return int(told)


def _number(options: Mapping[str, Any], name: str) -> int:
    value = options.get(name)
    return value if isinstance(value, int) else 0


def _people_of(source: str) -> int:
    """How many a run has that others are made of all of; 0 where it does not say."""
    try:
        return _number(open_run(Path(source)).options, "identities")
    except RunError:
        return 0
