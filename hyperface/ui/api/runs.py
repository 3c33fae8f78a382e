"""/runs: what was started here, how far it is, and what came of it."""

from collections.abc import Callable
from typing import TypedDict

from hyperface.jobs.registry import JOBS
from hyperface.runs import Run
from hyperface.ui.api import asked
from hyperface.ui.api.answering import answering, without
from hyperface.ui.parts.context import AppContext

MOST = 100  # runs of one answer


class RunNews(TypedDict):
    """How far a run is. created: ISO 8601, UTC. parents: the runs it was made from. figures: its numbers so far."""

    run: str
    verb: str
    title: str
    created: str
    ready_made: bool
    state: str
    progress: float
    seconds_left: float | None
    message: str
    parents: list[str]
    figures: dict[str, float]


def runs_endpoint(context: AppContext) -> Callable[..., list[RunNews]]:
    """The function behind /runs."""

    @answering(context)
    def runs(run: str | None = None, verb: str | None = None, count: int = 20) -> list[RunNews]:
        """List the runs (packings, datasets, models, evaluations, ...) that you may see, or ask how far one is.

        Args:
            run: Name of one run; if not given, all are listed.
            verb: Only runs of this kind: pack, gallery, generate, train, evaluate, separate, study, ...
            count: How many at most, 1 to 100; the newest first, then those that are ready-made.

        Returns:
            A list of dicts: run (its name), verb, title, created, ready_made, state (waiting, starting, running, done,
                stopped, failed or interrupted), progress (0 to 1), seconds_left, message, parents (the runs it was made
                from), figures (its latest numbers).
        """
        most = asked.whole(count, "count", 1, MOST)
        kind = None if verb is None else asked.one_of(verb, "verb", sorted(JOBS))
        found = context.runs(kind) if run is None else [context.run(asked.run_name(run))]
        return [_news(context, each) for each in found[:most]]

    return runs


def _news(context: AppContext, run: Run) -> RunNews:
    status = run.status()
    figures = {**next(iter(reversed(run.metrics())), {}), **run.results()}
    return {
        "run": run.name,
        "verb": run.verb,
        "title": run.title,
        "created": run.created,
        "ready_made": context.is_demo(run),
        "state": status.state,
        "progress": status.progress,
        "seconds_left": status.seconds_left,
        "message": without(context, status.message),
        "parents": list(run.parents),
        "figures": {name: value for name, value in figures.items() if isinstance(value, int | float)},
    }
