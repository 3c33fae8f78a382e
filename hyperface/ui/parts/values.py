"""What a page sends as the value of a component, before a handler is given it: of the component's kind, or refused.

The page itself sends nothing else. A script may, and the web framework would look for what it cannot be in places where
it is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from gradio.components import Component
from gradio.components.api_component import Api

from hyperface.serving.envelopes import has_huge_number

LARGEST = 2**53  # up to which the page's own numbers are exact
LONGEST_TEXT = 10_000  # characters
LONGEST_NAME = 1_000  # characters of a choice
MOST_CHOSEN = 200


def check_value(component: Component, value: object) -> None:
    """gr.Error, a sentence for people, where a value of JSON cannot be this component's.

    What those hold that a script of the page gives their value, and what comes to the endpoints, is checked where it is
    used: here, that it can be said again.
    """
    name = getattr(component, "label", None) or component.elem_id or "This field"
    if isinstance(component, gr.Number | gr.Slider):
        _check_number(component, name, value)
    elif isinstance(component, gr.Checkbox):
        _require(value is None or isinstance(value, bool), f"“{name}” is switched on or off.")
    elif isinstance(component, gr.Textbox):
        text = isinstance(value, str) and len(value) <= LONGEST_TEXT
        _require(value is None or text, f"“{name}” takes a text of {LONGEST_TEXT:,} letters at most.")
    elif isinstance(component, gr.CheckboxGroup):
        some = isinstance(value, list) and len(value) <= MOST_CHOSEN and all(map(_is_name, value))
        _require(some, f"“{name}” takes some of its choices.")
        _check_chosen(component, name, value if isinstance(value, list) else [])
    elif isinstance(component, gr.Radio | gr.Dropdown):
        one = value is None or _is_name(value) or isinstance(value, int | float)  # rates are choices, too
        _require(one, f"“{name}” takes one of its choices.")
        _check_chosen(component, name, [] if value is None else [value])
    elif isinstance(component, gr.HTML):  # the name of a run that is followed, or what a script draws
        _require(value is None or isinstance(value, dict) or _is_name(value), f"“{name}” shows no such thing.")
    if not isinstance(component, Api):
        _require(not has_huge_number(value), f"“{name}” has too large a number in it.")


def _check_number(component: gr.Number | gr.Slider, name: str, value: object) -> None:
    if value is None and isinstance(component, gr.Number):  # an empty box
        return
    low = -LARGEST if component.minimum is None else component.minimum
    high = LARGEST if component.maximum is None else component.maximum
    number = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    limits = "" if high == LARGEST else f" from {low:,g} to {high:,g}"
    _require(number, f"“{name}” takes a number{limits}.")


def _check_chosen(component: gr.CheckboxGroup | gr.Radio | gr.Dropdown, name: str, chosen: Sequence[object]) -> None:
    """Choices that change while pages are open are looked up by whoever uses them: they are of a class of their own."""
    if type(component) in (gr.CheckboxGroup, gr.Radio, gr.Dropdown):
        known = [value for _, value in component.choices]
        _require(all(each in known for each in chosen), f"“{name}” has no such choice. Load the page again.")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME


def _require(right: bool, otherwise: str) -> None:
    if not right:
        raise gr.Error(otherwise, title="That did not work", print_exception=False)
