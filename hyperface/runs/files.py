"""Files that are whole or not there."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hyperface.errors import RunError


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a kill, finds either the old content or the new one. RunError if it cannot."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path with the same suffix to write to; moved to `path` when the block ends well, else removed."""
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise RunError(f"{path} could not be written ({error.strerror or error}). Free some space.") from error
    finally:
        temporary.unlink(missing_ok=True)


def json_bytes(content: dict[str, Any]) -> bytes:
    """A JSON object as the content of a file; ValueError for NaN and infinity, which JSON lacks."""
    return json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"
