"""Everything used here that Gradio does not document. An update of Gradio may take it away: its test says when.

Gradio keeps a copy of every value it sends to a page in the session's memory, for an hour after the page is closed, and
can be asked to write it to disk (its deep links). Photos must not be among them.

It also keeps the choices that it last sent, and refuses whatever is not among them. Where the session was forgotten, as
when a telephone slept for a while, these are the choices that the server began with, and a page that shows others fails
at everything.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import gradio as gr
from gradio.components import Component

C = TypeVar("C", bound=Component)


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


def changing_dropdown(choices: Sequence[tuple[str, str]] = (), **options: Any) -> gr.Dropdown:
    """A `gr.Dropdown` whose choices change while pages are open: takes names that this session was never offered.

    Whoever uses its value must look it up and say so where there is no such thing.
    """
    return _CHANGING_DROPDOWN(list(choices), **options)


def changing_checkboxes(choices: Sequence[tuple[str, str]] = (), **options: Any) -> gr.CheckboxGroup:
    """A `gr.CheckboxGroup` of the same kind as `changing_dropdown`."""
    return _CHANGING_CHECKBOXES(list(choices), **options)


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
