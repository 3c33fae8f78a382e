"""A real server and a real browser: one of each for a test session (or for a worker of pytest-xdist)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hyperface import runs
from hyperface.defaults import PAIRS, Pair

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60
CUT_OFF = ("AbortError: signal is aborted", "Unexpected error Connection errored out")
GAN = next(pair for pair in PAIRS if pair.generator == "gan")
OLDEST_NODE = 20  # whose test runner, --test, is no longer experimental
STEP_MILLISECONDS = 60_000  # a test's patience with one expectation: machines that run tests are busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where nobody can look again, a browser test that fails is run once more, as Playwright's own runner can.

    pytest lists it as rerun, and it is to be mended: a test waits for what it needs.
    """
    for item in items:
        if os.environ.get("CI") and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def in_a_loop() -> Callable:
    """`in_a_loop(function, …)` calls a function where an event loop runs, in a thread of its own.

    Where none runs, Gradio makes loops for its locks and closes none; in the test's own thread Playwright may have one.
    """

    async def call(function: Callable, *arguments: Any) -> Any:
        return function(*arguments)

    def run(function: Callable, *arguments: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(call(function, *arguments))).result()

    return run


@pytest.fixture
def lay_out(in_a_loop) -> Callable:
    """`lay_out(build)` calls `build(blocks)` within a new page, with no server or browser, and returns its result."""
    import gradio as gr

    def inside(build: Callable) -> Any:
        with gr.Blocks(analytics_enabled=False) as blocks:
            return build(blocks)

    return lambda build: in_a_loop(inside, build)


@pytest.fixture(scope="session")
def node() -> str:
    """Where Node is, which runs the page's scripts without a browser; the test is skipped where it is not."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not on this machine: the tests of the page's scripts need it")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True, timeout=60).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node is older than {OLDEST_NODE} here: {version.strip()}")
    return found


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server under test keeps its runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def upload_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the web framework of the server under test would put uploads; its log is there too."""
    return tmp_path_factory.mktemp("gradio")


@pytest.fixture(scope="session")
def benchmarks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server under test looks for benchmarks that do not ship: `small`, 20 pairs of a shipped one."""
    import numpy as np

    from hyperface.evaluation import Benchmark, load_benchmark, save_benchmark

    folder = tmp_path_factory.mktemp("benchmarks")
    shipped = load_benchmark("rendered_everyday")
    pairs = np.sort(np.concatenate([np.flatnonzero(shipped.same == same)[:10] for same in (True, False)]))
    images = shipped.images.reshape(-1, 2, *shipped.images.shape[1:])[pairs].reshape(-1, *shipped.images.shape[1:])
    save_benchmark(Benchmark("small", "Small", images, shipped.same[pairs]), folder / "small.bin")
    return folder


@pytest.fixture
def small_packing(runs_folder: Path) -> runs.Run:
    """A finished packing of 20 identities. A `page` of the same test begins with it."""
    return _packed(runs_folder, 20, "Twenty people")


@pytest.fixture
def small_faces(runs_folder: Path) -> runs.Run:
    """The same, of faces of the GAN."""
    return _packed(runs_folder, 20, "Twenty faces", GAN)


def _packed(folder: Path, count: int, title: str, pair: Pair = PAIRS[0]) -> runs.Run:
    """A finished packing of the first faces of a gallery that ships, as if nothing had moved."""
    import numpy as np

    from hyperface import gallery

    run = runs.create("pack", {"identities": count, "gallery": pair.gallery}, title=title, folder=folder)
    with runs.Worker(run).working():
        np.save(run.path / "embeddings.npy", gallery.load(pair.gallery).embeddings[:count].numpy())
        (run.path / "recognizer.json").write_text(json.dumps({"name": pair.recognizer}))
    return run


@pytest.fixture
def packed_heads() -> Callable:
    """`packed_heads(folder, 20, "Twenty heads")`: a finished packing of random heads, from a gallery of blank faces."""

    def make(folder: Path, count: int, title: str) -> runs.Run:
        import numpy as np

        from hyperface import gallery, generators
        from hyperface.heads.identity import coordinates
        from hyperface.recognizers.dlib_resnet import HEADS_CARD

        embeddings = generators.load("heads").embeddings(coordinates.sample(range(count)))
        faces = gallery.Gallery(
            "few-heads", HEADS_CARD.name, "heads", embeddings, np.full((count, 48, 48, 3), 128, np.uint8),
            tuple(f"heads:{number}" for number in range(count)), HEADS_CARD,
        )  # fmt: skip
        file = folder / "few-heads.safetensors"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gallery.to_bytes(faces))
        run = runs.create("pack", {"identities": count, "gallery": str(file)}, title=title, folder=folder)
        with runs.Worker(run).working():
            np.save(run.path / "embeddings.npy", embeddings.numpy())
            (run.path / "recognizer.json").write_text(json.dumps(HEADS_CARD.to_json()))
        return run

    return make


@pytest.fixture
def context(tmp_path: Path) -> Any:
    """What the tabs share, with no runs; nothing is served."""
    from hyperface.ui.parts.context import AppContext

    return AppContext(runs_folder=tmp_path / "runs", demo_folder=tmp_path / "none")


@pytest.fixture
def packing(context: Any) -> runs.Run:
    """A finished packing of six gallery faces among the runs of `context`."""
    return _packed(context.runs_folder, 6, "Six people")


@pytest.fixture
def faces_packing(context: Any) -> runs.Run:
    """The same, of faces of the GAN."""
    return _packed(context.runs_folder, 6, "Six faces", GAN)


@pytest.fixture(scope="session")
def start_server() -> Callable:
    """`with start_server(arguments, log, **environment) as url:` serves the app by Python with these arguments, where
    nothing can be downloaded. patience: seconds until it must answer."""

    @contextlib.contextmanager
    def start(arguments: list[str], log: Path, *, patience: float = START_SECONDS, **environment: str) -> Iterator[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        asked = {
            **os.environ,
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": str(port),
            "OMP_NUM_THREADS": "1",
            "HTTPS_PROXY": "http://127.0.0.1:9",  # nobody listens there
            **environment,
        }
        with log.open("wb") as output:
            command = [sys.executable, *arguments]
            server = subprocess.Popen(command, cwd=ROOT, env=asked, stdout=output, stderr=subprocess.STDOUT)
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_served(url, server, log, patience)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=20)

    return start


@pytest.fixture(scope="session")
def app_url(start_server: Callable, runs_folder: Path, upload_cache: Path, benchmarks_folder: Path) -> Iterator[str]:
    """Address of a server started as a user starts it: `python app.py`."""
    with start_server(
        ["app.py"],
        upload_cache / "server.log",
        GRADIO_TEMP_DIR=str(upload_cache),
        HYPERFACE_BENCHMARKS=str(benchmarks_folder),
        HYPERFACE_RUNS=str(runs_folder),
        TORCH_HOME=str(upload_cache.with_name("torch")),
    ) as url:
        yield url


def _wait_until_served(url: str, server: subprocess.Popen, log: Path, patience: float) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if server.poll() is not None:
            pytest.fail(f"The server ended at once:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The server did not answer within {patience:g} s:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: the machine's own, or the one Playwright has installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
    own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=own, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def expect():
    """Playwright's `expect`, which waits until what is expected is there, as patiently as everything else."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need playwright")
    playwright.expect.set_options(timeout=STEP_MILLISECONDS)
    return playwright.expect


