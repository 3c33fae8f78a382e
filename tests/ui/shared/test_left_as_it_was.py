"""Gradio's drop-downs say that they were used whenever they are left."""

import pytest

from hyperface.defaults import RENDERED_BENCHMARKS
from hyperface.ui.evaluate.evaluations import DLIB

NOTHING = {"__type__": "update"}


@pytest.fixture
def raised(alice):
    """`raised(elem_id, values)` raises the `input` event of a component, and answers with what becomes of the
    threshold. values: of inputs by their elem_id."""

    def raise_it(elem_id, values):
        event, numbers = alice.event_of(elem_id, "input"), {alice.component(name)["id"]: name for name in values}
        data = [values.get(numbers.get(number)) for number in event["inputs"]]
        (*_, done) = alice.raise_event(event, data)
        outputs = dict(zip(event["outputs"], done["output"]["data"], strict=True))
        return outputs[alice.component("evaluate-threshold")["id"]]

    return raise_it


def test_the_threshold_stays_where_the_same_is_chosen_again(raised):
    first, second = RENDERED_BENCHMARKS[:2]
    chosen = {"evaluate-models": [DLIB], "evaluate-benchmark": first}
    best = raised("evaluate-benchmark", chosen)
    assert 0 < best < 1
    assert raised("evaluate-benchmark", chosen) == NOTHING
    assert raised("evaluate-models", chosen) == NOTHING
    assert raised("evaluate-benchmark", {**chosen, "evaluate-benchmark": second}) not in (NOTHING, best)
    assert raised("evaluate-benchmark", chosen) == best
    assert raised("evaluate-closer", {**chosen, "evaluate-closer": DLIB}) == NOTHING
