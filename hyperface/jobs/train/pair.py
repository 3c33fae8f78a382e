"""A against B: two trainings that know each other, and are continued and deleted together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hyperface import runs
from hyperface.errors import RunError, require
from hyperface.files import write_atomic
from hyperface.jobs.job import options_of
from hyperface.jobs.train.options import TrainOptions, create
from hyperface.runs import Run, Worker, is_run, open_run

SECOND = "-against"  # what the second one's name ends in
PARTNER = "partner"  # the name of the run folder beside this one that it is compared with


def create_pair(options: TrainOptions, *, path: Path | None = None, folder: Path | None = None) -> tuple[Run, Run]:
    """The run folders of A against B. The second one is performed when the first is done."""
    require(options.against is not None, "Say which dataset to compare with.")
    first = create(options, path=path, folder=folder)
    return first, _join(first, create(_other(options), path=_second_path(first)))


def complete_pair(run: Run) -> None:
    """Make what is missing of a pair that a kill left half made; nothing for any other training."""
    options = options_of(run, TrainOptions)
    if options.against is None or (run.path / PARTNER).exists() or run.metrics() or run.name.endswith(SECOND):
        return
    path = _second_path(run)
    made = is_run(path) and options_of(open_run(path), TrainOptions) == _other(options)
    _join(run, open_run(path) if made else create(_other(options), path=path))


def _other(options: TrainOptions) -> TrainOptions:
    return replace(options, dataset=str(options.against), against=options.dataset)


def _second_path(first: Run) -> Path:
    return first.path.with_name(f"{first.name}{SECOND}")


def _join(first: Run, second: Run) -> Run:
    """Each knows the other, the first one last: with that the pair is whole."""
    Worker(second).postpone("Its turn comes when the other dataset has been trained on.")
    for run, partner in ((second, first), (first, second)):
        write_atomic(run.path / PARTNER, partner.name.encode())
    return second


def partner_of(run: Run) -> Run | None:
    """The other training of A against B; None for one of its own, or where the other one is gone."""
    try:
        name = (run.path / PARTNER).read_text(encoding="utf-8")
        return open_run(run.path.with_name(name))
    except (OSError, RunError):
        return None


def pair_of(run: Run) -> list[Run]:
    """A training and its other one, where it has one."""
    return [each for each in (run, partner_of(run)) if each is not None]


def discard(run: Run) -> None:
    """Delete both."""
    for each in pair_of(run):
        runs.delete(each)