@pytest.fixture
def page(browser, app_url: str, runs_folder: Path, upload_cache: Path, request: pytest.FixtureRequest):
    """A fresh page of the app, which nothing plays by itself. The test fails if the page logs an error or asks any
    other host for anything."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(STEP_MILLISECONDS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    refused: list[str] = []  # the browser's own message does not say which request
    page.on(
        "response", lambda answer: refused.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
    )
    local = (app_url, app_url.replace("http", "ws", 1), "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else wrong.append(request.url))

    def forget_what_leaving_cut_off(frame) -> None:
        """A reload cuts off the requests of the page it replaces, and Gradio logs that."""
        wrong[:] = [message for message in wrong if not any(text in message for text in CUT_OFF)]

    page.on("framenavigated", forget_what_leaving_cut_off)
    begun = next((name for name in ("small_faces", "small_packing") if name in request.fixturenames), None)
    page.goto(app_url if begun is None else f"{app_url}?run={request.getfixturevalue(begun).name}")
    page.get_by_role("tab", name="Pack", exact=True).wait_for()
    yield page
    logged = list(wrong)
    print("refused:", refused)
    _tell_what_went_on(page, runs_folder, upload_cache)
    context.close()
    assert logged == []


def _tell_what_went_on(page, runs_folder: Path, upload_cache: Path) -> None:
    """Printed, so that pytest shows it beside a test that failed: runs, messages of the page, the server's log."""
    for run in runs.list_runs([runs_folder]):
        log = run.path / "log.txt"
        print(run.name, run.status(), log.read_text(errors="replace")[-2000:] if log.exists() else "", sep="\n")
    if not page.is_closed():
        print("on the page:", page.locator(".toast-body").all_inner_texts())
    print((upload_cache / "server.log").read_text(errors="replace")[-3000:])


@pytest.fixture
def set_number() -> Callable:
    """`set_number(place, "Epochs", 3)` types a number into the field of that label within a page or a panel.

    Gradio draws what is in an accordion once more just after it opens, and what was typed until then is gone. Nobody
    types that fast but a test, which therefore types again until the number stays.
    """

    def set_it(place, label: str, value: float) -> None:
        box = place.get_by_role("spinbutton", name=label)
        end = time.monotonic() + STEP_MILLISECONDS / 1000
        while time.monotonic() < end:
            box.fill(str(value))
            box.press("Tab")
            time.sleep(0.3)
            if float(box.input_value()) == value:
                return
        pytest.fail(f"{label} does not stay at {value}.")

    return set_it


@pytest.fixture
def other_page(browser, app_url: str):
    """The page of a second visitor."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(STEP_MILLISECONDS)
    page.goto(app_url)
    yield page
    context.close()


@pytest.fixture
def open_tab() -> Callable:
    """`open_tab(page, "Train")` opens a tab and returns its panel."""

    def open_it(page, name: str):
        tab = page.get_by_role("tab", name=name, exact=True)
        tab.click()
        panel = page.locator(f"#{tab.get_attribute('aria-controls')}")
        panel.wait_for()
        return panel

    return open_it
