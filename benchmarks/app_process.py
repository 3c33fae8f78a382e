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
def started(runs: str) -> Iterator[App]:
    """The app, as soon as its first page is there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "HYPERFACE_RUNS": runs}
    began, url = time.perf_counter(), f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, **address}, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            try:
                urllib.request.urlopen(url, timeout=60).read()
                break
            except OSError:
                if server.poll() is not None:
                    raise SystemExit("The app ended at once; start `python app.py` to see why.") from None
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
