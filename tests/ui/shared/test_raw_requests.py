"""Every event of the page and every question that its components answer, asked by hand with what cannot be.

HYPERFACE_RAW_REQUESTS=all python -m pytest tests/ui/shared/test_raw_requests.py sends all of it. The suite sends a
part, and another one with another HYPERFACE_RAW_SEED.
"""

import io
import itertools
import json
import logging
import os
import random
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import pytest

from hyperface import training
from hyperface.assets import assets_folder
from hyperface.errors import CheckpointError

EVERYTHING = os.environ.get("HYPERFACE_RAW_REQUESTS") == "all"
SEED = int(os.environ.get("HYPERFACE_RAW_SEED", "0"))
FEW = 1  # of each kind of request to each event, where not everything is sent
AT_ONCE = 16  # events of one session that wait together; fewer than a visitor may have
LONG = "x" * 5000
UPLOAD = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
ODD = [
    2**70, -(2**70), 1e300, -1, 0.5, True, None, "7", "", LONG, "..", "../../etc/passwd", "\0", "\u202e<script>",
    [], ["a"], [[1]], {}, {"a": 1}, UPLOAD, {"__type__": "update"},
]  # fmt: skip
NO_NUMBERS = ["NaN", "-Infinity", "1e999", '"\\ud800"', "[" * 500 + "]" * 500, "9" * 5000]  # as text of JSON
NO_LISTS = [None, 7, "text", {"0": 1}]
BESIDE = {
    "fn_index": [-1, 10**9, 2**70, 1e300, "7", None, True, [1], {}],
    "session_hash": ["", LONG, "..", "a/b", "\0", "é", 7, None, ["a"]],
    "trigger_id": [-1, 10**9, 2**70, "7", [1], {}],
    "event_id": [LONG, 7, "..", ["a"]],
    "batched": [True, 1, "x"],
    "simple_format": [True],
    "oauth_token": [LONG, 7],
}
QUESTION = (
    "run", "title", "page", "part", "packed", "identity", "identities", "seen", "cursor", "number", "value", "model",
    "benchmark", "round", "who", "fine", "yaw", "pitch", "light", "age", "expression", "lesson", "what", "count",
    "points", "seed", "span", "from", "leads", "person", "beta", "generator", "dimension",
)  # fmt: skip
EVENT_DATA = ("identity", "line", "runs", "point", "example", "photos", "value", "index")
SECRETS = [str(Path(sys.prefix)), str(assets_folder().parent), tempfile.gettempdir() + "/", "Traceback", 'File "']


