"""Folders and files that a run names, told without where they lie: the archive of a run is read on another machine.

In an archive `run:NAME` stands for the folder of the run of that name, `run:NAME/…` for what is in it, and
`elsewhere:NAME` for any other file or folder: it is not known where that is, and whoever continues the run is told so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hyperface.errors import RunError
from hyperface.runs import is_run

RUN, ELSEWHERE = "run:", "elsewhere:"
NAME = r"[A-Za-z0-9_][\w.+ -]{0,190}"
REFERENCE = re.compile(rf"{RUN}({NAME})((?:/[A-Za-z0-9_][\w.-]{{0,80}}){{0,3}})")
HARMLESS = re.compile(r"https?://\S+|scores/\d+\.npz")
_ABSOLUTE = re.compile(r"(?:(?P<kind>[\w.-]{2,40}):)?(?P<path>/.*|[A-Za-z]:[\\/].*)", re.DOTALL)
_IN_PROSE = re.compile(r"(?<![\w/:.<>-])/(?:[\w.+-]+/)+[\w.+-]+")  # and not in an address


def over_strings(value: Any, change: Callable[[str], str]) -> Any:
    """The same JSON with every text, names of objects excepted, as `change` gives it."""
    if isinstance(value, dict):
        return {key: over_strings(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [over_strings(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def placeless(folder: Path) -> Callable[[str], str]:
    """What tells a text of the run in this folder without naming folders of this machine."""
    known = sorted({str(folder.parent), str(folder.parent.resolve()), str(Path.home()), str(Path.cwd())}, key=len)
    known = [each for each in reversed(known) if len(Path(each).parts) > 1]

    def change(told: str) -> str:
        found = _ABSOLUTE.fullmatch(told)
        if found and "\n" not in told and (whole := _named(Path(found["path"]), folder.parent)):
            return f"{found['kind']}:{whole}" if found["kind"] else whole
        for each in known:
            told = told.replace(each + "/", "").replace(each, "")
        return _IN_PROSE.sub(lambda match: match[0].rpartition("/")[2], told)

    return change


def _named(path: Path, runs: Path) -> str:
    """How a file or folder is told. runs: where even what is gone by now was a run."""
    for run in (path, *path.parents[:3]):
        if is_run(run) or run.parent == runs:
            return RUN + path.relative_to(run.parent).as_posix()
    return ELSEWHERE + re.sub(r"[^\w.+ -]", "_", path.name or "nothing")


def placed(runs: Mapping[str, Path]) -> Callable[[str], str]:
    """What tells a text of an archive with the folders of these runs, by name; of runs that are not there it stays."""

    def change(told: str) -> str:
        kind, start, rest = told.partition(RUN)
        found = REFERENCE.fullmatch(start + rest)
        if found is None or found[1] not in runs:
            return told
        return f"{kind}{runs[found[1]]}{found[2]}"

    return change


def check_placeless(told: str, what: str) -> None:
    """RunError for a text that names a file of the machine it is read on, by whatever path.

    A path is anything that begins at the root, at home or at something that is in the working folder, alone or behind
    the name of a kind and a colon; texts may have slashes otherwise.
    """
    if HARMLESS.fullmatch(told):
        return
    for path in (told, told.partition(":")[2]):
        parts = re.split(r"[\\/]", path)
        rooted = path[:1] in ("/", "\\", "~") or re.match(r"[A-Za-z]:[\\/]", path)
        if "\0" in path or rooted or ".." in parts or (len(parts) > 1 and _is_here(parts[0])):
            raise RunError(f"{what} in the archive names a file of another machine: {told[:80]!r}.")


def _is_here(name: str) -> bool:
    try:
        return name in ("", ".") or Path(name).exists()
    except (OSError, ValueError):
        return False
