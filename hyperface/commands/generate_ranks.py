"""One dataset drawn by the processes of `torchrun`, each of which draws every so manyth image.

The first process has the run folder and the terminal; the others draw into the same folder, which all must see, and
stop when the run does.
"""

from __future__ import annotations

import datetime
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from torch import distributed

from hyperface.commands.generate import GenerateOptions, drawing
from hyperface.runs import open_run

PATIENCE = datetime.timedelta(days=7)  # of the first one, for the slowest


def part() -> tuple[int, int]:
    """This process's number, and how many there are."""
    return distributed.get_rank(), distributed.get_world_size()


def call_followers(options: GenerateOptions, run: Path) -> None:
    """Tell the other processes what to draw; the folder is ready for them."""
    distributed.broadcast_object_list([(asdict(options), str(run))], src=0)


def wait_for_followers() -> None:
    """Until all have drawn their part."""
    distributed.barrier()


def follow() -> None:
    """Draw this process's part for the first one."""
    # A process that ends closes its connections, and who waits for it gets a RuntimeError: nothing is lost.
    with suppress(RuntimeError):
        told: list = [None]
        distributed.broadcast_object_list(told, src=0)
        options, run = GenerateOptions(**told[0][0]), open_run(told[0][1])
        steps = drawing(options, run.path / "dataset", part())
        try:
            for _ in steps:
                if not run.status().active:
                    return
        finally:
            steps.close()
        distributed.barrier()
