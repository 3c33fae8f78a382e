"""One training shared by the processes of `accelerate launch` or `torchrun`.

The first process has the run folder and the terminal. It tells the others what to train on and, before each step,
whether to go on, so that all end together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.commands.train import TrainOptions, load_training, training_steps
from hyperface.training.processes import Processes

if TYPE_CHECKING:
    from hyperface.training import TrainingStep


def follow(device: str) -> bool:
    """Work for the first process until it ends, and return True; at once False in the first process itself."""
    from torch import distributed

    if Processes.join(device).rank == 0:
        return False
    while True:
        told: list = [None]
        distributed.broadcast_object_list(told, src=0)
        if told[0] is None:
            return True
        options = TrainOptions(**told[0][0])
        dataset, resume, _ = load_training(options, Path(told[0][1]))
        for _ in agreed(training_steps(options, dataset, resume)):
            pass


def call_followers(options: TrainOptions, run: Path) -> None:
    """Tell the other processes, if there are any, what to train on; all of them must see the folders."""
    _tell((asdict(options), str(run)))


def dismiss_followers() -> None:
    """There is nothing more to train."""
    with suppress(RuntimeError):  # they have ended already, by the error that ended the first process
        _tell(None)


def _tell(what: object) -> None:
    from torch import distributed

    if distributed.is_initialized():
        distributed.broadcast_object_list([what], src=0)


def agreed(steps: Iterator[TrainingStep]) -> Iterator[TrainingStep]:
    """The steps, as long as the first process takes them; when it stops, the others do."""
    from torch import distributed

    many = distributed.is_initialized()
    try:
        for step in steps:
            yield step
            if many:
                go_on = [True]
                distributed.broadcast_object_list(go_on, src=0)
                if not go_on[0]:
                    return
    except GeneratorExit:
        if many:
            distributed.broadcast_object_list([False], src=0)
        raise
    finally:
        steps.close()
