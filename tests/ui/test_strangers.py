"""What a stranger may ask of a running server."""

import base64
import hashlib
import http.client
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hyperface.serving.door import DOORS
from hyperface.serving.doors import _pattern
from hyperface.ui.photos.looking import Found, Look


@dataclass(frozen=True)
class Served:
    """An app that is served by this very process. files: the folder that the web framework may write to."""

    url: str
    blocks: Any
    context: Any
    files: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, in_a_loop: Callable) -> Iterator[Served]:
    """The app in this process, for a test that looks into its memory or holds up its work; no runs but ready-made."""
    from hyperface.ui.app import launch
    from hyperface.ui.parts.context import AppContext

    files = tmp_path_factory.mktemp("framework")
    context = AppContext(runs_folder=tmp_path_factory.mktemp("served") / "runs")
    with pytest.MonkeyPatch.context() as environment, socket.socket() as probe:
        environment.setenv("GRADIO_TEMP_DIR", str(files))
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        blocks = in_a_loop(lambda: launch(context, host="127.0.0.1", port=port, wait=False))
    yield Served(f"http://127.0.0.1:{port}", blocks, context, files)
    blocks.close(verbose=False)


def ask(url, method, path, body=None, headers=None):
    """Status and body of the answer."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def framework_addresses(routes):
    """Method and path of all that the framework itself would serve, its parameters filled in."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from framework_addresses(route.original_router.routes)
            continue
        path = re.sub(r"\{[^}]*:path\}", "seven", route.path)
        for method in sorted(getattr(route, "methods", None) or ()):
            yield method, re.sub(r"\{[^}]*\}", "7", path)


def test_only_what_the_app_needs_is_served(served):
    doors = [(door, _pattern(door.path)) for door in DOORS]
    closed, opened = set(), set()
    for method, path in framework_addresses(served.blocks.app.routes):
        if any(door.method == method.replace("HEAD", "GET") and form.fullmatch(path) for door, form in doors):
            opened.add(path.rstrip("/") or "/")
            continue
        status, body = ask(served.url, method, path)
        assert status == 404, path
        assert method == "HEAD" or json.loads(body) == {"detail": "There is nothing at this address."}, path
        closed.add(path)
    assert {
        "/gradio_api/upload", "/gradio_api/upload_progress", "/gradio_api/deep_link", "/gradio_api/file=seven",
        "/gradio_api/proxy=seven", "/monitoring", "/monitoring/summary", "/gradio_api/dev/reload", "/login",
        "/gradio_api/vibe-code/", "/gradio_api/process_recording", "/gradio_api/runs",
    } <= closed  # fmt: skip
    assert {"/", "/gradio_api/queue/join", "/gradio_api/component_server", "/hyperface/plotly.min.js"} <= opened


def test_the_page_names_no_path_of_the_server(served):
    import sys

    import gradio

    for path in ("/", "/config", "/gradio_api/info"):
        status, body = ask(served.url, "GET", path)
        assert status == 200
        for secret in (gradio.__path__[0], sys.prefix, str(served.files), str(served.context.runs_folder)):
            assert secret.encode() not in body, (path, secret)


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/queue/join", "/gradio_api/component_server"])
def test_eighty_megabytes_are_taken_from_nobody(served, path):
    """Announced, or in pieces of which nobody says how many come."""
    status, body = ask(served.url, "POST", path, b"x" * 100, {"Content-Length": "80000000"})
    assert status == (404 if path.endswith("upload") else 413)
    assert set(json.loads(body)) == {"detail"}
    host = urlsplit(served.url)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=60)
    sent = 0

    def pieces():
        nonlocal sent
        for _ in range(80):
            sent += 1_000_000
            yield b" " * 1_000_000

    try:
        connection.request("POST", path, pieces(), {"Content-Type": "application/json"}, encode_chunked=True)
        assert connection.getresponse().status in (404, 413)
    except OSError:  # the server hung up, and does not read on
        pass
    finally:
        connection.close()
    assert not [file for file in served.files.rglob("*") if file.is_file()]


