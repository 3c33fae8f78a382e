"""One server for the tests of the endpoints, which offers tools as well."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 120.0  # seconds for a server to start where much else runs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what asks the server on one worker."""
    for item in items:
        if "api_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("api"))


@pytest.fixture(scope="session")
def api_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where that server keeps its runs, and its log beside them."""
    return tmp_path_factory.mktemp("api") / "runs"


@pytest.fixture(scope="session")
def api_url(api_folder: Path) -> Iterator[str]:
    """Address of a server with tools."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cache, log = api_folder.with_name("cache"), api_folder.with_name("server.log")
    environment = {
        **os.environ,
        "GRADIO_TEMP_DIR": str(cache),
        "OMP_NUM_THREADS": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "hyperface", "app", "--mcp", "--port", str(port), "--runs", str(api_folder)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, server, log)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The server does not answer:\n{log.read_text()}")
