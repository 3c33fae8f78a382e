"""One server for the tests of the endpoints, which offers tools as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE = 120.0  # seconds for a server to start where much else runs


@pytest.fixture(scope="session")
def api_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where that server keeps its runs, and its log beside them."""
    return tmp_path_factory.mktemp("api") / "runs"


@pytest.fixture(scope="session")
def api_url(start_server: Callable, api_folder: Path) -> Iterator[str]:
    """Address of a server with tools."""
    arguments = ["-m", "hyperface", "app", "--mcp", "--runs", str(api_folder)]
    log, cache = api_folder.with_name("server.log"), api_folder.with_name("cache")
    with start_server(arguments, log, patience=PATIENCE, GRADIO_TEMP_DIR=str(cache)) as url:
        yield url
