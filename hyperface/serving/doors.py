"""What may be asked of the server: a table of the addresses that are served, and how much each of them takes.

The web framework below serves many more: it takes files from anybody, writes a visitor's session to a file that others
can read, forwards requests, shows who used what. What the table does not name does not exist. Tests ask for all of the
framework's own addresses, so that an update of it that brings a new one changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hyperface.serving.allowances import Asked
from hyperface.serving.door import DOORS, FREE_BYTES, Door, header
from hyperface.serving.guard import Guard
from hyperface.serving.refusals import RefusedError, answer_refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 256_000_000  # of bodies beyond those that are always taken in, at once, from everybody
LONGEST_PATH = 500  # letters of an address; no file has a longer name
PATIENCE = 30.0  # seconds without a byte of a body
FORBIDDEN_QUESTIONS = ("deep_link",)  # in the query of any address: it would load what a session was written to


class Doors:
    """ASGI middleware that lets in what the table names.

    A body is received whole before the app hears of it, so that one that is too long, or that never ends, costs the app
    nothing, whether its length was announced or not. most_bytes: of long bodies that are being received at once. guard:
    where strangers share the server, who asks too much, or about what is another's.
    """

    def __init__(
        self, app: ASGIApp, doors: Sequence[Door] = DOORS, most_bytes: int = MOST_BYTES, guard: Guard | None = None
    ) -> None:
        self._app, self._guard = app, guard
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
        try:
            door = self._find(scope)
            _refuse_other_sites(scope)
            if self._guard is None:
                await self._answer(scope, door, receive, send, None)
                return
            async with self._guard.answering(scope, door) as asked:
                await self._answer(scope, door, receive, send, asked)
        except RefusedError as refused:
            await answer_refusal(send, refused)

    async def _answer(self, scope: Scope, door: Door, receive: Receive, send: Send, asked: Asked | None) -> None:
        """RefusedError before the app has heard of it, or nothing of the kind."""
        if door.passed_on:
            _check_announced(scope, door.largest)
            await self._app(scope, _passed_on(receive, door.largest), send)
            return
        told = None if self._guard is None or asked is None else partial(self._guard.received, asked)
        taken = Taken(self._room, told)
        try:
            body = await _received(scope, receive, door.largest, taken)
        finally:
            taken.give_back()
        if body is None:
            return
        if self._guard is not None:
            await self._guard.check_session(scope, door, body)
        await self._app(scope, replayed(body, receive), send)

    def _find(self, scope: Scope) -> Door:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        query = scope.get("query_string", b"").decode("latin-1")
        if any(name in FORBIDDEN_QUESTIONS for name, _ in parse_qsl(query, keep_blank_values=True)):
            raise RefusedError(404, "Pages are not kept for others here: this address has no page.")
        if len(path) > LONGEST_PATH:
            raise RefusedError(404, "There is nothing at this address.")
        for door, pattern in self._doors:
            if door.method == method and pattern.fullmatch(path):
                return door
        raise RefusedError(404, "There is nothing at this address.")


class Room:
    """Bytes that may be taken at once."""

    def __init__(self, most: int) -> None:
        self.left = most


class Taken:
    """What one request took of a room. told: is told of every size, and may refuse it."""

    def __init__(self, room: Room, told: Callable[[int], None] | None = None) -> None:
        self._room, self._told, self._bytes = room, told, 0

    def grow(self, size: int) -> None:
        """Now the body has this many bytes. Refused where there is no room for it at the moment."""
        more = max(0, size - FREE_BYTES) - self._bytes
        if more > self._room.left:
            raise RefusedError(503, "The server is receiving too much just now. Try again in a minute.")
        self._room.left -= more
        self._bytes += more
        if self._told is not None:
            self._told(size)

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
    if scope["method"] == "POST" and header(scope, b"sec-fetch-site") not in ("", "same-origin", "none"):
        raise RefusedError(403, "Pages of other sites may not use this server.")


async def _received(scope: Scope, receive: Receive, largest: int, taken: Taken) -> bytes | None:
    """The whole body; None where the visitor left. Refused as soon as it is known to be longer than `largest`."""
    _check_announced(scope, largest)
    if largest == 0:
        return b""
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
            raise _too_long(largest)
        taken.grow(size)
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _check_announced(scope: Scope, largest: int) -> None:
    """Refused where the body is said to be longer than `largest`; of no bytes, where there is one at all."""
    announced = header(scope, b"content-length")
    known = announced.isascii() and announced.isdigit() and int(announced[:20]) <= largest
    if (announced and not known) or (largest == 0 and header(scope, b"transfer-encoding")):
        raise _too_long(largest)


def _too_long(largest: int) -> RefusedError:
    return RefusedError(413, f"That is too long for this address, which takes {_bytes_text(largest)}.")


def _passed_on(receive: Receive, largest: int) -> Receive:
    """A `receive` that gives a body as it comes. Who sends too much, or nothing more, has left."""
    size = 0

    async def pass_on() -> Message:
        nonlocal size
        message: Message = {"type": "http.disconnect"}
        with contextlib.suppress(TimeoutError):
            message = await asyncio.wait_for(receive(), PATIENCE)
        size += len(message.get("body", b""))
        return message if size <= largest else {"type": "http.disconnect"}

    return pass_on


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that brings a body that has been received already, and then whatever else happens."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _bytes_text(size: int) -> str:
    return "no body" if size == 0 else f"{size:,} bytes at most"
