"""Whether a process that was at work still is."""

from __future__ import annotations

import os
import time
from pathlib import Path

ZOMBIE = -1.0  # start time of a process that has ended and that nobody has waited for


def alive(pid: int | None, started: float | None) -> bool:
    """Whether the process is there, and is the one that started at `started` (None: whichever it is)."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, and belongs to somebody else
    actual = process_started(pid)
    return actual is None or (actual != ZOMBIE and started in (None, actual))


def process_started(pid: int) -> float | None:
    """Start time of a process in the kernel's ticks, ZOMBIE if it has ended, None where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return ZOMBIE if fields[0] == "Z" else float(fields[19])


def seconds_since(started: float) -> float | None:
    """Seconds since a process started, by a clock that nobody sets; None where there is none."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")
