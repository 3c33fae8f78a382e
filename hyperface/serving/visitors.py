"""Who asks: an unguessable key for each browser or script, and no accounts.

The server gives a browser its key as a cookie that no script of a page can read; a script may send one of its own as
the header `x-hyperface-key`. What comes after this module never sees a key, only its SHA-256, the visitor's *mark*: a
run folder that remembers a mark lets nobody who reads it act for the visitor.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any

COOKIE = "hyperface_key"
HEADER = "x-hyperface-key"
SCOPE = "hyperface.visitor"  # where a request's scope has the visitor's mark
KEY = re.compile(r"[A-Za-z0-9_-]{32,128}")  # 32 letters of 64 kinds are 192 bits: nobody guesses them
KEY_BYTES = 32
YEAR = 365 * 24 * 3600  # seconds that a browser keeps its key
ERRAND, ERRAND_FOR = "x-hyperface-errand", "x-hyperface-for"  # headers of what the server asks of itself, and for whom
ON_ERRAND = "hyperface.errand"  # where a request's scope says so
NOBODY = ""  # the mark where no request is being answered: the server itself

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_secret = secrets.token_urlsafe(KEY_BYTES)  # known to nobody else
_asking: ContextVar[str] = ContextVar("hyperface visitor", default=NOBODY)


def asking() -> str:
    """The mark of the visitor whose request is being answered here; NOBODY outside a request."""
    return _asking.get()


def mark_of(key: str) -> str:
    """What is remembered of a key: its SHA-256, hexadecimal."""
    return hashlib.sha256(key.encode()).hexdigest()


def new_key() -> str:
    """A key that nobody guesses, 43 letters."""
    return secrets.token_urlsafe(KEY_BYTES)


def errand() -> dict[str, str]:
    """Headers of a request that the server sends to itself, beside those of `on_behalf_of` where it is a visitor's."""
    return {ERRAND: _secret}


def on_behalf_of(mark: str) -> dict[str, str]:
    """Headers that say whose wish such a request is: an agent's, for one."""
    return {ERRAND_FOR: mark}


def is_errand(scope: Scope) -> bool:
    """Whether the server itself sent this request."""
    return bool(scope.get(ON_ERRAND))


def sent_key(scope: Scope) -> str | None:
    """The key that came with a request: the header's, else the cookie's; None for none, or one that is no key."""
    headers = dict(scope.get("headers") or ())
    told = headers.get(HEADER.encode(), b"").decode("latin-1") or _cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return told if KEY.fullmatch(told) else None


def cookie_of(key: str, *, secure: bool) -> str:
    """The `set-cookie` line that gives a browser its key. secure: it came by https.

    A Space is shown inside a frame of another site, where only a cookie that says so is kept, and only by https.
    """
    told = f"{COOKIE}={key}; Path=/; Max-Age={YEAR}; HttpOnly; "
    return told + ("Secure; SameSite=None; Partitioned" if secure else "SameSite=Lax")


class KnowVisitors:
    """ASGI middleware: every request is some visitor's, and the answer gives a new one a key.

    Only answers that no cache keeps carry one: what is the same for all, such as scripts, is left as it is, for a cache
    between would hand one visitor's key to the next.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        sent = sent_key(scope)
        key = sent or new_key()
        headers = dict(scope.get("headers") or ())
        scope[ON_ERRAND] = secrets.compare_digest(headers.get(ERRAND.encode(), b""), _secret.encode())
        scope[SCOPE] = headers.get(ERRAND_FOR.encode(), b"").decode("latin-1") if is_errand(scope) else mark_of(key)
        gives = sent is None and not is_errand(scope) and scope["type"] == "http" and _is_personal(scope["path"])

        async def sending(message: Message) -> None:
            if gives and message["type"] == "http.response.start":
                given = (b"set-cookie", cookie_of(key, secure=_is_secure(scope)).encode())
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"cache-control"]
                message["headers"] = [*kept, (b"cache-control", b"no-store"), given]
            await send(message)

        token = _asking.set(scope[SCOPE])
        try:
            await self.app(scope, receive, sending)
        finally:
            _asking.reset(token)


def _cookie(line: str) -> str:
    """The key among the cookies of a request, "" for none. Others of the same host, however odd, are none of ours."""
    parts = (part.strip().partition("=") for part in line.split(";"))
    return next((value for name, _, value in parts if name == COOKIE), "")


def _is_personal(path: str) -> bool:
    """Whether an answer is for one visitor: the page itself, its configuration, and what is asked of the server."""
    name = path.rstrip("/").rpartition("/")[2]
    return name in ("", "config") or ("/gradio_api/" in path and "file" not in path and name != "theme.css")


def _is_secure(scope: Scope) -> bool:
    told = dict(scope.get("headers") or ()).get(b"x-forwarded-proto", b"").decode("latin-1")
    return bool(scope.get("scheme") == "https" or told.partition(",")[0].strip() == "https")
