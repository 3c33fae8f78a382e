"""What a verb's work consists of, and its options in a run folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from hyperface.errors import RunError, require
from hyperface.runs import DONE, RUNNING, Run, Worker, delete

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from hyperface.jobs.console import Console

    Options = TypeVar("Options", bound=DataclassInstance)


def _is_complete(run: Run) -> None:
    pass


def _itself(run: Run) -> list[Run]:
    return [run]


@dataclass(frozen=True)
class Job:
    """work: does, or continues, what a run folder asks for, inside its worker's block. told: what the run came to, in
    words, its last line the path of what it made; "" for nothing. belonging: the runs that are performed one after the
    other when this one is. complete: makes, before a run is continued, what a kill left out as its folders were made.
    discard: removes the folder of a run that came to nothing.

    follow: what every other process does when several were launched together, called with what `work` tells them; None
    where one process does it all. patience: how long they wait for each other; torch's own if not given.

    anew: the options that a run may be continued with instead of its own. longer: those of them that only grow: a
    finished run that is given more goes on.
    """

    verb: str
    work: Callable[[Worker, Console], None]
    told: Callable[[Run], str]
    belonging: Callable[[Run], list[Run]] = _itself
    complete: Callable[[Run], None] = _is_complete
    discard: Callable[[Run], None] = delete
    follow: Callable[..., None] | None = None
    patience: timedelta | None = None
    anew: tuple[str, ...] = ()
    longer: tuple[str, ...] = ()

    def perform(self, run: Run, console: Console) -> None:
        """Do, or continue, the work of a run folder, and say what came of it."""
        left = [each for each in self.belonging(run) if each.status().state != DONE]
        if not left:
            console.event("done", run=str(run.path), state=DONE, results=run.results(), output=self._output(run))
            console.say(f"This run is finished: there is nothing to continue.\n{self._output(run)}")
        for each in left:
            if each.path != run.path and each.status().state == RUNNING:
                return
            worker = Worker(each)
            with worker.working():
                self.work(worker, console)
            state = each.status().state
            console.event("done", run=str(each.path), state=state, results=each.results(), output=self._output(each))
            if text := self.told(each):
                console.say(text)
            if state != DONE:  # asked to stop
                return

    def _output(self, run: Run) -> str:
        """The path of what a run made: the last line of what is told of it."""
        return (self.told(run).splitlines() or [str(run.path)])[-1]


def options_of(run: Run, kind: type[Options]) -> Options:
    """The options that a run was made with. RunError for one that this version does not know.

    A kind's EARLIER says what runs did before there was an option, where that is not its default.
    """
    unknown = sorted(run.options.keys() - {field.name for field in fields(kind)})
    if unknown:
        raise RunError(f"The run {run.name} has options that this version does not know: {', '.join(unknown)}.")
    return kind(**{**getattr(kind, "EARLIER", {}), **{name: as_option(value) for name, value in run.options.items()}})


def as_option(value: Any) -> Any:
    """A value as options hold it: JSON and argparse have lists where they have tuples."""
    return tuple(value) if isinstance(value, list) else value


def require_learning_rate(rate: float | None, advice: str = "") -> None:
    """InputError for one that is not above 0; None is a rate that is chosen. advice: what else could be done."""
    require(rate is None or rate > 0, f"The learning rate must be above 0; it was {rate}. {advice}".rstrip())
