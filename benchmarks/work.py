"""How much a process works, and when it has nothing left to do; for the benchmarks that start the app. Linux."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SETTLED = 3  # seconds without work: what is loaded in the background is there
PATIENCE = 600  # seconds


def cpu_seconds(process: int) -> float:
    """That a process has worked."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def wait_until_idle(process: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        before = cpu_seconds(process)
        time.sleep(SETTLED)
        if cpu_seconds(process) - before < 0.1 * SETTLED:
            return
    raise SystemExit(f"The app still works after {PATIENCE} s.")
