"""Lesson 6 for the page: a race that is run step by step as the page asks for it, and what some races say together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from hyperface.drawing import data_url
from hyperface.errors import InputError
from hyperface.lessons import race
from hyperface.ui.learn.asked import whole
from hyperface.ui.learn.heads import cast_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.questions import said
from hyperface.ui.parts.run_view import Question

if TYPE_CHECKING:
    from hyperface.lessons.race import Race, Seen

KEPT = 8  # races that visitors may be watching at once; the one that nobody asked for longest begins again if asked for
AT_ONCE = 4  # people in one answer


@dataclass
class _Running:
    """A race on its way: its work, what it has shown, and its result at the end."""

    work: Generator[Seen, None, Race]
    shown: list[dict[str, str]] = field(default_factory=list)
    result: Race | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def shown_from(self, start: int) -> list[dict[str, str]]:
        """At most AT_ONCE people from number `start` on, drawn if they are not yet."""
        with self.lock:
            while self.result is None and len(self.shown) < start + AT_ONCE:
                try:
                    step = next(self.work)
                except StopIteration as end:
                    self.result = end.value
                    break
                self.shown.append({"arm": step.arm, "face": data_url(step.faces[0])})
            return self.shown[start : start + AT_ONCE]


class _Races:
    """The races that are being watched, by seed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._races: OrderedDict[int, _Running] = OrderedDict()

    def get(self, seed: int, context: AppContext) -> _Running:
        with self._lock:
            if seed not in self._races:
                cast = cast_of(context)
                test = context.cached("lesson race", lambda: race.strangers(cast.gallery, cast.generator))
                self._races[seed] = _Running(race.run(cast.gallery, cast.generator, test, span=cast.span, seed=seed))
            self._races.move_to_end(seed)
            while len(self._races) > KEPT:
                self._races.popitem(last=False)
            return self._races[seed]


def answer(context: AppContext, question: Question) -> dict[str, Any]:
    """race: people of the race with this `seed`, `from` a number on, and its result once all are there. tally: of
    `leads`."""
    what = question.get("what")
    if what == "race":
        start = whole(question, "from")
        if start < 0:
            raise InputError(f"The people of a race are numbered from 0; {start} was asked for.")
        running = context.cached("lesson races", _Races).get(whole(question, "seed"), context)
        runners = running.shown_from(min(start, len(race.ARMS) * race.PEOPLE))
        result = running.result if start + len(runners) >= len(race.ARMS) * race.PEOPLE else None
        told = None if result is None else {**asdict(result), "lead": result.lead}
        drawn = (start + len(runners)) // len(race.ARMS)
        return {"runners": runners, "result": told, "state": f"{drawn} of {race.PEOPLE} people of each lane are drawn."}
    if what == "tally":
        leads = question.get("leads")
        if not isinstance(leads, list) or not all(isinstance(lead, int | float) for lead in leads):
            raise InputError("The leads of races are numbers.")
        return asdict(race.tally([float(lead) for lead in leads[:1000]]))
    raise InputError(f"The lesson cannot be asked {said(what)}.")
