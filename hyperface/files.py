"""Files and folders that are whole or not there."""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from hyperface import locks
from hyperface.errors import CheckpointError, HyperFaceError, RunError

FULL = (errno.ENOSPC, errno.EDQUOT)
LARGEST_JSON = 2**26  # bytes


def write_atomic(path: Path, content: bytes, *, error: type[HyperFaceError] = RunError, sync: bool = True) -> None:
    """Write a file so that a reader, or a kill, finds either the old content or the new one.

    error: what is raised if it cannot be written. sync: wait until the disk has it, so that it outlives a loss of
    power; not for files of which there are very many.
    """
    with _placed(path, error) as (temporary, kept):
        file = kept.enter_context(_own(temporary))
        file.write(content)
        file.flush()
        if sync:
            os.fsync(file.fileno())


@contextlib.contextmanager
def atomic_path(path: Path, *, error: type[HyperFaceError] | None = RunError) -> Iterator[Path]:
    """A temporary path to write a file, or make a folder, at; moved to `path` when the block ends well, else removed.

    It lies beside `path`, is hidden, and ends in .partial: should a kill leave it behind, nobody takes it for the real
    thing, and `sweep` removes it. An existing file is replaced, an empty folder too. error: what an OSError in the
    block becomes; None: stays.
    """
    with _placed(path, error) as (temporary, _):
        yield temporary


@contextlib.contextmanager
def atomic_folder(path: Path, *, error: type[HyperFaceError] | None = RunError) -> Iterator[Path]:
    """As `atomic_path`, for a folder, which is made; what kills left of earlier ones is removed first."""
    sweep(path.parent, path.name)
    with _placed(path, error) as (temporary, kept):
        temporary.mkdir()
        kept.enter_context(locks.held(temporary))
        yield temporary


def sweep(folder: Path, name: str | None = None) -> None:
    """Remove what kills left in a folder of files and folders that were being written under this name, or any; not what
    somebody is still writing with `write_atomic` or `atomic_folder`."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f".{'*' if name is None else glob.escape(name)}-{'[0-9a-f]' * 8}.partial"):
            with locks.left(path) as left:
                if left:
                    _remove(path)


@contextlib.contextmanager
def _placed(path: Path, error: type[HyperFaceError] | None) -> Iterator[tuple[Path, contextlib.ExitStack]]:
    """As `atomic_path`; with what is to be closed, such as a lock, when the file or folder is in its place."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}.partial")
    try:
        with contextlib.ExitStack() as kept:
            yield temporary, kept
            temporary.replace(path)
    except OSError as problem:
        if error is None:
            raise
        raise disk_error(path, problem, error) from problem
    finally:
        _remove(temporary)


@contextlib.contextmanager
def _own(temporary: Path) -> Iterator[BinaryIO]:
    """A new file, locked: nobody sweeps it away. Before it was locked somebody could have: then it is made again."""
    with contextlib.ExitStack() as stack:
        while True:
            file = stack.enter_context(temporary.open("wb"))
            locks.hold(file.fileno())
            if temporary.exists():
                break
        yield file


def _remove(temporary: Path) -> None:
    with contextlib.suppress(OSError):  # on a disk that cannot be written any more, what is there stays
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def disk_error(path: Path, problem: OSError, error: type[HyperFaceError] = RunError) -> HyperFaceError:
    """What went wrong while writing, for a person."""
    if problem.errno in FULL:
        return error(f"The disk is full: {path} could not be written. Free some space and start again.")
    return error(f"{path} cannot be written: {problem.strerror or problem}. Choose a folder you may write to.")


def remove(path: Path, *, error: type[HyperFaceError] = RunError) -> None:
    """Remove a file, if it is there. error: what is raised if it cannot be."""
    try:
        path.unlink(missing_ok=True)
    except OSError as problem:
        raise disk_error(path, problem, error) from problem


def remove_all(path: Path, *, error: type[HyperFaceError] = RunError) -> None:
    """Remove a file, or a folder and all that is in it, if it is there. error: what is raised if it cannot be."""
    if not path.is_dir() or path.is_symlink():
        return remove(path, error=error)
    try:
        shutil.rmtree(path)
    except OSError as problem:
        raise disk_error(path, problem, error) from problem


def check_room(folder: Path, needed: int, what: str, otherwise: str, *, error: type[HyperFaceError]) -> None:
    """`error` if the disk that a folder is on has fewer than `needed` bytes left.

    what: needs them, such as "The dataset needs". otherwise: what else there is to do than to free some space, such as
    "draw fewer images". OSError where the disk does not say.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise error(
            f"{what} about {needed / 1e6:,.0f} MB and {folder} has {free / 1e6:,.0f} MB left. Free some space, or "
            f"{otherwise}."
        )


def check_regular(path: Path, *, largest: int | None = None) -> None:
    """OSError for what is no ordinary file, such as a pipe, which a reader could wait for without end; ValueError for
    more bytes than `largest`."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    if largest is not None and status.st_size > largest:
        raise ValueError(f"it has {status.st_size:,} bytes, and more than {largest:,} cannot be right")


def parse_json(content: bytes | str) -> Any:
    """What JSON says; ValueError for anything that is none, brackets in brackets without end included."""
    try:
        return json.loads(content)
    except RecursionError as problem:
        raise ValueError("its brackets are nested too deeply") from problem


def read_object(path: Path, *, error: type[HyperFaceError] = CheckpointError) -> dict[str, Any]:
    """The object in a JSON file; `error`, saying what is wrong with it, if there is none."""
    try:
        check_regular(path, largest=LARGEST_JSON)
        content = parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise error(f"{path} cannot be read as JSON ({problem}).") from problem
    if not isinstance(content, dict):
        raise error(f"{path} must hold an object of JSON; it holds {type(content).__name__}.")
    return content


def json_bytes(content: dict[str, Any]) -> bytes:
    """A JSON object as the content of a file; ValueError for NaN and infinity, which JSON lacks."""
    return json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"
