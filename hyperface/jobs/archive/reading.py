"""A run restored from a file that anybody may have made.

Sizes are counted as they come and not as the file tells them, names are those of a run's files, and the run's folder
appears under its name when everything has been looked at.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from hyperface.errors import RunError
from hyperface.files import check_regular, disk_error, json_bytes, read_object, write_atomic
from hyperface.jobs.archive.bounds import Bounds
from hyperface.jobs.archive.checked import CONFIG, RESTORED, check_run
from hyperface.jobs.archive.kinds import Kind, check_file, kind_of
from hyperface.jobs.archive.places import NAME, over_strings, placed
from hyperface.runs import MOST_NAME, Run, open_run

CHUNK = 2**18  # bytes
ENTRY_BYTES = 200  # of the table at a zip's end, for each file: 46 and its name
TABLE_LEAST = 2**17  # bytes of that table that are always read
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError, RuntimeError)


def restore(
    file: Path,
    folder: Path,
    *,
    bounds: Bounds,
    known: Callable[[], Iterable[Run]],
    adopt: Callable[[Run], object] = lambda run: None,
    keep_name: bool = True,
) -> Run:
    """Make a run of an archive.

    Args:
        file: the archive.
        folder: where the run's folder goes.
        bounds: how much is taken.
        known: the runs that it may be made from, and that may have been made from it.
        adopt: called with the run before anybody finds it; what it raises leaves nothing behind.
        keep_name: whether the run is called as it was, where no other is; otherwise it always gets a new name.

    Returns:
        The run. Where it and the known ones were made from each other, they name each other.

    Raises:
        RunError: It is no archive of a run, damaged, larger than the bounds, or holds what no run does; or the disk is
            full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f".restored-{secrets.token_hex(4)}.partial"
    try:
        place.mkdir()
        name = _unpack(file, place, bounds)
        check_run(place, name, unfinished=bounds.unfinished)
        adopt(open_run(place))
        path = _moved(place, folder, name, keep_name=keep_name)
    except OSError as error:
        raise disk_error(folder, error) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
    run = open_run(path)
    _introduce(run, list(known()))
    return open_run(path)


def _unpack(file: Path, place: Path, bounds: Bounds) -> str:
    """Write the files of an archive into the folder `place`; the name of the run."""
    check_regular(file)
    try:
        with _Table(file, bounds.files) as table, zipfile.ZipFile(table) as archive:
            entries = list(_entries(archive.infolist(), bounds.files))
            table.most = max(table.most, 2**31)  # what is read from here on is read in parts
            left = bounds.bytes
            for entry, name, kind in entries:
                target = place / name
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= _written(archive, entry, target, left)
                _look_at(target, name, kind)
    except DAMAGED as error:
        raise RunError(f"This file is not the archive of a run, or is damaged ({_reason(error)}).") from error
    if not (place / CONFIG).is_file():
        raise RunError("This file is not the archive of a run: no config.json is in it.")
    return PurePosixPath(entries[0][0].filename).parts[0]


def _entries(listed: list[zipfile.ZipInfo], most: int) -> Iterator[tuple[zipfile.ZipInfo, str, Kind]]:
    """Those of an archive that are files of a run, each with its name in the run's folder. RunError for any other."""
    if len(listed) > most:
        raise RunError(f"The archive holds {len(listed):,} files; at most {most:,} are taken.")
    seen: set[str] = set()
    top: str | None = None
    for entry in listed:
        told = entry.filename[:80]
        first, _, name = entry.filename.partition("/")
        top = first if top is None else top
        if first != top or not _plain(entry):
            raise RunError(f"The archive holds {told!r}, which is no file of a run's folder.")
        if entry.is_dir():
            continue
        kind = kind_of(name)
        if kind is None:
            raise RunError(f"The archive holds {told!r}, which no run has.")
        if name.casefold() in seen:
            raise RunError(f"The archive holds {told!r} twice.")
        seen.add(name.casefold())
        if kind.restored:
            yield entry, name, kind


def _plain(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is an ordinary file or folder, open to everybody, with a name that stays below the run's."""
    mode = entry.external_attr >> 16
    parts = entry.filename.removesuffix("/").split("/")
    return (
        entry.orig_filename == entry.filename  # zipfile cuts names at a zero byte
        and stat.S_IFMT(mode) in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG)
        and not entry.flag_bits & 1  # encrypted
        and entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        and len(entry.filename.encode()) <= 2 * MOST_NAME
        and re.fullmatch(NAME, parts[0]) is not None
        and ".." not in parts
        and "" not in parts
    )


def _written(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Unpack one file; its size. RunError as soon as it is more than what is left."""
    size = 0
    with archive.open(entry) as source, target.open("xb") as file:
        while part := source.read(CHUNK):
            size += len(part)
            if size > left:
                raise RunError("The archive unpacks to more than is taken here.")
            file.write(part)
    return size


def _look_at(path: Path, name: str, kind: Kind) -> None:
    try:
        check_file(path, name, kind)
    except RunError:
        if kind.needed:
            raise
        path.unlink()


def _moved(place: Path, folder: Path, name: str, *, keep_name: bool) -> Path:
    """Where the folder lies from now on: nothing is ever replaced."""
    wanted = folder / name
    while not keep_name or wanted.exists() or wanted.is_symlink():
        wanted, keep_name = folder / f"{name[: MOST_NAME - 10]}-{secrets.token_hex(3)}", True
    place.rename(wanted)
    return wanted


def _introduce(run: Run, known: list[Run]) -> None:
    """Let restored runs name those that they were made from by what these are called here, in whatever order they came.

    Of two that had the same name elsewhere, the one that has it here goes first, then the newest.
    """
    called: dict[str, str] = {}
    for each in [*reversed(known), run]:
        with contextlib.suppress(RunError):
            called[str(read_object(each.path / CONFIG, error=RunError).get(RESTORED, each.name))] = each.name
    called |= {each.name: each.name for each in known}
    paths = {each.name: each.path for each in [*known, run]}
    change = placed({name: paths[now] for name, now in called.items()})
    for each in {each.name: each for each in [*known, run]}.values():
        with contextlib.suppress(RunError):
            content = read_object(each.path / CONFIG, error=RunError)
            if RESTORED not in content:
                continue
            parents = [called.get(name, name) for name in each.parents]
            _rewrite(each.path / CONFIG, {**over_strings({**content, "title": ""}, change), "title": content["title"],
                                          "parents": parents})  # fmt: skip
            _rewrite(each.path / "results.json", over_strings(each.results(), change))


def _rewrite(path: Path, content: dict[str, object]) -> None:
    if path.is_file() and read_object(path, error=RunError) != content:
        write_atomic(path, json_bytes(content))


class _Table(io.FileIO):
    """A zip that is opened: its table of files is read in one go, however long the file says that it is."""

    def __init__(self, path: Path, files: int) -> None:
        super().__init__(path)
        self.most = TABLE_LEAST + ENTRY_BYTES * files

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if (left if size is None or size < 0 else min(left, size)) > self.most:
            raise RunError("The archive holds more files than are taken here.")
        return super().read(-1 if size is None else size) or b""


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
