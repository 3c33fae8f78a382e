"""Run folders: what a piece of work was asked to do, how far it is, and what came of it.

    runs/<verb>-<time>-<slug>/
        config.json        verb, title, options, parents (the runs it was made from); written once, but for the title
        status.json        state, process, progress, seconds left, message; replaced as the work goes on
        metrics.jsonl      one JSON object a step, appended in whole lines
        launched           process that the app has started for it
        stop               its presence asks the worker to stop; its words, if any, say why
        waiting            its presence says that the run waits for its turn, which it holds the ticket of
        owner              whose run it is, on a server that strangers share
        doomed             when it is going to be deleted, on such a server
        results.json       figures of a finished run
        …                  checkpoint.safetensors and whatever else the verb makes

Every file is written to a temporary name first and then moved into place, so that a reader never sees half of one and
a kill at any moment leaves the last whole version. A reader takes a folder as it is: a line cut short is ignored, a
worker that is no longer alive makes the run `interrupted`, and a folder that is no run is left out of the listing;
one that was a run and is damaged is named beside it.
"""

from hyperface.runs.folder import (
    DONE,
    FAILED,
    INTERRUPTED,
    MOST_NAME,
    MOST_TITLE,
    RUNNING,
    STARTING,
    STOPPED,
    WAITING,
    DamagedRun,
    Run,
    RunStatus,
    Shown,
    create,
    damaged_runs,
    delete,
    everything,
    find_run,
    is_run,
    lineage,
    list_runs,
    mark_launched,
    open_run,
    rename,
    request_stop,
    runs_folder,
    write_launched,
)
from hyperface.runs.worker import StopRequested, Worker

__all__ = [
    "DONE",
    "FAILED",
    "INTERRUPTED",
    "MOST_NAME",
    "MOST_TITLE",
    "RUNNING",
    "STARTING",
    "STOPPED",
    "WAITING",
    "DamagedRun",
    "Run",
    "RunStatus",
    "Shown",
    "StopRequested",
    "Worker",
    "create",
    "damaged_runs",
    "delete",
    "everything",
    "find_run",
    "is_run",
    "lineage",
    "list_runs",
    "mark_launched",
    "open_run",
    "rename",
    "request_stop",
    "runs_folder",
    "write_launched",
]