class Visitor:
    """A page as the server sees one, without a browser: a session whose events wait in the queue."""

    def __init__(self, url, session):
        self.url, self.session = url, session

    def join(self, event, data, **more):
        """Press something: `event` is its number among the page's events."""
        body = {"fn_index": event, "data": data, "session_hash": self.session, "trigger_id": None, **more}
        status, answer = ask(
            self.url, "POST", "/gradio_api/queue/join", json.dumps(body), {"Content-Type": "application/json"}
        )
        assert status == 200, answer
        return json.loads(answer)["event_id"]

    def messages(self):
        """What the server says to this session, one after the other, until nothing goes on any more."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request("GET", f"/gradio_api/queue/data?session_hash={self.session}")
            answer = connection.getresponse()
            while line := answer.readline():
                if line.startswith(b"data: "):
                    message = json.loads(line[6:])
                    if message["msg"] == "close_stream":
                        return
                    yield message
        finally:
            connection.close()


def event_of(blocks, elem_id, kind):
    """The number of the event that a component raises."""
    block = next(block._id for block in blocks.blocks.values() if getattr(block, "elem_id", None) == elem_id)
    return next(number for number, event in blocks.fns.items() if (block, kind) in event.targets)


def test_a_photo_that_is_being_read_is_nowhere_but_on_its_page(served, monkeypatch):
    """The work is held up at its second photo, when the first is on the page already."""
    from hyperface.ui.photos import tab

    held, goes_on = threading.Event(), threading.Event()

    def looking(photos, searched):
        yield Look('<p class="hf-note">Reading</p>')
        yield Look(photos=f'<img src="data:image/png;base64,{base64.b64encode(photos[0].content).decode()}">')
        held.set()
        assert goes_on.wait(60)
        return Found([], [])

    monkeypatch.setattr(tab, "find_faces", looking)
    photo = random.Random(0).randbytes(20_000)
    text = base64.b64encode(photo).decode()
    event = event_of(served.blocks, "photo-picker", "submit")
    visitor = Visitor(served.url, "visitor-with-a-photo")
    inputs = served.blocks.fns[event].inputs
    data = [None if block.stateful else getattr(block, "value", None) for block in inputs]  # as pages send them
    photos = [{"name": "my_secret_holiday.jpg", "content": f"data:image/jpeg;base64,{text}"}]
    visitor.join(event, data, event_data={"photos": photos})
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(list, visitor.messages())
        try:
            assert held.wait(60)
            session = served.blocks.state_holder.session_data[visitor.session]
            traces = (text[:200], text[-200:], "my_secret_holiday")
            for kept in (session.config_values, list(session.components), session.state_data):
                assert not any(trace in repr(kept) for trace in traces)
            for path in (
                f"/gradio_api/deep_link?session_hash={visitor.session}",
                "/config?deep_link=aaaaaaaaaaa",
                "/?deep_link=aaaaaaaaaaa",
                f"/gradio_api/stream/{visitor.session}/0/0/playlist-file",
                f"/gradio_api/stream/{visitor.session}",
                "/config",
                "/",
            ):
                status, body = ask(served.url, "GET", path)
                assert status == (200 if path in ("/", "/config") else 404)
                assert not any(trace.encode() in body for trace in traces), path
            on_disk = [file for folder in (served.files, served.context.runs_folder) for file in folder.rglob("*")]
            assert not [file for file in on_disk if file.is_file() and "deep_links" in str(file)]
            for file in on_disk:
                assert "my_secret_holiday" not in str(file)
                assert not file.is_file() or not any(trace.encode() in file.read_bytes() for trace in traces)
        finally:
            goes_on.set()
        assert any(text in json.dumps(message) for message in reading.result(60))  # the visitor saw it


def test_a_closed_page_is_forgotten(served):
    """Its session goes as soon as the connection that it holds open is closed."""
    session = "visitor-who-leaves"
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=60)
    connection.request("GET", f"/gradio_api/heartbeat/{session}")
    answer = connection.getresponse()
    assert b"ALIVE" in answer.readline()
    served.blocks.state_holder[session]  # as any event makes it
    answer.close()
    connection.close()
    end = time.monotonic() + 60  # the server notices at its next heartbeat
    while session in served.blocks.state_holder.session_data:
        assert time.monotonic() < end, "the session of a closed page is still there"
        time.sleep(0.1)


def server_functions(blocks):
    """Component and name of every function that a page's script may call."""
    for number, block in blocks.blocks.items():
        for name in dir(type(block)) + list(vars(block)):
            if getattr(getattr(block, name, None), "_is_server_fn", False):
                yield number, name


def content_of(folder):
    """Every file below a folder, with what is in it."""
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()}


def test_ready_made_runs_cannot_be_touched(served):
    """By whatever a page's script may call, asked by hand."""
    before = content_of(served.context.demo_folder)
    refused = set()
    for component, name in set(server_functions(served.blocks)):
        if name not in ("stop", "resume", "rename", "remove"):
            continue
        for run in served.context.runs():
            body = {
                "data": {"run": run.name, "title": "Mine now"},
                "component_id": component, "fn_name": name, "session_hash": "a-stranger",
            }  # fmt: skip
            status, answer = ask(served.url, "POST", "/gradio_api/component_server", json.dumps(body))
            assert status == 200
            assert "ships with HyperFace and stays as it is" in json.loads(answer)["error"], name
            refused.add(name)
    assert refused == {"stop", "resume", "rename", "remove"}
    assert content_of(served.context.demo_folder) == before


NO_NAMES = [
    "..", ".", "", "../runs", "a/b", "\0", "a\0b", "x" * 5000, "\ud800", "é" * 200,
    None, 7, 2**70, 1e300, ["a"], {"a": 1},
]  # fmt: skip


def test_a_name_that_no_run_has_is_told_in_one_sentence(served):
    asked = [pair for pair in sorted(set(server_functions(served.blocks))) if pair[1] in ("stop", "resume", "remove")]
    assert asked
    for component, function in asked:
        for data in [{"run": name} for name in NO_NAMES] + [{}, *NO_NAMES[:-1]]:
            body = {"data": data, "component_id": component, "fn_name": function, "session_hash": "a-stranger"}
            status, answer = ask(served.url, "POST", "/gradio_api/component_server", json.dumps(body))
            assert status in (200, 400), data  # 400: no JSON of the page's can say it
            told = json.loads(answer)["error" if status == 200 else "detail"]
            assert 0 < len(told) < 400
            assert str(served.context.runs_folder) not in told
