"""What Gradio does not document and we use. Where this fails after an update of Gradio, photos would stay in memory."""

from types import SimpleNamespace

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from gradio.routes import App

from hyperface.ui.parts.gradio_internals import forget_closed_sessions, forget_shown

SECRET = "data:image/jpeg;base64,secret"
SESSION = "visitor"
BROKEN = (
    f"Gradio {gr.__version__} no longer keeps what a session was shown where gradio_internals.py looks for it. Find "
    "the new place before this version is used: what a visitor's photos show must be forgotten."
)


def page(blocks: gr.Blocks):
    """A button that shows a secret in one component and something else in another; the first of them."""
    component, other = gr.HTML(elem_id="photos-photos"), gr.HTML(elem_id="other")
    gr.Button().click(
        lambda: {component: gr.update(value=SECRET), other: gr.update(value="kept")},
        outputs=[component, other],
        api_name="show",
        queue=False,
    )
    forget_closed_sessions(blocks)
    return blocks, component


@pytest.fixture
def shown(lay_out, in_a_loop):
    """A page and a component of it that has shown a secret to a session."""
    blocks, component = lay_out(page)

    client = in_a_loop(lambda: TestClient(App.create_app(blocks)))
    answer = client.post("/gradio_api/run/show", json={"data": [], "session_hash": SESSION})
    assert SECRET in answer.text
    return blocks, component


def kept(blocks: gr.Blocks) -> str:
    try:
        return str(blocks.state_holder.session_data[SESSION].config_values)
    except (AttributeError, KeyError, TypeError) as error:
        pytest.fail(f"{BROKEN} ({error!r})")


def test_what_was_shown_is_where_it_is_forgotten(shown):
    blocks, component = shown
    assert SECRET in kept(blocks), BROKEN
    forget_shown(blocks, [component], SimpleNamespace(session_hash=SESSION))
    assert SECRET not in kept(blocks), BROKEN
    assert "'kept'" in kept(blocks)


def test_a_closed_page_takes_its_session_with_it(shown):
    blocks, _ = shown
    (forget,) = [event.fn for event in blocks.fns.values() if "unload" in str(event.targets)]
    forget(SimpleNamespace(session_hash=SESSION))
    assert SESSION not in blocks.state_holder.session_data, BROKEN
    assert SESSION not in blocks.state_holder.time_last_used, BROKEN
    forget(SimpleNamespace(session_hash="never seen"))
