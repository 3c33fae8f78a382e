"""What an event, an endpoint or a question of a component is sent in, read before the web framework sees it.

The framework looks up whatever number it is sent, and answers one that is not there with an error of the server. Here
each field is what it says it is, and names something that the page has, or the sender is told so in a sentence. What
the values themselves may be, whoever takes them knows.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from hyperface.serving.door import header
from hyperface.serving.doors import replayed
from hyperface.serving.refusals import RefusedError, answer_refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # of a session or of an event that waits; pages and scripts make them up
QUICKLY = 1_000_000  # bytes that are read at once; longer ones in a thread, so that others need not wait
DEEPEST = 40  # lists in lists
REFUSED = "hyperface.refused"  # where a request's scope has a note; in it: whether the sender was told what is wrong
WRONG = "Something went wrong on the server. Its log says what."
AGAIN = "Load the page again."


@dataclass(frozen=True)
class Known:
    """What the page has, by the framework's numbers.

    events: how many values each takes; None where it takes any, as one that cancels others does. questions: what each
    component can be asked. endpoints: the names of each one's inputs, and whether it can be left out.
    """

    events: Mapping[int, int | None]
    questions: Mapping[int, Set[str]]
    endpoints: Mapping[str, Mapping[str, bool]]


Body = dict[str, Any]
Check = Callable[[Known, str, Body], None]


class Envelopes:
    """ASGI middleware inside the doors, where a body comes whole. known: asked when the first request comes.

    It also ends the way of whatever goes wrong further in: the sender is told so in a sentence, and the log more.
    """

    def __init__(self, app: ASGIApp, known: Callable[[], Known]) -> None:
        self._app, self._ask = app, known
        self._known: Known | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, note = False, scope.setdefault(REFUSED, {})

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start" and message["status"] == 500 and note:
                message = {**message, "status": 400}
            await send(message)

        try:
            await self._app(scope, await self._read(scope, receive), sending)
        except RefusedError as refused:
            await answer_refusal(send, refused)
        except Exception as error:
            if not (begun and hasattr(error.__cause__, "status_code")):  # so ends a stream of a session that is unknown
                log.exception("%s %s", scope["method"], scope["path"])
            if begun:
                await send({"type": "http.response.body", "body": b""})
            else:
                await answer_refusal(send, RefusedError(500, WRONG))

    async def _read(self, scope: Scope, receive: Receive) -> Receive:
        """Look into what comes by the framework's own addresses."""
        path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
        _check_session_asked(scope, path)
        check = next((check for form, check in CHECKS if form.fullmatch(path)), None)
        if scope["method"] != "POST" or check is None:
            return receive
        message = await receive()
        content = message.get("body", b"")
        if not re.match(r"application/json\b|$", header(scope, b"content-type")):
            raise RefusedError(415, "This address takes JSON, and a content-type that says so.")
        body = _object(content) if len(content) < QUICKLY else await asyncio.to_thread(_object, content)
        if self._known is None:
            self._known = await asyncio.to_thread(self._ask)
        check(self._known, path.rpartition("/")[2], body)
        return replayed(content, receive)


