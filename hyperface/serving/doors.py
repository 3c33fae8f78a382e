"""What may be asked of the server: a table of the addresses that are served, and how much each of them takes.

The web framework below serves many more: it takes files from anybody, writes a visitor's session to a file that others
can read, forwards requests, shows who used what. What the table does not name does not exist. Tests ask for all of the
framework's own addresses, so that an update of it that brings a new one changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL = 100_000  # bytes: what a button or a slider sends
MEDIUM = 4_000_000  # what a page sends back to have a file made of it
PHOTOS = 64_000_000  # photos as text, which is a third longer than they are
FREE_BYTES = 1_000_000  # of a body: they are always taken in
MOST_BYTES = 256_000_000  # of bodies beyond those, at once, from everybody
PATIENCE = 30.0  # seconds without a byte of a body
FORBIDDEN_QUESTIONS = ("deep_link",)  # in the query of any address: it would load what a session was written to


@dataclass(frozen=True)
class Door:
    """An address that is served. method: GET stands for HEAD, too. largest: bytes of a body, none unless given.

    path: `*` is one name in it, `**` everything below. A slash at the end makes no difference.
    """

    method: str
    path: str
    serves: str
    largest: int = 0


DOORS = (
    Door("GET", "/", "the page"),
    Door("GET", "/config", "the page's components, for scripts"),
    Door("GET", "/assets/**", "the framework's scripts and styles"),
    Door("GET", "/static/**", "the framework's fonts"),
    Door("GET", "/theme.css", "the app's style"),
    Door("GET", "/favicon.ico", "the icon of the browser's tab"),
    Door("GET", "/manifest.json", "the name under which a browser installs the app"),
    Door("GET", "/robots.txt", "that search engines may come in"),
    Door("GET", "/hyperface/*", "files that ship with the app"),
    Door("GET", "/gradio_api/app_id", "whether the server is the one that the page was loaded from"),
    Door("GET", "/gradio_api/startup-events", "asked by the server itself when it starts"),
    Door("GET", "/gradio_api/heartbeat/*", "held open by a page as long as it is there"),
    Door("GET", "/gradio_api/info", "the endpoints, for scripts"),
    Door("POST", "/gradio_api/queue/join", "an event that waits in the queue", PHOTOS),
    Door("GET", "/gradio_api/queue/data", "the answers to a page's events, as they come"),
    Door("POST", "/gradio_api/run/*", "an event that is answered at once", SMALL),
    Door("POST", "/gradio_api/cancel", "an event that is no longer wanted", SMALL),
    Door("POST", "/gradio_api/reset", "the same, as older pages say it", SMALL),
    Door("POST", "/gradio_api/component_server", "a question of one of the page's components", MEDIUM),
    Door("POST", "/gradio_api/call/*", "an endpoint, for scripts without the client", PHOTOS),
    Door("POST", "/gradio_api/call/v2/*", "the same, its inputs by name", PHOTOS),
    Door("GET", "/gradio_api/call/*/*", "what an endpoint answers, as it comes"),
    Door("GET", "/gradio_api/call/v2/*/*", "the same"),
    Door("GET", "/gradio_api/mcp", "the endpoints as tools for agents, where they are switched on"),
    Door("GET", "/gradio_api/mcp/schema", "what these tools take"),
    Door("POST", "/gradio_api/mcp", "a question of an agent", PHOTOS),
    Door("DELETE", "/gradio_api/mcp", "an agent that is done"),
)


class RefusedError(Exception):
    """A request that is not let in. status: of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Doors:
    """ASGI middleware that lets in what the table names.

    A body is received whole before the app hears of it, so that one that is too long, or that never ends, costs the app
    nothing, whether its length was announced or not. most_bytes: of long bodies that are being received at once.
    """

    def __init__(self, app: ASGIApp, doors: Sequence[Door] = DOORS, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._doors = [(door, _pattern(door.path)) for door in doors]
        self._room = Room(most_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._let_in(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = Taken(self._room)
        try:
            door = self._find(scope)
            _refuse_other_sites(scope)
            body = await _received(scope, receive, door.largest, taken)
        except RefusedError as refused:
            await _answer(send, refused)
            return
        finally:
            taken.give_back()
        if body is not None:
            await self._app(scope, _replayed(body, receive), send)

    def _find(self, scope: Scope) -> Door:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        query = scope.get("query_string", b"").decode("latin-1")
        if any(name in FORBIDDEN_QUESTIONS for name, _ in parse_qsl(query, keep_blank_values=True)):
            raise RefusedError(404, "Pages are not kept for others here: this address has no page.")
        for door, pattern in self._doors:
            if door.method == method and pattern.fullmatch(path):
                return door
        raise RefusedError(404, "There is nothing at this address.")


class Room:
    """Bytes that may be taken at once."""

    def __init__(self, most: int) -> None:
        self.left = most


class Taken:
    """What one request took of a room."""

    def __init__(self, room: Room) -> None:
        self._room, self._bytes = room, 0

    def grow(self, size: int) -> None:
        """Now the body has this many bytes. Refused where there is no room for it at the moment."""
        more = max(0, size - FREE_BYTES) - self._bytes
        if more > self._room.left:
            raise RefusedError(503, "The server is receiving too much just now. Try again in a minute.")
        self._room.left -= more
        self._bytes += more

    def give_back(self) -> None:
        """The body is no longer being received."""
        self._room.left += self._bytes
        self._bytes = 0


def _pattern(path: str) -> re.Pattern[str]:
    words = re.escape(path.rstrip("/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
    return re.compile(f"{words}/?")


def _refuse_other_sites(scope: Scope) -> None:
    """What a page of another site sends by way of a visitor's browser is not the visitor's wish.

    Browsers say so to addresses that they take for safe, and so to one's own machine; scripts do not say anything.
    """
    if scope["method"] == "POST" and _header(scope, b"sec-fetch-site") not in ("", "same-origin", "none"):
        raise RefusedError(403, "Pages of other sites may not use this server.")


async def _received(scope: Scope, receive: Receive, largest: int, taken: Taken) -> bytes | None:
    """The whole body; None where the visitor left. Refused as soon as it is known to be longer than `largest`."""
    announced = _header(scope, b"content-length")
    too_long = RefusedError(413, f"That is too long for this address, which takes {_bytes_text(largest)}.")
    if largest == 0:
        if announced not in ("", "0") or _header(scope, b"transfer-encoding"):
            raise too_long
        return b""
    if announced and not (announced.isascii() and announced.isdigit() and int(announced[:20]) <= largest):
        raise too_long
    parts, size, more = [], 0, True
    while more:
        try:
            message = await asyncio.wait_for(receive(), PATIENCE)
        except TimeoutError as error:
            raise RefusedError(408, "The rest of the request did not arrive.") from error
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size > largest:
            raise too_long
        taken.grow(size)
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that brings a body that has been received already, and then whatever else happens."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _answer(send: Send, refused: RefusedError) -> None:
    text = json.dumps({"detail": str(refused)}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _bytes_text(size: int) -> str:
    return "no body" if size == 0 else f"{size:,} bytes at most"
