"""Who asks, and whose a run is: keys, cookies and marks, without a server."""

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from hyperface import runs
from hyperface.serving.owners import OWNER, claim, owner_of
from hyperface.serving.visitors import (
    COOKIE,
    ERRAND,
    HEADER,
    NOBODY,
    SCOPE,
    KnowVisitors,
    asking,
    errand,
    mark_of,
    new_key,
    on_behalf_of,
    sent_key,
)

KEY = "k" * 43
ALICE, BOB = mark_of("a" * 43), mark_of("b" * 43)


def run_apart(coroutine):
    """What a coroutine returns, run in a thread of its own: in the test's own, Playwright may have a loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def answered(path: str, *, scheme: str = "http", **headers: str) -> tuple[str, dict[str, str]]:
    """The mark that an application behind the middleware sees, and the answer's headers."""
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "scheme": scheme, "headers": told}
    sent = []

    async def application(scope, receive, send):
        assert scope[SCOPE] == asking()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})

    async def send(message):
        sent.append(message)

    run_apart(KnowVisitors(application)(scope, None, send))
    assert asking() == NOBODY
    return scope[SCOPE], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_a_new_browser_gets_a_key_that_no_script_reads_and_is_known_by_it():
    mark, headers = answered("/")
    given = headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    assert "Secure" not in given
    assert headers["cache-control"] == "no-store"  # nothing between may hand the key to the next
    key = given.partition(";")[0].removeprefix(f"{COOKIE}=")
    assert len(key) == 43
    assert mark == hashlib.sha256(key.encode()).hexdigest()
    again, headers = answered("/config", cookie=f'odd="; x={COOKIE}; {COOKIE}={key}; other=1')
    assert again == mark
    assert "set-cookie" not in headers


@pytest.mark.parametrize("told", [{"scheme": "https"}, {"x_forwarded_proto": "https"}])
def test_a_space_in_a_frame_keeps_its_cookie(told):
    assert answered("/", **told)[1]["set-cookie"].endswith("Secure; SameSite=None; Partitioned")


@pytest.mark.parametrize("path", ["/assets/a.js", "/gradio_api/file=/x.js", "/theme.css", "/gradio_api/theme.css"])
def test_what_is_the_same_for_all_carries_no_key(path):
    assert answered(path)[1] == {"cache-control": "public"}


@pytest.mark.parametrize("key", ["", "short", "k" * 31, "k" * 129, "k" * 40 + "/..", "k" * 40 + "é"])
def test_what_is_no_key_is_nobodys(key):
    for header in (HEADER, "cookie"):
        value = key if header == HEADER else f"{COOKIE}={key}"
        assert sent_key({"headers": [(header.encode(), value.encode())]}) is None
    assert mark_of(key) != answered("/", **{HEADER.replace("-", "_"): key})[0]


def test_a_script_may_send_its_own_key_which_goes_before_the_cookie():
    mark, headers = answered("/", x_hyperface_key=KEY, cookie=f"{COOKIE}={new_key()}")
    assert mark == mark_of(KEY)
    assert "set-cookie" not in headers


def test_the_server_asks_itself_for_a_visitor_and_nobody_else_does_so():
    told = {name.replace("-", "_"): value for name, value in {**on_behalf_of(ALICE), **errand()}.items()}
    mark, headers = answered("/config", **told)
    assert mark == ALICE
    assert "set-cookie" not in headers
    for secret in ("", "guessed", told[ERRAND.replace("-", "_")][:-1]):
        assert answered("/config", **{**told, ERRAND.replace("-", "_"): secret})[0] != ALICE


def test_a_run_remembers_whose_it_is(tmp_path):
    run = runs.create("pack", {}, title="mine", folder=tmp_path)
    assert owner_of(run.path) == NOBODY
    claim([run], NOBODY)
    assert not (run.path / OWNER).exists()
    claim([run], ALICE)
    assert owner_of(run.path) == ALICE
    (run.path / OWNER).write_text("x" * 10_000_000)  # anything else is nobody's
    assert owner_of(run.path) == NOBODY
    (run.path / OWNER).write_bytes(bytes(range(192, 256)))
    assert owner_of(run.path) == NOBODY
