"""Other options for a run that is continued: what may be changed is changed, the rest is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hyperface.errors import InputError, RunError, require
from hyperface.files import json_bytes, read_object, write_atomic
from hyperface.jobs.job import Job, as_option
from hyperface.runs import DONE, Run, Worker, open_run


def change_options(run: Run, job: Job, changes: dict[str, Any]) -> Run:
    """The run with these options in place of its own, also in its folder.

    changes: by the names of options. What a run has already is no change. InputError, before anything is written, for
    one that cannot be changed, or that is less than what was done.
    """
    news = {name: value for name, value in changes.items() if not _is(run, name, value)}
    for name, value in news.items():
        if name not in job.anew or name not in run.options:
            raise InputError(_refusal(run, job, name))
        if name in job.longer:
            _check_longer(run, name, value)
    if not news:
        return run
    was_done = run.status().state == DONE
    write_options(run, news)
    if was_done:
        Worker(open_run(run.path)).postpone("It is to be continued with other options.")
    return open_run(run.path)


def write_options(run: Run, news: dict[str, Any]) -> None:
    """Write these options in place of a run's own into its folder, unasked."""
    path = run.path / "config.json"
    content = read_object(path, error=RunError)
    write_atomic(path, json_bytes({**content, "options": {**content["options"], **news}}))


def _is(run: Run, name: str, value: Any) -> bool:
    """Whether a run has this option so already; paths may be told from anywhere."""
    if name not in run.options:
        return False
    has = as_option(run.options[name])
    return bool(has == as_option(value)) or (isinstance(has, str) and has == str(Path(str(value)).absolute()))


def _refusal(run: Run, job: Job, name: str) -> str:
    word = f"--{name.replace('_', '-')}"
    may = ", ".join(f"--{each.replace('_', '-')}" for each in job.anew)
    had = f" It was begun with {run.options[name]}." if name in run.options else ""
    allowed = f" What may be said anew: {may}." if may else ""
    return f"{word} cannot be changed where {run.name} is continued.{had}{allowed} Leave it out, or begin a new run."


def _check_longer(run: Run, name: str, value: Any) -> None:
    """More than before, or at least as much as was done."""
    rows = run.metrics()
    done = max((int(row.get({"epochs": "epoch", "steps": "step"}.get(name, ""), 0)) for row in rows), default=0)
    least = run.options[name] if run.status().state == DONE or name not in ("epochs", "steps") else done
    require(
        value >= least,
        f"{run.name} has {least:,} {name.replace('_', ' ')} already; it can be made longer, not shorter: {value} were "
        "asked for.",
    )
