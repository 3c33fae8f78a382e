"""List the runs of a folder, newest first: what each did, how far it is, and where it is kept.

A folder that was a run and cannot be read any more is named below them, with the reason. With --export a run is
written into one file, a zip, and with --import such a file, whoever made it, becomes a run of the folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface import runs
from hyperface.assets import assets_folder
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
    carried = parser.add_mutually_exclusive_group()
    carried.add_argument(
        "--export", nargs=2, metavar=("NAME", "FILE"), help="write the run of this name, or folder, whole into a file"
    )
    carried.add_argument(
        "--import",
        dest="imported",
        type=Path,
        metavar="FILE",
        help="restore a run from a file; it replaces none, and gets another name where there is one of its name",
    )
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """List them, or write one into a file, or restore one. InputError where there is no such folder."""
    folder = (arguments.folder or runs.runs_folder()).absolute()
    if arguments.export is not None:
        name, file = arguments.export
        _export(name, Path(file).absolute(), folder, console)
    elif arguments.imported is not None:
        _import(arguments.imported, folder, console)
    else:
        _list(arguments, folder, console)


def _export(name: str, path: Path, folder: Path, console: Console) -> None:
    from hyperface.jobs.archive import write_archive

    run = runs.open_run(name) if runs.is_run(name) else runs.find_run(name, _folders(folder))
    write_archive(run, path)
    console.event("done", run=str(run.path), output=str(path))
    console.say(f"{run.title}, {path.stat().st_size / 1e6:,.1f} MB\n{path}")


def _import(file: Path, folder: Path, console: Console) -> None:
    from hyperface.jobs.archive import Bounds, restore

    require(file.is_file(), f"There is no file {file}.")
    run = restore(file, folder, bounds=Bounds(), known=lambda: runs.list_runs(_folders(folder)))
    console.event("done", run=str(run.path), output=str(run.path))
    console.say(f"{run.title}, {run.status().state}\n{run.path}")


def _folders(folder: Path) -> list[Path]:
    """Where runs are looked for: that folder, and those that ship."""
    return [folder, assets_folder() / "demo"]


def _list(arguments: argparse.Namespace, folder: Path, console: Console) -> None:
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
