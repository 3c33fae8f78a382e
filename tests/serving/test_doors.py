"""The doors themselves, before an app that notes what reaches it."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from hyperface.serving import doors
from hyperface.serving.door import DOORS, FREE_BYTES, PHOTOS, Door
from hyperface.serving.doors import Doors

TABLE = (Door("GET", "/", "the page"), Door("GET", "/files/**", "files"), Door("POST", "/say/*", "words", 10))


def run_apart(coroutine):
    """What a coroutine returns, run in a thread of its own: in the test's own, Playwright may have a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Inner:
    """An app that takes whatever comes, and answers with its length."""

    def __init__(self):
        self.bodies = []

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(len(body)).encode()})


def ask(method, path, *parts, headers=(), query="", around=None, hangs=False):
    """Status and text of the answer, and the bodies that reached the app. parts: of the body, as they arrive."""
    inner = Inner()
    guarded = around or Doors(inner, TABLE)
    guarded._app = inner
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts or (b"",)]
    messages[-1]["more_body"] = hangs
    answers = []

    async def receive():
        if not messages and hangs:
            await asyncio.Event().wait()
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message):
        answers.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": list(headers)
    }  # fmt: skip
    run_apart(guarded(scope, receive, send))
    status = answers[0]["status"] if answers else None
    return status, b"".join(answer.get("body", b"") for answer in answers).decode(), inner.bodies


@pytest.mark.parametrize(
    ("method", "path", "served"),
    [
        ("GET", "/", True),
        ("HEAD", "/", True),
        ("GET", "/files/a/b.js", True),
        ("GET", "/files/a/", True),
        ("POST", "/say/word", True),
        ("POST", "/say/word/", True),
        ("GET", "/files", False),
        ("GET", "/files/", False),
        ("GET", "//", False),
        ("GET", "/say/word", False),
        ("POST", "/say/two/words", False),
        ("POST", "/say", False),
        ("POST", "/", False),
        ("DELETE", "/", False),
        ("GET", "/Files/a", False),
        ("GET", "/unheard\n", False),
        ("GET", "/\n", False),
        ("GET", "", True),  # the root, as some proxies ask for it
    ],
)
def test_what_the_table_does_not_name_does_not_exist(method, path, served):
    status, text, bodies = ask(method, path)
    assert (status == 200) == served == bool(bodies)
    if not served:
        assert status == 404
        assert json.loads(text) == {"detail": "There is nothing at this address."}


@pytest.mark.parametrize("query", ["deep_link=abc", "a=1&deep_link=", "deep%5Flink=abc", "deep_link"])
def test_no_address_takes_a_link_into_a_session(query):
    status, text, bodies = ask("GET", "/", query=query)
    assert (status, bodies) == (404, [])
    assert "not kept for others" in text
    assert ask("GET", "/", query="run=deep_link&x=deep_link")[0] == 200


def test_a_body_arrives_as_it_was_sent():
    assert ask("POST", "/say/a", b"12", b"", b"345") == (200, "5", [b"12345"])
    assert ask("POST", "/say/a", b"1234567890", headers=[(b"content-length", b"10")]) == (200, "10", [b"1234567890"])


@pytest.mark.parametrize(
    ("parts", "headers"),
    [
        ((b"12345678901",), []),
        ((b"1",) * 11, []),
        ((b"1",), [(b"content-length", b"11")]),
        ((b"1",), [(b"content-length", b"-1")]),
        ((b"1",), [(b"content-length", b"\xb2")]),
        ((b"1",), [(b"content-length", b"9" * 5000)]),
    ],
)
def test_a_body_that_is_too_long_is_refused_announced_or_not(parts, headers):
    status, text, bodies = ask("POST", "/say/a", *parts, headers=headers)
    assert (status, bodies) == (413, [])
    assert json.loads(text)["detail"] == "That is too long for this address, which takes 10 bytes at most."