class Log(logging.Handler):
    """What the server would have written to its log."""

    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def server_log(monkeypatch):
    """Text of all that the process logs or prints."""
    printed, log = io.StringIO(), Log()
    monkeypatch.setattr(sys, "stderr", printed)
    loggers = [logging.getLogger(name) for name in (None, "uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(log)
    yield lambda: [part for part in (*log.lines, *printed.getvalue().split("\n\n")) if "Traceback" in part]
    for logger in loggers:
        logger.removeHandler(log)


@pytest.fixture
def nothing_begins(monkeypatch):
    """The work of a run that a request makes ends before it begins."""
    from hyperface import runs
    from hyperface.jobs import places

    monkeypatch.setattr(places, "start", lambda run, **_: runs.Worker(run).postpone("Nothing is begun here."))


@pytest.fixture
def nothing_is_drawn(monkeypatch, shared_context):
    """Handlers of values that are fine end where it would take long, unless everything is sent."""

    def nothing(*_):
        raise CheckpointError("There is nothing that draws or sees.")

    if not EVERYTHING:
        for name in ("generator", "recognizer"):
            monkeypatch.setattr(shared_context, name, nothing)
        monkeypatch.setattr(training, "measure_speed", lambda **_: 100.0)


@pytest.fixture
def ask(visitor, nothing_begins, nothing_is_drawn):
    """Sends requests as one visitor, checks every answer, and counts what came."""
    return Asking(visitor(connection="close"))  # a kept connection ends whenever the server says so


class Asking:
    """wrong: what was amiss with an answer, and what had been asked."""

    def __init__(self, visitor):
        self.visitor, self.counts, self.names, self.wrong = visitor, Counter(), itertools.count(), []

    def post(self, path, body):
        """Status and text. body: an object, or text of JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        answer = self.visitor.http.post(path, content=text, headers={"content-type": "application/json"})
        asked = f"{path} {text[:300]}"
        self.counts[answer.status_code] += 1
        if answer.status_code not in (200, 400, 403, 404, 422):
            self.wrong.append((answer.status_code, asked, answer.text[:500]))
        told = self.read(answer.text, asked)
        if answer.status_code != 200 or (isinstance(told, dict) and "error" in told):
            self.sentence(told.get("detail", told.get("error")), asked)
        return answer.status_code, told

    def read(self, text, asked):
        """JSON in which nothing of the server's inside is said."""
        self.wrong += [(secret, asked, text[:1000]) for secret in SECRETS if secret in text]
        return json.loads(text)

    def sentence(self, text, asked):
        if not isinstance(text, str) or not 0 < len(text) < 400 or text[-1] not in ".?!":
            self.wrong.append(("no sentence", asked, str(text)[:1000]))

    def nothing_wrong(self, log):
        wrong = [*self.wrong, *log]
        assert not wrong, "\n".join([str(len(wrong)), *(repr(each)[-1500:] for each in wrong[:10])])

    def events(self, requests):
        """Raise events, (event, body) each: what waits in the queue many in one session."""
        for event, body in requests:
            if not event["queue"]:
                self.post(f"/gradio_api/run/{event['api_name']}", {"session_hash": "at-once", **body})
        queued = [body for event, body in requests if event["queue"]]
        for start in range(0, len(queued), AT_ONCE):
            self._queued(f"session-{next(self.names)}", queued[start : start + AT_ONCE])

    def _queued(self, session, bodies):
        asked = {}
        for body in bodies:
            status, told = self.post("/gradio_api/queue/join", {"session_hash": session, **body})
            if status == 200:
                asked[told["event_id"]] = str(body)[:300]
        if not asked:
            return
        with self.visitor.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as lines:
            for line in filter(None, lines.iter_lines()):
                message = self.read(line.removeprefix("data:"), asked)
                if message["msg"] == "close_stream":
                    break
                if message["msg"] == "process_completed":
                    body = asked.pop(message["event_id"])
                    self.counts["done" if message["success"] else "refused"] += 1
                    if not message["success"]:
                        self.sentence(message["output"].get("error"), body)
        if asked:
            self.wrong.append(("no answer", asked, session))


def some(kind, number, choices):
    """All of them, or a few, others for each event."""
    choices = list(choices)
    if EVERYTHING or len(choices) <= FEW:
        return choices
    return random.Random(zlib.crc32(f"{kind} {number} {SEED}".encode())).sample(choices, FEW)


def test_what_stands_beside_the_values(ask, server_log):
    """Wrong in one field each, whatever the event."""
    event = next(each for each in ask.visitor.config["dependencies"] if each["queue"] and each["inputs"])
    right = {"fn_index": event["id"], "data": ask.visitor.values_of(event), "session_hash": "a-session"}
    bodies = [{**right, name: value} for name, values in BESIDE.items() for value in values]
    bodies += [{**right, "data": data} for data in NO_LISTS]
    bodies += [json.dumps({**right, "data": "@"}).replace('"@"', f"[{text}]") for text in NO_NUMBERS]
    bodies += ["", "{", "[]", "7", "null", '"text"', "\ufeff{}", "{}"]
    for body in bodies:
        for path in ("/gradio_api/queue/join", f"/gradio_api/run/{event['api_name']}"):
            assert ask.post(path, body)[0] != 200, body
    for path in ("cancel", "reset", "component_server", "call/pack", "call/v2/pack", "call/nothing", "call/v2/nothing"):
        for body in ("", "[]", "null", '{"data": NaN}', '{"session_hash": 7, "data": [], "identities": "\\ud800"}'):
            assert ask.post(f"/gradio_api/{path}", body)[0] != 200, (path, body)
    form = {"content-type": "multipart/form-data; boundary=x"}
    for path in ("queue/join", "component_server", "call/pack"):
        assert ask.visitor.http.post(f"/gradio_api/{path}", content=b"--x--", headers=form).status_code == 415
    ask.nothing_wrong(server_log())


def test_addresses_that_lead_nowhere(ask, server_log):
    for path in (
        "/assets/%00", f"/assets/{LONG}", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/static/%2e%2e/%2e%2e/x",
        f"/static/{LONG}", "/hyperface/%00", "/theme.css/%ed%a0%80", "/?__theme=%00&view=x",
        "/gradio_api/info?all_endpoints=maybe&page=%00",
        "/gradio_api/queue/data", "/gradio_api/queue/data?session_hash=", f"/gradio_api/queue/data?session_hash={LONG}",
        "/gradio_api/queue/data?session_hash=nobody", f"/gradio_api/heartbeat/{LONG}", "/gradio_api/heartbeat/%00",
        "/gradio_api/call/pack/nobody", "/gradio_api/call/v2/pack/nobody", f"/gradio_api/call/pack/{LONG}",
    ):  # fmt: skip
        answer = ask.visitor.http.get(path)
        assert answer.status_code < 500, path
        ask.wrong += [(secret, path) for secret in SECRETS if secret in answer.text and answer.status_code != 200]
    ask.nothing_wrong(server_log())


def hostile_values(visitor, event):
    """Values of an event that cannot be: too few or many, all of them odd, or one of them."""
    right = visitor.values_of(event)
    lengths = [[*right, None], right[:-1], [None] * 1000] if right else [[None]]
    all_odd = [[odd] * len(right) for odd in ODD] if right else []
    one_odd = [[*right[:i], odd, *right[i + 1 :]] for i in range(len(right)) for odd in ODD]
    kinds = [lengths, all_odd, one_odd]
    data = [(values, {}) for number, kind in enumerate(kinds) for values in some(number, event["id"], kind)]
    if not EVERYTHING:  # another kind for each event
        data = data[(event["id"] + SEED) % 3 :][:1]
    told = [{name: odd} for name in EVENT_DATA for odd in ODD] + [dict.fromkeys(EVENT_DATA, odd) for odd in ODD]
    told += [True, 7, "text", ["a"]]
    return data + [(right, each) for each in some("told", event["id"], told)]


def test_every_event_with_values_that_cannot_be(ask, server_log):
    requests = []
    for event in ask.visitor.config["dependencies"]:
        for data, told in hostile_values(ask.visitor, event):
            requests.append((event, {"fn_index": event["id"], "data": data, "event_data": told, "trigger_id": None}))
    ask.events(requests)
    print(len(requests), "events:", dict(ask.counts))
    ask.nothing_wrong(server_log())


def hostile_questions(run):
    """Questions of a component's script that are none."""
    right = {"run": run, "identity": 0, "part": 0, "identities": [0], "number": 0, "value": {}}
    one_odd = [{**right, name: odd} for name in QUESTION for odd in ODD]
    return ODD + [{}, dict.fromkeys(QUESTION)] + [dict.fromkeys(QUESTION, odd) for odd in ODD] + one_odd


def test_every_question_that_is_none(ask, server_log):
    sent = 0
    for component in ask.visitor.config["components"]:
        for name in component["props"].get("server_fns", ()):
            for question in some(name, component["id"], hostile_questions("pack-demo")):
                body = {"data": question, "component_id": component["id"], "fn_name": name, "session_hash": "asks"}
                ask.post("/gradio_api/component_server", body)
                sent += 1
    print(sent, "questions:", dict(ask.counts))
    assert sent >= 48
    ask.nothing_wrong(server_log())
