"""Controls that are as the visitor left them, when the page is loaded again: their values are kept in the browser."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import gradio as gr

from hyperface.ui.parts.events import AT_ONCE, Given, Updates, components_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SECRET = "hyperface"  # Gradio scrambles what it keeps: a fixed word lets the next server read it. Nothing is private


def remember(blocks: gr.Blocks, name: str, controls: DataclassInstance, *, but: Collection[str] = ()) -> None:
    """Keep the values of the controls, a dataclass whose fields are all components, under this name in the browser.

    but: names of those that follow from the machine, and are not kept.
    """
    kept = gr.BrowserState({}, storage_key=f"hyperface-{name}", secret=SECRET)
    components = components_of(controls) - {getattr(controls, field) for field in but}

    def keep(given: Given) -> dict[str, Any]:
        return {field: given[part] for field, part in vars(controls).items() if part in components}

    def restore(given: Given) -> Any:
        found = restored(controls, given[kept])
        return {part: update for part, update in found.items() if part in components} or gr.skip()

    blocks.load(restore, {kept}, list(components), **AT_ONCE)
    gr.on([component.change for component in components], keep, components, kept, **AT_ONCE)  # type: ignore[attr-defined]  # all of them have it


def restored(controls: DataclassInstance, values: object) -> Updates:
    """Updates of those controls whose value was kept and can still be chosen."""
    found: Updates = {}
    for name, component in ((name, getattr(controls, name)) for name in controls.__dataclass_fields__):
        if isinstance(values, dict) and name in values and _can_be(component, values[name]):
            found[component] = gr.update(value=values[name])
    return found


def _can_be(component: object, value: object) -> bool:
    if isinstance(component, gr.Dropdown) and not component.choices:  # they come later: what is not among them goes
        return isinstance(value, str)
    if isinstance(component, gr.Dropdown | gr.Radio):
        return value in [choice for _, choice in component.choices]
    if isinstance(component, gr.Checkbox):
        return isinstance(value, bool)
    if isinstance(component, gr.Slider):
        return isinstance(value, int | float) and component.minimum <= value <= component.maximum
    return value is None or isinstance(value, int | float)
