"""Files and folders that are whole or not there."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hyperface.errors import CheckpointError, HyperFaceError, RunError

FULL = (errno.ENOSPC, errno.EDQUOT)
LARGEST_JSON = 2**26  # bytes


def write_atomic(path: Path, content: bytes, *, error: type[HyperFaceError] = RunError, sync: bool = True) -> None:
    """Write a file so that a reader, or a kill, finds either the old content or the new one.

    error: what is raised if it cannot be written. sync: wait until the disk has it, so that it outlives a loss of
    power; not for files of which there are very many.
    """
    with atomic_path(path, error=error) as temporary, temporary.open("wb") as file:
        file.write(content)
        if sync:
            file.flush()
            os.fsync(file.fileno())


@contextlib.contextmanager
def atomic_path(path: Path, *, error: type[HyperFaceError] | None = RunError) -> Iterator[Path]:
    """A temporary path to write a file, or make a folder, at; moved to `path` when the block ends well, else removed.

    It lies beside `path`, is hidden, and ends in .partial: should a kill leave it behind, nobody takes it for the real
    thing. An existing file is replaced, an empty folder too. error: what an OSError in the block becomes; None: stays.
    """
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}.partial")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as problem:
        if error is None:
            raise
        raise disk_error(path, problem, error) from problem
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def disk_error(path: Path, problem: OSError, error: type[HyperFaceError] = RunError) -> HyperFaceError:
    """What went wrong while writing, for a person."""
    if problem.errno in FULL:
        return error(f"The disk is full: {path} could not be written. Free some space and start again.")
    return error(f"{path} cannot be written: {problem.strerror or problem}. Choose a folder you may write to.")


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
