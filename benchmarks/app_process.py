"""The app in a process of its own, for the benchmarks that start it: where it is, how much it works, and when it has
nothing left to do. Linux."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
SETTLED = 3  # seconds without work: what is loaded in the background is there
PATIENCE = 600  # seconds


@dataclass(frozen=True)
class App:
    """A started app. wall, cpu: seconds from the start of its process to its first page, on the clock and of work."""

    url: str
    process: int
    wall: float
    cpu: float


@contextmanager
def started(runs: str, *words: str, log: Path | None = None) -> Iterator[App]:
    """The app, as soon as its first page is there. words: Python's, that start it; `app.py` if not given. log: where
    what it prints goes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "HYPERFACE_RUNS": runs}
    began, url = time.perf_counter(), f"http://127.0.0.1:{port}"
    command = [sys.executable, *(words or ("app.py",))]
    with Path(log or os.devnull).open("wb") as output:
        errors = None if log is None else subprocess.STDOUT
        server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **address}, stdout=output, stderr=errors)
    try:
        while True:
            try:
                urllib.request.urlopen(url, timeout=60).read()
                break
            except OSError:
                if server.poll() is not None:
                    said = "Start it to see why." if log is None else log.read_text(errors="replace")
                    raise SystemExit(f"The app ended at once. {said}") from None
                time.sleep(0.02)
        yield App(url, server.pid, time.perf_counter() - began, cpu_seconds(server.pid))
    finally:
        server.terminate()
        server.wait()


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
