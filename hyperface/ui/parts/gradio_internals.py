"""Everything used here that Gradio does not document. An update of Gradio may take it away: its test says when.

Gradio keeps a copy of every value that it sends to a page, or gets from it, in the session's memory, for an hour after
the page is closed. Nothing needs these copies but its deep links, which write them to disk. Photos must not be among
them, not even while they are being read, and so there are none.

It also keeps the choices that it last sent, and refuses whatever is not among them. Where the session was forgotten, as
when a telephone slept for a while, these are the choices that the server began with, and a page that shows others fails
at everything.

And it takes whatever a script sends it as the value of a component, and tells what then fails as an error of its own.
"""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import random
import sys
import time
from abc import ABCMeta
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr
from gradio.components import Component
from gradio.context import LocalContext
from gradio.queueing import Event
from gradio.routes import App
from gradio.state_holder import SessionState

from hyperface.errors import HyperFaceError
from hyperface.serving import visitors
from hyperface.serving.allowances import Asked, Fair
from hyperface.serving.envelopes import REFUSED, WRONG, Known
from hyperface.serving.guard import ASKED, guarded
from hyperface.ui.parts.folders import without_folders
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.values import check_value

if TYPE_CHECKING:
    from mcp.types import ImageContent, TextContent

C = TypeVar("C", bound=Component)
PICTURE = "data:image/"  # how the address of a picture begins that is in the answer itself
KEPT_SECONDS = 3600  # that the values of a closed session are kept by Gradio, where nothing forgets them before
LOOK_SECONDS = 0.01  # between two looks into the queue; nobody feels so short a delay
AT_ONCE_EACH = 4  # events of one visitor that are worked on at once
log = logging.getLogger(__name__)
KEPT_BY_GRADIO = SessionState._update_value_in_config  # what keeps the copies
BEGUN_BY_GRADIO = SessionState.__init__  # what copies the page's configuration


def asking() -> str:
    """The mark of the visitor whose event or question is being answered; `visitors.NOBODY` where none is.

    Gradio answers queued events in a task of its own, which knows nothing of the request that asked: it is found where
    Gradio puts it for the handler. What is answered at once is found there as well.
    """
    scope = _scope_of(LocalContext.request.get(None))
    return visitors.asking() if scope is None else str(scope.get(visitors.SCOPE, visitors.NOBODY))


def among_strangers() -> bool:
    """Whether the event or the question that is being answered came to a server that strangers share."""
    scope = _scope_of(LocalContext.request.get(None))
    return guarded() if scope is None else ASKED in scope


def _scope_of(request: object) -> dict[str, Any] | None:
    told = getattr(request, "request", request)  # a gr.Request holds the request proper
    return getattr(told, "scope", None)


