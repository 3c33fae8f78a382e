"""What handlers of events are given and what they give back: values and updates keyed by component.

An event that is wired with a set of inputs hands its handler one mapping from component to value, and a handler may
answer with a dict of the outputs that change. Nothing depends on the order in which components stand in a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from gradio.blocks import Block
from gradio.components import Component

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Given = Mapping[Component, Any]  # the values of the components that an event was wired with
Updates = dict[Block, Any]  # new values, or `gr.update(…)`, of the outputs that change; the others stay as they are

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}  # in the queue, which toasts need
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
COPIED: dict[str, Any] = {**AT_ONCE, "fn": None, "js": "value => value"}  # in the page, without asking the server
LATEST: dict[str, Any] = {**QUIET, "trigger_mode": "always_last"}  # for what changes faster than it is answered
NEWEST: dict[str, Any] = {**AT_ONCE, "trigger_mode": "always_last"}  # the same, without the queue
# For what an event brings along (`gr.EventData`): Gradio answers one that had to wait with the data of the one before.
EACH: dict[str, Any] = {**QUIET, "trigger_mode": "multiple"}
EACH_AT_ONCE: dict[str, Any] = {**AT_ONCE, "trigger_mode": "multiple"}


def components_of(controls: DataclassInstance) -> set[Block]:
    """The components of a dataclass whose fields are all components: inputs or outputs of an event."""
    return {getattr(controls, field.name) for field in fields(controls)}


def values_of(controls: DataclassInstance, given: Given) -> dict[str, Any]:
    """The values of such a dataclass's components, by the names of its fields."""
    return {field.name: given[getattr(controls, field.name)] for field in fields(controls)}