def _object(content: bytes) -> Body:
    """The object of JSON that a body is. RefusedError for any other, for no numbers, and for half letters."""
    try:
        body = json.loads(content, parse_constant=_no_number, parse_float=_finite)
        if not isinstance(body, dict):
            raise ValueError("it is no object")
        _check_whole(body, 0)
    except (ValueError, RecursionError) as error:
        told = str(error) if len(str(error)) < 100 else ""
        raise RefusedError(400, f"That is no JSON that can be read here{': ' * bool(told)}{told}.") from error
    return body


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _check_whole(value: object, depth: int) -> None:
    """ValueError for half a letter, as of a text that was cut in the middle of one, for lists in lists in lists, and
    for what the framework would take for the path of a file and read."""
    if depth > DEEPEST:
        raise ValueError("its brackets are nested too deeply")
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("a text has half a letter in it")
    if isinstance(value, dict):
        if isinstance(value.get("meta"), dict) and "path" in value:
            raise ValueError("no files are taken")
        for key, item in value.items():
            _check_whole(key, depth)
            _check_whole(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_whole(item, depth + 1)


def has_huge_number(value: object) -> bool:
    """Whether there is a whole number in it that JSON of the framework's cannot say again."""
    if isinstance(value, dict):
        return any(map(has_huge_number, value.values()))
    if isinstance(value, list):
        return any(map(has_huge_number, value))
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def _check_session_asked(scope: Scope, path: str) -> None:
    """The name of a session, or of an event, where the address has it."""
    begins, _, name = path.rpartition("/")
    if path.endswith("/queue/data"):
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        _named(asked.get("session_hash", [""])[-1], "session_hash")
    elif begins.endswith("/heartbeat"):
        _named(name, "session_hash")
    elif scope["method"] != "POST" and re.search("/gradio_api/call/", path):
        _named(name, "The event's name")


def _check_event(known: Known, _: str, body: Body) -> None:
    """An event of the page, raised by its number, or by its name as `/run/pack` does."""
    _check_joined(known, body)
    _check_length(body, known.events[_number_of_event(known, body)])


def _check_call(known: Known, name: str, body: Body) -> None:
    """An endpoint called with a list of values."""
    if name not in known.endpoints:
        raise RefusedError(404, f"There is no such endpoint. Those that there are: {', '.join(known.endpoints)}.")
    _check_joined(known, body)
    _check_length(body, len(known.endpoints[name]))


def _check_call_by_name(known: Known, name: str, body: Body) -> None:
    """An endpoint called with values by their names."""
    if name not in known.endpoints:
        raise RefusedError(404, f"There is no such endpoint. Those that there are: {', '.join(known.endpoints)}.")
    inputs = known.endpoints[name]
    if unknown := [each for each in body if each not in inputs]:
        raise RefusedError(400, f"{name} takes {', '.join(inputs) or 'nothing'}, and not {unknown[0][:40]!r}.")
    if missing := [each for each, may_be_left_out in inputs.items() if not may_be_left_out and each not in body]:
        raise RefusedError(400, f"{name} needs {', '.join(missing)}.")


def _check_question(known: Known, _: str, body: Body) -> None:
    """A question of one of the page's components."""
    _named(body.get("session_hash"), "session_hash")
    component, function = _whole(body.get("component_id")), body.get("fn_name")
    asked = frozenset() if component is None else known.questions.get(component, frozenset())
    if not isinstance(function, str) or function not in asked:
        raise RefusedError(404, f"The page has nothing that answers this question. {AGAIN}")
    if "data" not in body:
        raise RefusedError(400, "A question is sent as `data`.")
    _check_numbers(body["data"])


def _check_cancel(known: Known, _: str, body: Body) -> None:
    _named(body.get("session_hash"), "session_hash")
    _named(body.get("event_id"), "event_id")
    _number_of_event(known, body)


def _check_reset(_known: Known, _: str, body: Body) -> None:
    _named(body.get("event_id"), "event_id")


def _check_joined(known: Known, body: Body) -> None:
    """What comes beside the values of an event."""
    for name in ("session_hash", "event_id"):
        if body.get(name) is not None:
            _named(body[name], name)
    if body.get("trigger_id") is not None and _whole(body["trigger_id"]) not in known.questions:
        raise RefusedError(404, f"The page has no such component. {AGAIN}")
    _check_numbers(body.get("event_data"))
    for name in ("simple_format", "batched", "oauth_token"):
        if body.get(name):
            raise RefusedError(400, f"This server takes no {name}.")


def _check_numbers(value: object) -> None:
    if has_huge_number(value):
        raise RefusedError(400, "A number is too large.")


def _check_length(body: Body, takes: int | None) -> None:
    data = body.get("data")
    if not isinstance(data, list):
        raise RefusedError(400, "The values are sent as `data`, a list.")
    if takes is not None and len(data) != takes:
        raise RefusedError(400, f"This takes {takes} value{'s' * (takes != 1)}; {len(data)} came. {AGAIN}")


def _named(value: object, name: str) -> None:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise RefusedError(400, f"{name} is 1 to 64 letters, digits, - and _.")


def _number_of_event(known: Known, body: Body) -> int:
    number = _whole(body.get("fn_index"))
    if number is None or number not in known.events:
        raise RefusedError(404, f"The page has no such event. {AGAIN}")
    return number


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


CHECKS: tuple[tuple[re.Pattern[str], Check], ...] = (
    (re.compile(".*/gradio_api/queue/join"), _check_event),
    (re.compile(".*/gradio_api/run/[^/]+"), _check_event),
    (re.compile(".*/gradio_api/call/v2/[^/]+"), _check_call_by_name),
    (re.compile(".*/gradio_api/call/[^/]+"), _check_call),
    (re.compile(".*/gradio_api/component_server"), _check_question),
    (re.compile(".*/gradio_api/cancel"), _check_cancel),
    (re.compile(".*/gradio_api/reset"), _check_reset),
)
