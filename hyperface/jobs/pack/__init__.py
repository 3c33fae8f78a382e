"""Packing identities on the hypersphere, as a run."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from hyperface.jobs.checkpoints import checkpoint_step
from hyperface.jobs.console import Console
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.pack.options import (
    OBJECTIVES,
    STARTS,
    PackOptions,
    create,
    packing_space,
    write_space,
)
from hyperface.jobs.pack.picture import PictureProcess
from hyperface.runs import Run, Worker, names

__all__ = ["JOB", "OBJECTIVES", "STARTS", "PackOptions", "create", "packing_space", "write_space"]


def _work(worker: Worker, console: Console) -> None:
    options = options_of(worker.run, PackOptions)
    worker.progress(0, message="Loading")
    with ExitStack() as stack:
        picture = None
        if options.frames > 0:  # first of all: it loads its own libraries while this process loads torch
            resumed_at = checkpoint_step(worker.path / names.CHECKPOINT)
            picture = PictureProcess(
                worker.path / names.FRAMES, seed=options.seed, keep_until=resumed_at, umap=options.umap
            )
            stack.enter_context(picture)
        from hyperface.jobs.pack.work import PackWork

        PackWork(worker, console, options, picture).run()


def _follow(*what: Any) -> None:
    from hyperface.jobs.pack.work import follow

    follow(*what)


def _told(run: Run) -> str:
    results = run.results()
    if not results:
        return f"nothing was packed\n{run.path}"
    return (
        f"smallest angle {results['min_angle']:.2f}° (no packing can exceed {results['bound_angle']:.2f}°), "
        f"mean nearest {results['mean_nearest_angle']:.2f}°, objective {results['objective']:.4f}\n{run.path}"
    )


JOB = Job("pack", _work, _told, follow=_follow, anew=("steps", "learning_rate"), longer=("steps",))
