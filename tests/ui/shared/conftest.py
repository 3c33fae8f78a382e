"""A server that strangers share, in this process, and clients that speak HTTP as the page's script does."""

from __future__ import annotations

import functools
import importlib.util
import json
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from hyperface import runs
from hyperface.serving.owners import claim
from hyperface.serving.visitors import COOKIE, mark_of

SECRET = "Alices secret people"


class Visitor:
    """A client that speaks HTTP as the page's script does. It has opened the page, and so has a key in a cookie."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        import httpx

        self.http = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)
        self.session = secrets.token_hex(8)
        self.first_page = self.http.get("/")

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @property
    def mark(self) -> str:
        """By which the server knows whose a run is."""
        return mark_of(self.http.cookies[COOKIE])

    @functools.cached_property
    def config(self) -> dict[str, Any]:
        """The page: its components and its events."""
        return self.http.get("/config").json()

    def component(self, elem_id: str) -> dict[str, Any]:
        return next(each for each in self.config["components"] if each["props"].get("elem_id") == elem_id)

    def ask(self, component: dict[str, Any], function: str, question: Any) -> Any:
        """The answer of a component's server function; the text of one that is no JSON."""
        body = {
            "data": question, "component_id": component["id"], "fn_name": function, "session_hash": self.session,
        }  # fmt: skip
        answer = self.http.post("/gradio_api/component_server", json=body)
        return answer.json() if answer.headers["content-type"].startswith("application/json") else answer.text

    def event_of(self, elem_id: str, event: str = "click") -> dict[str, Any]:
        """The first event of that kind that a component raises."""
        number = self.component(elem_id)["id"]
        return next(each for each in self.config["dependencies"] if [number, event] in each["targets"])

    def values_of(self, event: dict[str, Any]) -> list[Any]:
        """What the inputs of an event hold as the page begins."""
        held = {each["id"]: each["props"].get("value") for each in self.config["components"]}
        return [held[number] for number in event["inputs"]]

    def raise_event(self, event: dict[str, Any], data: list[Any]) -> list[dict[str, Any]]:
        """Messages of the queue about an event, from its joining to its end."""
        body = {"data": data, "fn_index": event["id"], "session_hash": self.session, "trigger_id": None}
        joined = self.http.post("/gradio_api/queue/join", json=body)
        if joined.status_code != 200:
            return [{"msg": "refused", "status": joined.status_code, "body": joined.json()}]
        messages = []
        with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": self.session}) as lines:
            for line in lines.iter_lines():
                if line.startswith("data:"):
                    messages.append(json.loads(line[5:]))
                    if messages[-1]["msg"] in ("process_completed", "close_stream"):
                        break
        return messages


@pytest.fixture(scope="session")
def shared_context(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a server that strangers share serves: no runs of anybody, and those that ship."""
    from hyperface.serving.limits import limits_from
    from hyperface.ui.parts.context import AppContext

    limits = limits_from({"HYPERFACE_LIMIT_NEWCOMERS_EACH": "none"}, shared=True)  # all tests come from one address
    return AppContext(runs_folder=tmp_path_factory.mktemp("shared") / "runs", limits=limits)


@pytest.fixture(autouse=True)
def nobody_is_left_in_line(shared_context: Any) -> Iterator[None]:
    """Runs that a test left waiting or starting take no place from the next test's."""
    yield
    from hyperface.ui.parts import worker

    for run in runs.list_runs([shared_context.runs_folder]):
        if run.status().state == runs.WAITING:
            worker.turns(shared_context).leave(run)
        if run.status().state == runs.STARTING:
            runs.Worker(run).postpone("Left by a test.")


@pytest.fixture(scope="session")
def shared_url(shared_context: Any, in_a_loop: Callable) -> Iterator[str]:
    """Address of a server that strangers share, in this process."""
    from hyperface.ui.app import launch

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_context, "warm_up", lambda: None)
        tools = importlib.util.find_spec("mcp") is not None
        blocks = in_a_loop(lambda: launch(shared_context, host="127.0.0.1", port=port, mcp=tools, wait=False))
    yield f"http://127.0.0.1:{port}"
    in_a_loop(lambda: blocks.close(verbose=False))


@pytest.fixture
def visitor(shared_url: str) -> Iterator[Callable[..., Visitor]]:
    """`visitor()` is somebody new at the shared server; headers: what their client sends with every request."""
    with ExitStack() as clients:
        yield lambda **headers: clients.enter_context(Visitor(shared_url, headers))


@pytest.fixture
def alice(visitor: Callable[..., Visitor]) -> Visitor:
    return visitor()


@pytest.fixture
def bob(visitor: Callable[..., Visitor]) -> Visitor:
    return visitor()


@pytest.fixture
def hers(alice: Visitor, shared_context: Any, packed_heads: Callable) -> runs.Run:
    """Alice's finished packing, which has everything that a page may ask for. Its title and its log are SECRET."""
    run = packed_heads(shared_context.runs_folder, 20, SECRET)
    (run.path / "log.txt").write_text(f"{SECRET} in the log")
    claim([run], alice.mark)
    return run
