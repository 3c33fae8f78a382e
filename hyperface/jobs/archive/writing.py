"""The archive of a run, written as it is asked for: no copy of it lies on the disk.

The same run gives the same bytes: files in the order of their names, with no dates, nothing compressed. Pictures,
tensors and arrays would hardly get smaller.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from hyperface.errors import RunError, require
from hyperface.files import atomic_path, json_bytes, parse_json
from hyperface.jobs.archive.kinds import kind_of
from hyperface.jobs.archive.places import over_strings, placeless
from hyperface.runs import Run

DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell
MODE = 0o644
CHUNK = 2**18  # bytes
SUFFIX = ".zip"
DEEPEST = 3  # folders in one another


def archive_name(run: Run) -> str:
    """What the file is called."""
    return run.name + SUFFIX


def write_archive(run: Run, path: Path) -> None:
    """Write a run into a file. InputError if there is one, RunError for a run at work or a full disk."""
    require(not path.exists(), f"{path} is there already. Choose another name, or move it away.")
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for part in archived(run):
            file.write(part)


def archived(run: Run) -> Iterator[bytes]:
    """The archive of a run, part by part. RunError, at the first part, for a run at work: its files change."""
    if run.status().active:
        raise RunError(f"{run.title} is still at work. Wait for its end, or stop it first.")
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w") as archive:
        for name, path in _members(run):
            yield from _written(archive, sink, run, name, path)
    yield sink.taken()


def _members(run: Run) -> list[tuple[str, Path]]:
    """Its files that an archive holds, by name. Nothing that a link leads to is among them."""
    found: list[tuple[str, Path]] = []

    def look(folder: Path, depth: int) -> None:
        for path in folder.iterdir():
            if path.is_symlink():
                continue
            if path.is_dir() and depth < DEEPEST:
                look(path, depth + 1)
            elif path.is_file() and kind_of(path.relative_to(run.path).as_posix()) is not None:
                found.append((path.relative_to(run.path).as_posix(), path))

    look(run.path, 0)
    return sorted(found)


def _written(archive: zipfile.ZipFile, sink: _Sink, run: Run, name: str, path: Path) -> Iterator[bytes]:
    entry = zipfile.ZipInfo(f"{run.name}/{name}", DATE)
    entry.external_attr = MODE << 16
    entry.create_system = 3  # Unix, wherever it is written
    kind = kind_of(name)
    if kind is not None and kind.told:
        archive.writestr(entry, _placeless(run, path))
        yield sink.taken()
        return
    entry.file_size = path.stat().st_size  # says whether it needs the larger form of an entry
    with path.open("rb") as file, archive.open(entry, "w") as member:
        while part := file.read(CHUNK):
            member.write(part)
            yield sink.taken()


def _placeless(run: Run, path: Path) -> bytes:
    """A file of text, telling no folder of this machine. RunError for one that is damaged."""
    content, change = path.read_bytes(), placeless(run.path)
    try:
        if path.suffix == ".json":
            told = parse_json(content)
            changed = over_strings(told, change)
            return content if changed == told else json_bytes(changed)
        if path.suffix == ".jsonl":
            whole = content[: content.rfind(b"\n") + 1]  # a line that a kill cut short is left out
            return b"".join(_line(line, change) for line in whole.splitlines(keepends=True))
        return change(content.decode()).encode()
    except ValueError as error:
        raise RunError(f"{path.name} of the run {run.name} is damaged ({error}).") from error


def _line(line: bytes, change: Callable[[str], str]) -> bytes:
    told = parse_json(line)
    changed = over_strings(told, change)
    return line if changed == told else json.dumps(changed, separators=(",", ":")).encode() + b"\n"


class _Sink:
    """A file that cannot be read or sought in: what is written to it is taken out as it comes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """There is nothing behind it."""

    def taken(self) -> bytes:
        """What has been written since the last time."""
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole
