"""Who asks too much, and who asks about another's session: looked at before a request reaches the app."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hyperface.serving.addresses import address_of
from hyperface.serving.allowances import Allowances, Asked, Line, Newcomers
from hyperface.serving.door import BODY, EVENT_PATH, PAGE, PATH, QUERY, Door, header
from hyperface.serving.limits import Limits
from hyperface.serving.refusals import RefusedError
from hyperface.serving.sessions import Sessions
from hyperface.serving.visitors import SCOPE, is_errand, sent_key

if TYPE_CHECKING:
    from starlette.types import Scope

ASKED = "hyperface.asked"  # where a request's scope has what it counts as
SESSION = "session_hash"  # the framework's word for the name of a session
JSON_TYPES = ("application/json",)
PARSED_APART = 1_000_000  # bytes of a body beyond which it is read in a thread, so that others are answered meanwhile
SERVER = "the server itself"
_guarded: ContextVar[bool] = ContextVar("hyperface guarded", default=False)


def guarded() -> bool:
    """Whether a request is being answered here that such a guard let pass: strangers share the server."""
    return _guarded.get()


class Guard:
    """Stands before the app where strangers share the server. Used from one event loop."""

    def __init__(self, limits: Limits, line: Line) -> None:
        self._limits = limits
        self.newcomers = Newcomers(limits.newcomers_each)
        self.allowances = Allowances(limits, line)
        self.sessions = Sessions(line.forget)

    @asynccontextmanager
    async def answering(self, scope: Scope, door: Door) -> AsyncIterator[Asked]:
        """A block in which a request is answered. RefusedError where the visitor asks too much."""
        address = address_of(scope, proxied=self._limits.proxied)
        mark, errand = str(scope.get(SCOPE, "")), is_errand(scope)
        if door.counts == PAGE:
            self.newcomers.meet(mark, address)
        known = errand or (sent_key(scope) is not None and self.newcomers.knows(mark))
        asked = Asked(mark if known else f"address {address}", address)
        async with self.allowances.going(door.counts, asked):
            scope[ASKED] = asked
            token = _guarded.set(True)
            try:
                yield asked
            finally:
                _guarded.reset(token)

    def received(self, asked: Asked, size: int) -> None:
        """So many bytes of its body are here. RefusedError where there is no room for them."""
        self.allowances.grow(asked, size)

    async def check_session(self, scope: Scope, door: Door, body: bytes) -> None:
        """RefusedError where the request is about a session of another visitor's."""
        session = await _named(scope, door.session, body)
        if session is None:
            return
        asked: Asked = scope[ASKED]
        owner = allowance = SERVER
        if not is_errand(scope):
            allowance = asked.who
            owner = asked.who if sent_key(scope) is None else str(scope[SCOPE])
        claims = door.session in (BODY, PATH)
        status = 404 if scope["method"] == "GET" else 403
        self.sessions.use(session, owner, allowance, claim=claims, status=status)


async def _named(scope: Scope, where: str, body: bytes) -> str | None:
    """The session that a request names, None for none. Read as the framework reads it: the last of several counts."""
    if where == QUERY:
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        return next((value for name, value in reversed(query) if name == SESSION), None)
    if where in (PATH, EVENT_PATH):
        return str(scope["path"]).rstrip("/").rpartition("/")[2]
    if where != BODY or not body:
        return None
    if header(scope, b"content-type").partition(";")[0].strip().lower() not in JSON_TYPES:
        raise RefusedError(415, "This address takes JSON.")
    try:
        told = await asyncio.to_thread(json.loads, body) if len(body) > PARSED_APART else json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "That is no JSON.") from error
    session = told.get(SESSION) if isinstance(told, dict) else None
    return session if isinstance(session, str) else None