@pytest.mark.parametrize("header", [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")])
def test_questions_without_a_body_bring_none(header):
    assert ask("GET", "/", b"1", headers=[header])[0] == 413


def test_a_body_that_stops_half_way_is_not_waited_for_forever(monkeypatch):
    monkeypatch.setattr(doors, "PATIENCE", 0.01)
    assert ask("POST", "/say/a", b"1", hangs=True)[0] == 408
    assert ask("POST", "/say/a", b"1", hangs=True)[2] == []


def test_a_visitor_who_leaves_half_way_is_no_request():
    inner = Inner()

    async def left():
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/say/a", "query_string": b"", "headers": []}
    run_apart(Doors(inner, TABLE)(scope, left, lambda message: pytest.fail("answered")))
    assert inner.bodies == []


def test_many_long_bodies_at_once_wait_for_each_other_and_short_ones_do_not():
    table = (Door("POST", "/say/*", "words", 10 * FREE_BYTES),)
    guarded = Doors(Inner(), table, most_bytes=FREE_BYTES)
    long, longer = bytes(2 * FREE_BYTES), bytes(2 * FREE_BYTES + 1)
    assert ask("POST", "/say/a", long, around=guarded)[0] == 200
    assert ask("POST", "/say/a", longer, around=guarded)[0] == 503
    assert ask("POST", "/say/a", long, around=guarded)[0] == 200  # what was taken has been given back

    other = doors.Taken(guarded._room)
    other.grow(2 * FREE_BYTES)
    assert ask("POST", "/say/a", bytes(FREE_BYTES + 1), around=guarded)[0] == 503
    assert ask("POST", "/say/a", bytes(FREE_BYTES), around=guarded)[0] == 200
    other.give_back()
    assert ask("POST", "/say/a", long, around=guarded)[0] == 200


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)]
)
def test_pages_of_other_sites_cannot_press_anything(site, status):
    headers = [(b"sec-fetch-site", site.encode())]
    assert ask("POST", "/say/a", b"1", headers=headers)[0] == status
    assert ask("GET", "/", headers=headers)[0] == 200  # a link from elsewhere


def test_web_sockets_are_closed_and_the_rest_goes_by():
    inner, sent = [], []

    async def app(scope, receive, send):
        inner.append(scope["type"])

    async def send(message):
        sent.append(message)

    run_apart(Doors(app)({"type": "websocket", "path": "/"}, None, send))
    run_apart(Doors(app)({"type": "lifespan"}, None, send))
    assert (inner, sent[0]["type"]) == (["lifespan"], "websocket.close")


def test_the_table_is_one_that_a_person_can_read():
    assert len({(door.method, door.path) for door in DOORS}) == len(DOORS)
    assert all(door.serves and door.method in ("GET", "POST", "DELETE") for door in DOORS)
    assert all((door.largest > 0) == (door.method == "POST") for door in DOORS)


def test_photos_fit_through_their_door():
    from hyperface.ui.photos.picker import MAX_MEGABYTES_TOGETHER, MAX_PHOTOS

    as_text = MAX_MEGABYTES_TOGETHER * 1_000_000 * 4 / 3
    assert as_text + MAX_PHOTOS * 1000 + 100_000 < PHOTOS


def test_a_body_that_is_passed_on_is_bounded_too(monkeypatch):
    table = [Door("POST", "/files", "files", 10, passed_on=True)]

    class Reading(Inner):
        async def __call__(self, scope, receive, send):
            seen = []
            while not seen or seen[-1].get("more_body"):
                seen.append(await receive())
            self.bodies.append([message.get("body", message["type"]) for message in seen])

    def passed(*parts, **how):
        inner = Reading()
        guarded = Doors(inner, table)
        messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        scope = {"type": "http", "method": "POST", "path": "/files", "headers": [], **how}

        async def receive():
            return messages.pop(0) if messages else await asyncio.Event().wait()

        async def send(message):
            inner.bodies.append(message.get("status"))

        run_apart(guarded(scope, receive, send))
        return inner.bodies

    monkeypatch.setattr(doors, "PATIENCE", 0.05)
    assert passed(b"12345", b"67890") == [[b"12345", b"67890", "http.disconnect"]]  # and then nothing more
    assert passed(b"12345", b"678901") == [[b"12345", "http.disconnect"]]
    assert passed(b"1", headers=[(b"content-length", b"11")])[0] == 413
