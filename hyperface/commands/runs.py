"""List the runs of a folder, newest first: what each did, how far it is, and where it is kept.

A folder that was a run and cannot be read any more is named below them, with the reason.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface import runs
from hyperface.commands.arguments import add_json_argument
from hyperface.errors import require
from hyperface.jobs.console import Console

HELP = "list what was done"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        metavar="DIR",
        help="where they are (default HYPERFACE_RUNS, or runs/ in this folder)",
    )
    parser.add_argument("--of", metavar="VERB", help="only the runs of this verb")
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """List them. InputError where there is no such folder."""
    folder = (arguments.folder or runs.runs_folder()).absolute()
    require(folder.is_dir(), f"There is no folder {folder}. Runs are kept in runs/, or where --run said.")
    listed, damaged = runs.list_runs([folder], arguments.of), runs.damaged_runs([folder])
    for run in listed:
        status = run.status()
        what = {"verb": run.verb, "title": run.title, "created": run.created}
        console.event("run", run=str(run.path), state=status.state, progress=status.progress, **what)
        if not console.json_lines:
            console.say(
                f"{run.created[:16].replace('T', ' '):16}  {run.verb:9} {status.state:12} {run.name}  {run.title}"
            )
    for each in damaged:
        console.event("damaged", run=str(each.path), reason=each.reason)
    if damaged and not console.json_lines:
        console.say(f"{len(damaged):,} damaged:")
        for each in damaged:
            console.say(f"  {each.reason}")
    if not console.json_lines:
        console.say(f"{len(listed):,} runs in\n{folder}")
