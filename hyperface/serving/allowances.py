"""What each visitor may have going at once, so that nobody's flood keeps another's page from working.

A visitor is known by a key. Whoever sends none, or one that the server has not seen with a page yet, shares one
allowance with all others of the same address, and an address brings only so many newcomers in a while: a client that
makes up a key for every request gains nothing by it.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from hyperface.serving.door import EVENT, FREE_BYTES, PAGE, QUESTION, STREAM
from hyperface.serving.limits import Limits
from hyperface.serving.refusals import RefusedError

ANSWERED_AT_ONCE = 8  # questions of one visitor; the others wait, and take no thread of the server
NEWCOMER_SECONDS = 10.0  # after which an address may bring one more
MOST_KNOWN = 10_000  # keys, and addresses, that are remembered
MEGABYTE = 1_000_000
UNREAD_SECONDS = 600.0  # that an answer is kept for a page that does not fetch it


@dataclass(eq=False)
class Asked:
    """A request that is being answered, and, if it was an event, that event until its answer was fetched.

    who: whose allowance it counts to. session, event: the framework's names for it, once it has some. since:
    `time.monotonic` when it was first seen to be done. size: bytes of its body.
    """

    who: str
    address: str
    session: str = ""
    event: str = ""
    since: float = 0.0
    size: int = 0


class Line(Protocol):
    """The framework's queue of events, as far as it is looked into here."""

    def going(self) -> Sequence[Asked]:
        """Of the events that wait or are at work."""

    def unread(self) -> Sequence[Asked]:
        """Of those that are done and whose answer nobody has fetched, oldest first."""

    def forget(self, session: str) -> None:
        """Drop the messages and the memory of a session."""


@dataclass
class Newcomers:
    """Keys that the server knows, of which an address brings `most` at once and one more every NEWCOMER_SECONDS."""

    most: int | None
    clock: Callable[[], float] = time.monotonic
    _known: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _brought: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)  # how many, as of when

    def knows(self, mark: str) -> bool:
        """Whether a key with this mark has an allowance of its own."""
        if mark not in self._known:
            return False
        self._known.move_to_end(mark)
        return True

    def meet(self, mark: str, address: str) -> None:
        """A page was opened with this key, from there."""
        if self.knows(mark):
            return
        brought, moment = self._brought.pop(address, (0.0, 0.0))
        now = self.clock()
        brought = max(0.0, brought - (now - moment) / NEWCOMER_SECONDS)
        if self.most is None or brought + 1 <= self.most:
            self._known[mark] = None
            brought += 1
        self._brought[address] = (brought, now)
        for table in (self._known, self._brought):
            while len(table) > MOST_KNOWN:
                table.popitem(last=False)


class Allowances:
    """How much is going for whom. Used from one event loop."""

    def __init__(self, limits: Limits, line: Line) -> None:
        self._limits, self._line = limits, line
        self._asked: dict[str, set[Asked]] = {PAGE: set(), QUESTION: set(), EVENT: set(), STREAM: set()}
        self._gates: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def going(self, kind: str, asked: Asked) -> AsyncIterator[None]:
        """A block in which a request is answered. RefusedError (429) where too much of this visitor's is going."""
        if kind == EVENT:
            self._check_events(asked)
        elif kind == STREAM:
            self._check(STREAM, asked, self._limits.streams_each, "connections are open")
        elif kind:
            self._check(kind, asked, self._limits.questions_each, "questions wait for their answers")
        if not kind:
            yield
            return
        self._asked[kind].add(asked)
        try:
            if kind in (PAGE, QUESTION):
                async with self._gate(asked.who):
                    yield
            else:
                yield
        finally:
            self._asked[kind].discard(asked)
            if not any(each.who == asked.who for kind in (PAGE, QUESTION) for each in self._asked[kind]):
                self._gates.pop(asked.who, None)

    def grow(self, asked: Asked, size: int) -> None:
        """So many bytes of a body are here. RefusedError where bodies of this visitor's take too much room already."""
        asked.size = size
        most = self._limits.bodies_each
        if most is None or size <= FREE_BYTES:
            return
        held = sum(each.size for each in {*self._line.going(), *self._in_flight()} if each.who == asked.who)
        if held > most * MEGABYTE:
            raise RefusedError(429, f"Your requests together hold {most} MB already; wait until some are done.")

    def _in_flight(self) -> Iterator[Asked]:
        return itertools.chain.from_iterable(self._asked.values())

    def _gate(self, who: str) -> asyncio.Semaphore:
        return self._gates.setdefault(who, asyncio.Semaphore(ANSWERED_AT_ONCE))

    def _check(self, kind: str, asked: Asked, most: int | None, what: str) -> None:
        count = sum(each.who == asked.who for each in self._asked[kind])
        if most is not None and count >= most:
            raise RefusedError(429, f"{count} of your {what} already; wait until some are done.")

    def _check_events(self, asked: Asked) -> None:
        going = {*self._line.going(), *self._asked[EVENT]}
        own = sum(each.who == asked.who for each in going)
        if self._limits.events_each is not None and own >= self._limits.events_each:
            raise RefusedError(429, f"{own} of your presses wait or are at work already; wait until some are done.")
        most = self._limits.events
        if most is not None and sum(each.address == asked.address for each in going) >= most // 2:
            raise RefusedError(429, "Too much from your address waits already; try again in a minute.")
        self._drop_unread(asked, {each.session for each in going})

    def _drop_unread(self, asked: Asked, busy: set[str]) -> None:
        """Answers that nobody fetches are not kept: neither old ones, nor more of a visitor than they may ask for."""
        unread, now = self._line.unread(), time.monotonic()
        own = [each for each in unread if each.who == asked.who]
        most = self._limits.events_each
        spare = own[: max(0, len(own) - most + 1)] if most is not None else []
        for each in {*spare, *(each for each in unread if now - each.since > UNREAD_SECONDS)}:
            if each.session not in busy:
                self._line.forget(each.session)
        if most is not None and sum(each.who == asked.who for each in self._line.unread()) >= 2 * most:
            raise RefusedError(429, "Nobody fetches the answers to your presses; fetch them first.")


class Fair:
    """Which of the events that wait is next: of the address, and then of the visitor, with the least at work and whose
    last turn is longest ago; among those the first."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, int] = OrderedDict()
        self._turn = 0

    def choose(self, waiting: Sequence[Asked | None], working: Iterable[Asked | None], most: int) -> int | None:
        """The place of the next among those that wait, None for none. most: of one visitor, at work at once."""
        by_who = Counter(each.who for each in working if each is not None)
        by_address = Counter(each.address for each in working if each is not None)

        def key(place: int) -> tuple[int, int, int, int, int]:
            each = waiting[place]
            if each is None:
                return (0, 0, 0, 0, place)
            return (by_address[each.address], self._turns.get(each.address, 0), by_who[each.who],
                    self._turns.get(each.who, 0), place)  # fmt: skip

        free = (place for place, each in enumerate(waiting) if each is None or by_who[each.who] < most)
        place = min(free, key=key, default=None)
        chosen = waiting[place] if place is not None else None
        if chosen is not None:
            self._turn += 1
            for name in (chosen.address, chosen.who):
                self._turns[name] = self._turn
                self._turns.move_to_end(name)
            while len(self._turns) > MOST_KNOWN:
                self._turns.popitem(last=False)
        return place
