"""Who is at work on a file or folder: a lock of the kernel's, which ends with its process, however that ends.

It outlives no kill, and no number of a process, which a later one may have, can be mistaken for it. It keeps away only
those who ask for it. Where the system or the disk knows no such locks, everybody gets them and nothing counts as left.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file's or folder's lock in the block. BlockingIOError if it is held already, by whomever."""
    with _opened(path) as descriptor:
        _take(descriptor, wait=False)
        yield


def hold(descriptor: int) -> None:
    """Hold the lock of an open file until it is closed, as soon as nobody else does."""
    _take(descriptor, wait=True)


@contextlib.contextmanager
def left(path: Path) -> Iterator[bool]:
    """Whether nobody holds the lock of what is there: it is held in the block, then. False where that is not told."""
    with _opened(path) as descriptor:
        try:
            is_left = _take(descriptor, wait=False)
        except BlockingIOError:
            is_left = False
        yield is_left


def _take(descriptor: int | None, *, wait: bool) -> bool:
    """Whether it is locked now; False where there are no locks. BlockingIOError if another has it."""
    if fcntl is None or descriptor is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise
    except OSError:  # some network disks have none
        return False
    return True


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """None where it cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # a process forked meanwhile has it open still
        os.close(descriptor)
