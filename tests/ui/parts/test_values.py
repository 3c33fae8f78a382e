"""What a page may send as the value of a component."""

import gradio as gr
import pytest

from hyperface.ui.parts.gradio_internals import changing_dropdown
from hyperface.ui.parts.values import LONGEST_TEXT, MOST_CHOSEN, check_value

RATES = [("1 in 10", 0.1), ("1 in 100", 0.01)]
COMPONENTS = {
    "number": lambda: gr.Number(minimum=0, label="Seed"),
    "slider": lambda: gr.Slider(10, 20, label="Identities"),
    "checkbox": lambda: gr.Checkbox(label="Also"),
    "textbox": lambda: gr.Textbox(label="Name"),
    "rates": lambda: gr.Radio(RATES, value=0.1, label="False accepts"),
    "models": lambda: gr.CheckboxGroup(["dlib", "small"], label="Models"),
    "runs": lambda: changing_dropdown(label="Run"),
}
TAKEN = {
    "number": [None, 0, 7, 0.5, 2**53],
    "slider": [10, 15.5, 20],
    "checkbox": [None, True, False],
    "textbox": [None, "", "x" * LONGEST_TEXT],
    "rates": [None, 0.1, 0.01],
    "models": [[], ["small"], ["dlib", "small"]],
    "runs": [None, "a run of tomorrow"],
}
REFUSED = {
    "number": [-1, 2**70, 1e300, True, "7", [], {}],
    "slider": [None, 9, 21, float("nan"), "15", [15]],
    "checkbox": [0, 1, "on", []],
    "textbox": [7, "x" * (LONGEST_TEXT + 1), ["x"]],
    "rates": [0.2, "0.1", [0.1], {"value": 0.1}],
    "models": [None, "dlib", ["other"], [7], ["dlib"] * (MOST_CHOSEN + 1)],
    "runs": ["x" * 5000, ["run"], {}],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in TAKEN.items() for value in values])
def test_what_the_page_sends_is_taken(lay_out, kind, value):
    check_value(lay_out(lambda _: COMPONENTS[kind]()), value)


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in REFUSED.items() for value in values])
def test_what_it_never_sends_is_refused_in_a_sentence_that_names_the_field(lay_out, kind, value):
    component = lay_out(lambda _: COMPONENTS[kind]())
    with pytest.raises(gr.Error, match=f"^.“{component.label}” .*\\.") as refusal:
        check_value(component, value)
    assert len(str(refusal.value)) < 120
