"""The runs of one story: a packing, and the newest dataset, training and test, each made of the one before."""

from __future__ import annotations

from dataclasses import dataclass

from hyperface.errors import RunError
from hyperface.runs import DONE, Run, names
from hyperface.ui.parts.context import AppContext

PEOPLE, PICTURES_EACH = 200, 20  # of the dataset that is made where nothing else is asked for


@dataclass(frozen=True)
class Chain:
    """packing: the run that is shown. The others are None while there are none."""

    packing: Run
    dataset: Run | None = None
    training: Run | None = None
    test: Run | None = None

    @property
    def runs(self) -> list[Run]:
        """Those that there are, in order."""
        return [run for run in (self.packing, self.dataset, self.training, self.test) if run is not None]


def chain_of(context: AppContext, name: str | None) -> Chain | None:
    """What has been made of the packing with this name; None without such a packing."""
    try:
        packing = context.run(name or "")
    except RunError:
        return None
    if packing.verb != "pack":
        return None
    runs = context.runs()
    dataset = _newest_of(runs, "generate", packing)
    training = _newest_of(runs, "train", dataset)
    return Chain(packing, dataset, training, _newest_of(runs, "evaluate", training))


def _newest_of(runs: list[Run], verb: str, parent: Run | None) -> Run | None:
    """The newest run of the verb that was made of the parent. runs: newest first."""
    if parent is None:
        return None
    return next((run for run in runs if run.verb == verb and parent.name in run.parents), None)


def landing_run(context: AppContext, wanted: list[str]) -> str | None:
    """The packing to begin a page with: the first of those wanted that is there, else a ready-made one, else the newest
    that has come to an end."""
    packings = context.runs("pack")
    known = {run.name for run in packings}
    found = next((name for name in wanted if name in known), None)
    if found is not None:
        return found
    ready = [run for run in packings if context.is_demo(run)]
    ended = (run for run in packings if (run.path / names.EMBEDDINGS).is_file() and run.status().state == DONE)
    chosen = ready[0] if ready else next(ended, packings[0] if packings else None)
    return None if chosen is None else chosen.name


def pictures_to_make(packing: Run) -> tuple[int, int]:
    """People, and pictures of each, of the dataset that one press makes of a packing."""
    return min(PEOPLE, int(packing.options.get("identities", PEOPLE))), PICTURES_EACH
