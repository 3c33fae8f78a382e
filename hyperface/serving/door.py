"""The addresses that are served: what each is for, how long a body it takes, and what asking there counts as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

SMALL = 100_000  # bytes: what a button or a slider sends
MEDIUM = 4_000_000  # what a page sends back to have a file made of it
PHOTOS = 64_000_000  # photos as text, which is a third longer than they are
ARCHIVE = 200_000_000_000  # a whole run, which is never held in memory; its route has bounds of its own
RUNS = "/hyperface/runs"  # where whole runs are downloaded and brought
FREE_BYTES = 1_000_000  # of a body: they are always taken in
PAGE, QUESTION, EVENT, STREAM = "page", "question", "event", "stream"  # what a request counts as
QUERY, PATH, EVENT_PATH, BODY = "query", "path", "event", "body"  # where it names its session, or its event


@dataclass(frozen=True)
class Door:
    """An address that is served. method: GET stands for HEAD, too. largest: bytes of a body, none unless given.

    path: `*` is one name in it, `**` everything below. A slash at the end makes no difference. counts: as what, among
    what a visitor may have going at once; "" for what costs nothing. session: where a request names its session.
    passed_on: the app gets the body part by part as it asks, and not whole.
    """

    method: str
    path: str
    serves: str
    largest: int = 0
    counts: str = ""
    session: str = ""
    passed_on: bool = False


DOORS = (
    Door("GET", "/", "the page", counts=PAGE),
    Door("GET", "/config", "the page's components, for scripts", counts=PAGE),
    Door("GET", "/assets/**", "the framework's scripts and styles"),
    Door("GET", "/static/**", "the framework's fonts"),
    Door("GET", "/theme.css", "the app's style"),
    Door("GET", "/favicon.ico", "the icon of the browser's tab"),
    Door("GET", "/manifest.json", "the name under which a browser installs the app"),
    Door("GET", "/robots.txt", "that search engines may come in"),
    Door("GET", "/hyperface/*", "files that ship with the app"),
    Door("GET", f"{RUNS}/*", "a run of the visitor's, whole", counts=STREAM),
    Door("POST", RUNS, "a file that becomes a run of the visitor's", ARCHIVE, QUESTION, passed_on=True),
    Door("GET", "/gradio_api/app_id", "whether the server is the one that the page was loaded from"),
    Door("GET", "/gradio_api/startup-events", "asked by the server itself when it starts"),
    Door("GET", "/gradio_api/heartbeat/*", "held open by a page as long as it is there", 0, STREAM, PATH),
    Door("GET", "/gradio_api/info", "the endpoints, for scripts", counts=QUESTION),
    Door("POST", "/gradio_api/queue/join", "an event that waits in the queue", PHOTOS, EVENT, BODY),
    Door("GET", "/gradio_api/queue/data", "the answers to a page's events, as they come", 0, STREAM, QUERY),
    Door("POST", "/gradio_api/run/*", "an event that is answered at once", SMALL, QUESTION, BODY),
    Door("POST", "/gradio_api/cancel", "an event that is no longer wanted", SMALL, "", BODY),
    Door("POST", "/gradio_api/reset", "the same, as older pages say it", SMALL, "", BODY),
    Door("POST", "/gradio_api/component_server", "a question of one of the page's components", MEDIUM, QUESTION, BODY),
    Door("POST", "/gradio_api/call/*", "an endpoint, for scripts without the client", PHOTOS, EVENT, BODY),
    Door("POST", "/gradio_api/call/v2/*", "the same, its inputs by name", PHOTOS, EVENT),
    Door("GET", "/gradio_api/call/*/*", "what an endpoint answers, as it comes", 0, STREAM, EVENT_PATH),
    Door("GET", "/gradio_api/call/v2/*/*", "the same", 0, STREAM, EVENT_PATH),
    Door("GET", "/gradio_api/mcp", "the endpoints as tools for agents, where they are switched on", 0, STREAM),
    Door("GET", "/gradio_api/mcp/schema", "what these tools take", counts=QUESTION),
    Door("POST", "/gradio_api/mcp", "a question of an agent", PHOTOS, EVENT),
    Door("DELETE", "/gradio_api/mcp", "an agent that is done"),
)


def header(scope: Scope, name: bytes) -> str:
    """A header of a request, the first of that name; "" for none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
