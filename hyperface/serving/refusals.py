"""How a request that is not let in is answered: a status and one sentence, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Send

SOON = 5  # seconds after which it is worth asking again


class RefusedError(Exception):
    """A request that is not let in. status: of the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def answer_refusal(send: Send, refused: RefusedError) -> None:
    """Say so."""
    text = json.dumps({"detail": str(refused)}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
    if refused.status in (429, 503):
        headers.append((b"retry-after", str(SOON).encode()))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
