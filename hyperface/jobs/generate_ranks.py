"""One dataset drawn by the processes of `torchrun`, each of which draws every so manyth batch.

The first process has the run folder and the terminal; the others draw into the same folder, which all must see, and
stop when the run does.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from hyperface.jobs.generate import GenerateOptions, drawing
from hyperface.ranks import Ranks
from hyperface.runs import open_run


def follow(options: GenerateOptions, path: Path) -> None:
    """Draw this process's part for the first one."""
    run, ranks = open_run(path), Ranks.current()
    with contextlib.closing(drawing(options, run.path / "dataset", (ranks.rank, ranks.world))) as steps:
        for _ in steps:
            if not run.status().active:
                return
    ranks.wait()
