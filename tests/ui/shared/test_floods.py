"""Floods, and sessions that are another's, at a server that strangers share."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hyperface.serving.limits import SHARED
from hyperface.ui.parts.context import AppContext

SENT = 60


class Held:
    """Events that list runs are held up until they are let go. begun: how many were."""

    def __init__(self):
        self.gate, self.begun, self.runs = threading.Event(), 0, AppContext.runs

    def list_runs(self, context, verb=None):
        self.gate.wait(60)
        self.begun += 1
        return self.runs(context, verb)

    def let_go(self, number):
        """Wait until so many have begun: they are no longer in the way of the next test."""
        self.gate.set()
        end = time.monotonic() + 60
        while self.begun < number:
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def held(monkeypatch):
    held = Held()
    monkeypatch.setattr(AppContext, "runs", lambda context, verb=None: held.list_runs(context, verb))
    yield held
    held.gate.set()


def listing(client):
    """The event that lists the runs again."""
    number = client.component("story")["id"]
    return next(
        each
        for each in client.config["dependencies"]
        if [number, "listed"] in each["targets"] and len(each["inputs"]) == 1
    )


@pytest.mark.parametrize("keys", ["one", "none", "ever new"])
def test_a_flood_is_refused_and_others_go_on(visitor, held, keys):
    flooder, other = visitor(), visitor()
    event = listing(other)
    body = {"data": other.values_of(event), "fn_index": event["id"], "session_hash": flooder.session}

    def send(number):
        if keys == "none":
            flooder.http.cookies.clear()
        headers = {"x-hyperface-key": f"{keys.replace(' ', '-')}-{number}-{'k' * 40}"} if keys == "ever new" else {}
        asked = body if keys == "one" else {**body, "session_hash": f"{keys.replace(' ', '-')}{number}"}
        return flooder.http.post("/gradio_api/queue/join", json=asked, headers=headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(SENT)))
    statuses = [answer.status_code for answer in answers]
    taken = statuses.count(200)
    # those without a page's key share what is left of their address's allowance, which another test may be using up
    assert taken == SHARED.events_each if keys == "one" else taken <= SHARED.events_each
    assert taken + statuses.count(429) == SENT
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert "wait or are at work already" in refused.json()["detail"]
    held.let_go(taken)
    assert other.raise_event(event, other.values_of(event))[-1]["msg"] in ("process_completed", "close_stream")


def test_a_session_is_read_used_and_ended_by_nobody_else(visitor):
    alice, bob = visitor(), visitor()
    event = listing(alice)
    body = {"data": alice.values_of(event), "fn_index": event["id"], "session_hash": alice.session}
    assert alice.http.post("/gradio_api/queue/join", json=body).status_code == 200
    guess = {"session_hash": alice.session}
    for asked in (
        bob.http.get("/gradio_api/queue/data", params=guess),
        bob.http.get("/gradio_api/queue/data?session_hash=mine", params={**guess}),
        bob.http.get(f"/gradio_api/call/pack/{alice.session}"),
        bob.http.get(f"/gradio_api/heartbeat/{alice.session}"),
    ):
        assert asked.status_code == 404, asked.url
        assert asked.json() == {"detail": "There is no such session of yours."}
    for path in ("queue/join", "run/predict", "cancel", "reset", "component_server", "call/pack"):
        for sent in (
            json.dumps({**body, "event_id": "x"}),
            f'{{"session_hash": "bobs", "session_hash": "{alice.session}"}}',
        ):
            answer = bob.http.post(f"/gradio_api/{path}", content=sent, headers={"content-type": "application/json"})
            assert answer.status_code == 403, path
    forms = {"component_id": "1", "fn_name": "news", "session_hash": alice.session}
    assert bob.http.post("/gradio_api/component_server", files={"a": b"a"}, data=forms).status_code == 415
    messages = []
    with alice.http.stream("GET", "/gradio_api/queue/data", params=guess) as lines:
        for line in lines.iter_lines():
            if line.startswith("data:"):
                messages.append(json.loads(line[5:])["msg"])
                if messages[-1] in ("process_completed", "close_stream"):
                    break
    assert "process_completed" in messages
