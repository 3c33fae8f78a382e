"""Everything used here that Gradio does not document. An update of Gradio may take it away: its test says when.

Gradio keeps a copy of every value it sends to a page in the session's memory, for an hour after the page is closed, and
can be asked to write it to disk (its deep links). Photos must not be among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from gradio.components import Component


def forget_shown(blocks: gr.Blocks, components: Sequence[Component], request: gr.Request) -> None:
    """Drop the server's copies of what these components show in this session. The page goes on showing it.

    components: each has an elem_id. They are found by it: an update makes Gradio copy a component under a new number.
    """
    names = {component.elem_id for component in components}
    session = blocks.state_holder.session_data.get(request.session_hash or "")
    for config in list(session.config_values.values()) if session is not None else ():
        if config and config["props"].get("elem_id") in names:
            config["props"]["value"] = None


def forget_closed_sessions(blocks: gr.Blocks) -> None:
    """From now on a session is forgotten whole, its gr.State included, as soon as its page is closed."""

    def forget(request: gr.Request) -> None:
        name = request.session_hash or ""
        blocks.state_holder.session_data.pop(name, None)
        blocks.state_holder.time_last_used.pop(name, None)

    blocks.unload(forget)
