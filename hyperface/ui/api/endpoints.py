"""The seven endpoints on the page."""

from gradio.events import api

from hyperface.ui.api.draw import draw_endpoint
from hyperface.ui.api.embed import embed_endpoint
from hyperface.ui.api.evaluate import evaluate_endpoint
from hyperface.ui.api.identities import identities_endpoint
from hyperface.ui.api.nearest import nearest_endpoint
from hyperface.ui.api.pack import pack_endpoint
from hyperface.ui.api.runs import runs_endpoint
from hyperface.ui.parts.context import AppContext

FOLLOWED_AT_ONCE = 8  # callers who listen to runs; each holds a thread of the server for a moment, again and again
ENDPOINTS = {
    "pack": pack_endpoint,
    "identities": identities_endpoint,
    "draw": draw_endpoint,
    "embed": embed_endpoint,
    "nearest": nearest_endpoint,
    "runs": runs_endpoint,
    "evaluate": evaluate_endpoint,
}
FOLLOWING = ("pack", "evaluate")


def add_endpoints(context: AppContext) -> None:
    """Add all of them to the page that is being laid out."""
    for name, make in ENDPOINTS.items():
        limit = FOLLOWED_AT_ONCE if name in FOLLOWING else "default"
        api(make(context), api_name=name, concurrency_limit=limit)
