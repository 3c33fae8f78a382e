"""What is sent is read before the app hears of it; what goes wrong in the app is told in a sentence."""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.exceptions import HTTPException

from hyperface.serving.envelopes import REFUSED, WRONG, Envelopes, Known

KNOWN = Known(
    events={0: 2, 1: None},
    questions={5: frozenset({"news"}), 6: frozenset()},
    endpoints={"pack": {"identities": True, "run": False}},
)
EVENT = {"fn_index": 0, "data": [1, 2], "session_hash": "me"}


async def said(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"fine"})


def ask(path, body=None, app=said, method="POST", query="", content_type="application/json"):
    """Status and text of the answer."""
    answers = []

    async def receive():
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message):
        answers.append(message)

    headers = [(b"content-type", content_type.encode())]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": headers}
    with ThreadPoolExecutor(1) as thread:  # in a test's own thread Playwright may have a loop
        thread.submit(asyncio.run, Envelopes(app, lambda: KNOWN)(scope, receive, send)).result()
    return answers[0]["status"], b"".join(answer.get("body", b"") for answer in answers).decode()


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("queue/join", EVENT, 200, ""),
        ("queue/join", {**EVENT, "trigger_id": 6, "event_data": {"a": [1, "é"]}}, 200, ""),
        ("queue/join", {**EVENT, "data": [1]}, 400, "takes 2 values; 1 came"),
        ("queue/join", {**EVENT, "fn_index": 1, "data": []}, 200, ""),
        ("queue/join", {**EVENT, "fn_index": False}, 404, "no such event"),
        ("run/any", {**EVENT, "fn_index": 2}, 404, "no such event"),
        ("queue/join", {**EVENT, "trigger_id": 7}, 404, "no such component"),
        ("queue/join", {**EVENT, "session_hash": "a/b"}, 400, "1 to 64 letters"),
        ("queue/join", {**EVENT, "batched": True}, 400, "takes no batched"),
        ("run/predict", {**EVENT, "event_data": True}, 200, ""),  # as a box tells that is ticked
        ("queue/join", {**EVENT, "event_data": {"a": 2**64}}, 400, "too large"),
        ("queue/join", b'{"data": [NaN]}', 400, "NaN is no number"),
        ("queue/join", b'{"data": [1e999]}', 400, "a number is too large"),
        ("queue/join", b'{"data": ["\\ud83d"]}', 400, "half a letter"),
        ("queue/join", b"[" * 100_000, 400, "no JSON"),
        ("queue/join", {**EVENT, "data": [{"path": "/etc/passwd", "meta": {}}, 1]}, 400, "no files"),
        ("component_server", {"component_id": 5, "fn_name": "news", "session_hash": "me", "data": None}, 200, ""),
        ("component_server", {"component_id": 6, "fn_name": "news", "session_hash": "me", "data": None}, 404, ""),
        ("component_server", {"component_id": 5, "fn_name": "__init__", "session_hash": "me", "data": 1}, 404, ""),
        ("call/pack", {"data": [5, "a"]}, 200, ""),
        ("call/other", {"data": [5]}, 404, "Those that there are: pack"),
        ("call/v2/pack", {"run": "a"}, 200, ""),
        ("call/v2/pack", {"run": "a", "colour": 5}, 400, "takes identities, run, and not 'colour'"),
        ("call/v2/pack", {}, 400, "pack needs run"),
        ("cancel", {"fn_index": 0, "session_hash": "me", "event_id": "e1"}, 200, ""),
        ("cancel", {"fn_index": 9, "session_hash": "me", "event_id": "e1"}, 404, "no such event"),
        ("reset", {"event_id": 5}, 400, "event_id is"),
    ],
)  # fmt: skip
def test_what_comes_is_what_it_says(path, body, status, told):
    found, text = ask(f"/gradio_api/{path}", body)
    assert (found, told in text) == (status, True), text
    assert (text == "fine") == (status == 200)


def test_other_addresses_and_other_content_types():
    assert ask("/gradio_api/mcp", b"what it likes")[0] == 200
    assert ask("/gradio_api/queue/join", EVENT, content_type="text/plain")[0] == 415
    assert ask("/gradio_api/queue/data", method="GET", query="session_hash=me")[0] == 200
    for path, query in (("queue/data", ""), ("queue/data", "session_hash=a%00"), ("heartbeat/" + "x" * 65, "")):
        assert ask(f"/gradio_api/{path}", method="GET", query=query)[0] == 400


def test_what_goes_wrong_further_in_is_one_sentence(caplog):
    async def fails(_scope, _receive, _send):
        raise KeyError("/secret/place")

    async def breaks_off(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("/secret/place")

    async def knows_no_such_session(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("Caught handled exception, but response already started.") from HTTPException(404)

    async def refuses(scope, _receive, send):
        scope[REFUSED][REFUSED] = True
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"told"})

    with caplog.at_level(logging.ERROR):
        assert ask("/", method="GET", app=fails) == (500, json.dumps({"detail": WRONG}))
        assert ask("/", method="GET", app=breaks_off) == (200, "")
    assert caplog.text.count("KeyError: '/secret/place'") == 2
    caplog.clear()
    assert ask("/", method="GET", app=knows_no_such_session) == (200, "")
    assert caplog.text == ""
    assert ask("/", method="GET", app=refuses) == (400, "told")