class Page(gr.Blocks):
    """A `gr.Blocks` whose handlers are given values of their components' kinds, and which tells nothing of its inside.

    What is refused is told in a sentence. Whatever else is raised is a mistake of ours: its traceback goes to the log,
    and the page hears that there is one.
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False) -> Any:
        if len(inputs) != len(block_fn.inputs):
            raise gr.Error("Load the page again: it sent what its event does not take.", print_exception=False)
        for block, value in zip(block_fn.inputs, inputs, strict=True):
            if not block.stateful:
                check_value(state[block._id] if state and block._id in state else block, value)
        return await super().preprocess_data(block_fn, inputs, state, explicit_call)

    async def process_api(self, block_fn: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        event = options.get("event_data")
        if event is not None and not isinstance(event._data, dict):
            event._data = {}  # a box that is ticked tells true; what is read of an event are its named values
        try:
            return await super().process_api(block_fn, *arguments, **options)
        except (gr.Error, HyperFaceError) as error:
            scope = _scope_of(options.get("request")) or {}
            scope.get(REFUSED, {})[REFUSED] = True  # noted where the answer is written: it is no error of the server
            if isinstance(error, HyperFaceError):
                text = without_folders(str(error)) if ASKED in scope else str(error)
                raise gr.Error(escape(text), title="That did not work", print_exception=False) from None
            error.print_exception = False  # it is for people
            raise
        except Exception as error:
            log.exception("%s", getattr(block_fn, "name", block_fn))
            raise gr.Error(WRONG, print_exception=False) from error


def known_of(blocks: gr.Blocks) -> Known:
    """What can be asked of a page."""
    endpoints = blocks.get_api_info()["named_endpoints"]
    return Known(
        events={
            number: None if event.cancels else len(event.inputs)
            for number, event in blocks.fns.items()
            if event.cancels or event.fn is not None  # the others are done by the page alone
        },
        questions={
            number: frozenset(_questions_of(each)) for number, each in [*blocks.blocks.items(), (blocks._id, blocks)]
        },
        endpoints={
            name.removeprefix("/"): {
                each["parameter_name"]: each["parameter_has_default"] for each in told["parameters"]
            }
            for name, told in endpoints.items()
        },
    )


def _questions_of(block: object) -> list[str]:
    names = {*dir(type(block)), *vars(block)}
    return [name for name in names if getattr(getattr(block, name, None), "_is_server_fn", False)]


def keep_nothing_shown() -> None:
    """From now on no session of this process keeps what it was shown or what it sent, in any component."""
    SessionState._update_value_in_config = _forget  # type: ignore[method-assign]  # Gradio asks for nobody's wish


def _forget(self: SessionState, key: int, value: object) -> None:
    """In place of keeping the value that the component of this number has in this session."""


@contextlib.contextmanager
def unserved() -> Iterator[None]:
    """While a page is built in this block, Gradio makes no web application for it.

    It would make three, the last one as good as the first, and `launch` makes the one that serves.
    """
    made = App.create_app
    App.create_app = staticmethod(lambda *_, **__: None)  # type: ignore[method-assign, assignment]  # for the block
    try:
        yield
    finally:
        App.create_app = staticmethod(made)  # type: ignore[method-assign]


def forget_closed_sessions(blocks: gr.Blocks) -> None:
    """From now on a session is forgotten whole, its gr.State included, as soon as its page is closed."""

    def forget(request: gr.Request) -> None:
        name = request.session_hash or ""
        blocks.state_holder.session_data.pop(name, None)
        blocks.state_holder.time_last_used.pop(name, None)

    blocks.unload(forget)


def run_lean(blocks: gr.Blocks) -> None:
    """From now on sessions hold no copy of the page's configuration, which only deep links need and which is half a
    megabyte and 15 ms for each; no figures of all past events are worked out after every event; and the queue is looked
    into less often, which a thousand times a second takes a twentieth of a core while nobody does anything."""
    blocks._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # events between two tables of them all
    blocks._queue.sleep_when_free = LOOK_SECONDS
    SessionState.__init__ = _begin_lean  # type: ignore[method-assign]


def _begin_lean(self: SessionState, blocks: gr.Blocks) -> None:
    self.blocks_config = copy.copy(blocks.default_config)
    self.config_values, self.state_data, self._state_ttl = {}, {}, {}
    self.is_closed, self.STATE_TTL_WHEN_CLOSED = False, KEPT_SECONDS


class WatchedLine:
    """The queue of a page that strangers share, watched: who has what going, and whose turn is next.

    at_once: events of one visitor that are worked on at once; of the same kind, half as many as there may be at all.
    """

    def __init__(self, blocks: gr.Blocks, at_once: int = AT_ONCE_EACH) -> None:
        self._blocks, self._at_once = blocks, at_once
        self._asked: dict[str, Asked] = {}  # by the framework's name of the event
        self._fair = Fair()
        self._nobody: dict[str, tuple[object, ...]] = {}  # how a line stood when nobody in it could be served
        self._push, self._queue = blocks._queue.push, blocks._queue
        self._queue.push = self._joined  # type: ignore[method-assign]
        self._queue.get_events = self._next  # type: ignore[method-assign]

    def going(self) -> list[Asked]:
        return [asked for name, asked in self._asked.items() if name in self._queue.event_ids_to_events]

    def unread(self) -> list[Asked]:
        waiting, kept = self._queue.pending_event_ids_session, []
        for name, asked in list(self._asked.items()):
            if name in self._queue.event_ids_to_events:
                continue
            if name in waiting.get(asked.session, ()):
                asked.since = asked.since or time.monotonic()
                kept.append(asked)
                continue
            del self._asked[name]
            if asked.session == name:  # an event without a session has one of its own
                self.forget(name)
        return kept

    def forget(self, session: str) -> None:
        self._queue.pending_messages_per_session.pop(session, None)
        self._queue.pending_event_ids_session.pop(session, None)
        self._blocks.state_holder.session_data.pop(session, None)
        self._blocks.state_holder.time_last_used.pop(session, None)

    async def _joined(self, body: Any, request: Any, username: str | None) -> Any:
        done, name, state = await self._push(body, request, username)
        asked, event = request.scope.get(ASKED), self._queue.event_ids_to_events.get(str(name))
        if done and asked is not None and event is not None:
            asked.event, asked.session = str(name), event.session_hash
            self._asked[asked.event] = asked
        return done, name, state

    def _next(self) -> tuple[list[Event], bool, str] | None:
        """In place of Gradio's: the event that is to be worked on now, of a line that has room. None are batched."""
        working = [event for job in self._queue.active_jobs if job for event in job]
        at_work = frozenset(event._id for event in working)
        names = list(self._queue.event_queue_per_concurrency_id)
        random.shuffle(names)
        for name in names:
            line = self._queue.event_queue_per_concurrency_id[name]
            most = line.concurrency_limit
            if not line.queue or (most is not None and line.current_concurrency >= most):
                continue
            stands = (len(line.queue), line.queue[-1]._id, at_work)
            if self._nobody.get(name) == stands:  # asked a thousand times a second
                continue
            each = self._at_once if most is None else max(1, min(self._at_once, most // 2))
            place = self._fair.choose([_asked(event) for event in line.queue], map(_asked, working), each)
            if place is not None:
                return [line.queue.pop(place)], False, name
            self._nobody[name] = stands
        return None


def _asked(event: Event) -> Asked | None:
    asked: Asked | None = event.request.scope.get(ASKED)
    return asked


def changing_dropdown(choices: Sequence[tuple[str, str]] = (), **options: Any) -> gr.Dropdown:
    """A `gr.Dropdown` whose choices change while pages are open: takes names that this session was never offered.

    Whoever uses its value must look it up and say so where there is no such thing.
    """
    return _CHANGING_DROPDOWN(list(choices), **options)


def changing_checkboxes(choices: Sequence[tuple[str, str]] = (), **options: Any) -> gr.CheckboxGroup:
    """A `gr.CheckboxGroup` of the same kind as `changing_dropdown`."""
    return _CHANGING_CHECKBOXES(list(choices), **options)


def answer_agents_in_json() -> None:
    """From now on the tools of apps answer in JSON, with pictures as pictures, and say how far the work is. Gradio
    itself would answer with Python's way of writing a dictionary. Needs the package mcp."""
    from gradio import mcp

    class OwnClient(mcp.Client):  # type: ignore[misc, name-defined]  # of gradio_client, which tells no types
        """By which the server asks itself. It says so from its first request on, which comes as it is made; and on a
        busy machine no answer need come within httpx's five seconds."""

        def __init__(self, *arguments: Any, headers: dict[str, str], **options: Any) -> None:
            own = {**headers, **visitors.errand()}
            super().__init__(*arguments, headers=own, httpx_kwargs={"timeout": None}, **options)

    class ToolServer(mcp.GradioMCPServer):
        def _prepare_tool_call_args(self, name: str, arguments: dict[str, Any]) -> Any:
            endpoint, values, headers, function = super()._prepare_tool_call_args(name, arguments)
            request = self.mcp_server.request_context.request
            mark = visitors.NOBODY if request is None else request.scope.get(visitors.SCOPE, visitors.NOBODY)
            return endpoint, values, {**headers, **visitors.on_behalf_of(mark)}, function

        def postprocess_output_data(self, data: Any, root_url: str) -> list[TextContent | ImageContent]:
            return [part for output in data for part in agent_content(output)]

        async def _execute_tool_with_progress(self, job: Any, progress_token: str | int) -> Any:
            session = self.mcp_server.request_context.session
            request, told = str(self.mcp_server.request_context.request_id), -1.0
            async for update in job:
                if update.type == "output" and not update.final:
                    share, message = progress_of(update.outputs)
                    if share > told:  # it must grow
                        told = share
                        await session.send_progress_notification(
                            progress_token, share, total=1.0, message=message, related_request_id=request
                        )
            return await self._execute_tool_without_progress(job)

    mcp.GradioMCPServer = ToolServer  # type: ignore[misc]  # where Gradio looks for it when an app is launched
    mcp.Client = OwnClient  # type: ignore[attr-defined]  # likewise


def progress_of(outputs: object) -> tuple[float, str]:
    """How far an answer says that the work is, and its message; -1 where it says nothing."""
    values = outputs.get("data") if isinstance(outputs, dict) else outputs
    answer = values[0] if isinstance(values, list | tuple) and values else None
    if not isinstance(answer, dict) or not isinstance(answer.get("progress"), int | float):
        return -1.0, ""
    return float(answer["progress"]), str(answer.get("message", ""))


def agent_content(output: object) -> list[TextContent | ImageContent]:
    """What an agent is given of an answer: the answer as JSON, then its pictures, in order, where they stood."""
    from mcp.types import ImageContent, TextContent

    pictures: list[str] = []
    text = json.dumps(_without_pictures(output, pictures), ensure_ascii=False)
    shown = [_media(address) for address in pictures]
    images = [ImageContent(type="image", data=data, mimeType=kind) for kind, data in shown]
    return [TextContent(type="text", text=text), *images]


def _without_pictures(value: Any, pictures: list[str]) -> Any:
    """The same value with "picture 1" and so on in place of the pictures in it, which are appended to the list."""
    if isinstance(value, dict):
        return {key: _without_pictures(item, pictures) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_pictures(item, pictures) for item in value]
    if isinstance(value, str) and value.startswith(PICTURE):
        pictures.append(value)
        return f"picture {len(pictures)}"
    return value


def _media(address: str) -> tuple[str, str]:
    """The media type and the base64 of a `data:` address."""
    head, _, data = address.partition(",")
    return head.removeprefix("data:").partition(";")[0], data


def _changing(base: type[C], read: Callable[[Component, object], object]) -> type[C]:
    """A class like `base` that reads what a page sends by `read`.

    Not by a class statement: for those Gradio's metaclass writes a .pyi file beside this one.
    """
    attributes = {"is_template": True, "preprocess": read, "__module__": __name__, "__doc__": base.__doc__}
    made = ABCMeta.__new__(type(base), base.__name__, (base,), attributes)
    assert issubclass(made, base)
    return made


def _one_name(self: Component, payload: object) -> str | None:
    if payload is None or isinstance(payload, str):
        return payload
    raise gr.Error("Choose one of the list.")


def _names(self: Component, payload: object) -> list[str]:
    if isinstance(payload, list) and all(isinstance(name, str) for name in payload):
        return payload
    raise gr.Error("Choose some of the list.")


_CHANGING_DROPDOWN = _changing(gr.Dropdown, _one_name)
_CHANGING_CHECKBOXES = _changing(gr.CheckboxGroup, _names)
