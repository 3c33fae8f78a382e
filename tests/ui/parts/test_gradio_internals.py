"""What Gradio does not document and we use. Where this fails after an update of Gradio, photos would stay in memory."""

from types import SimpleNamespace

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from gradio.routes import App
from gradio.state_holder import SessionState

from hyperface.errors import InputError
from hyperface.ui.parts.gradio_internals import (
    BEGUN_BY_GRADIO,
    KEPT_BY_GRADIO,
    Page,
    changing_checkboxes,
    changing_dropdown,
    forget_closed_sessions,
    keep_nothing_shown,
    run_lean,
    unserved,
)

SECRET = "data:image/jpeg;base64,secret"
SESSION = "visitor"
BROKEN = (
    f"Gradio {gr.__version__} no longer keeps what a session was shown where gradio_internals.py looks for it. Find "
    "the new place before this version is used: what a visitor's photos show must not be kept."
)


def page(blocks: gr.Blocks) -> gr.Blocks:
    """A button that shows a secret in two components: one is given a value, the other an update."""
    component, other = gr.HTML(elem_id="photos-photos"), gr.HTML(elem_id="other")
    gr.Button().click(
        lambda: {component: SECRET, other: gr.update(value=SECRET)},
        outputs=[component, other],
        api_name="show",
        queue=False,
    )
    forget_closed_sessions(blocks)
    return blocks


@pytest.fixture
def show(lay_out, in_a_loop):
    """`show()` makes a page, has one of its components show a secret to a session, and returns the page."""

    def make() -> gr.Blocks:
        blocks = lay_out(page)
        client = in_a_loop(lambda: TestClient(App.create_app(blocks)))
        answer = client.post("/gradio_api/run/show", json={"data": [], "session_hash": SESSION})
        assert SECRET in answer.text
        return blocks

    return make


def kept(blocks: gr.Blocks) -> str:
    try:
        return str(blocks.state_holder.session_data[SESSION].config_values)
    except (AttributeError, KeyError, TypeError) as error:
        pytest.fail(f"{BROKEN} ({error!r})")


def test_what_is_shown_is_not_kept(show, monkeypatch):
    monkeypatch.setattr(SessionState, "_update_value_in_config", KEPT_BY_GRADIO)
    assert SECRET in kept(show()), BROKEN
    keep_nothing_shown()
    blocks = show()
    assert SECRET not in kept(blocks), BROKEN
    assert SECRET not in str(list(blocks.state_holder.session_data[SESSION].components)), BROKEN


def test_a_closed_page_takes_its_session_with_it(show):
    blocks = show()
    (forget,) = [event.fn for event in blocks.fns.values() if "unload" in str(event.targets)]
    forget(SimpleNamespace(session_hash=SESSION))
    assert SESSION not in blocks.state_holder.session_data, BROKEN
    assert SESSION not in blocks.state_holder.time_last_used, BROKEN
    forget(SimpleNamespace(session_hash="never seen"))


def test_names_that_a_session_was_never_offered_are_taken(lay_out, in_a_loop):
    """As after the server forgot the session of a page that is still there, which shows what it was sent since."""

    def build(blocks: gr.Blocks) -> gr.Blocks:
        controls = [changing_dropdown([("Old", "old")]), changing_checkboxes([("Old", "old")]), gr.Textbox()]
        gr.Button().click(lambda one, some, _: f"{one} {some}", controls, controls[2], api_name="take", queue=False)
        return blocks

    blocks = lay_out(build)
    assert [block["type"] for block in blocks.config["components"][:2]] == ["dropdown", "checkboxgroup"]
    client = in_a_loop(lambda: TestClient(App.create_app(blocks)))

    def answer(one: object, some: object) -> dict:
        return client.post("/gradio_api/run/take", json={"data": [one, some, ""], "session_hash": SESSION}).json()

    assert answer("new", ["new"])["data"] == ["new ['new']"]
    assert answer(None, [])["data"] == ["None []"]
    for one, some in (({"path": "/"}, []), ("old", "old"), ("old", [["old"]])):
        assert "Choose" in str(answer(one, some))


def test_a_lean_session_has_all_that_gradios_own_has(lay_out, monkeypatch):
    monkeypatch.setattr(SessionState, "__init__", BEGUN_BY_GRADIO)

    def build(blocks: gr.Blocks) -> tuple[SessionState, SessionState]:
        page(blocks)
        own = SessionState(blocks)
        assert {"ANAYLTICS_CACHE_FREQUENCY", "sleep_when_free"} <= vars(blocks._queue).keys(), BROKEN
        before = blocks._queue.sleep_when_free
        run_lean(blocks)
        assert before < blocks._queue.sleep_when_free <= 0.02  # seconds
        return own, SessionState(blocks)

    own, lean = map(vars, lay_out(build))
    assert {name: type(value) for name, value in lean.items()} == {name: type(own[name]) for name in own}, BROKEN
    assert (bool(own["config_values"]), lean["config_values"]) == (True, {})


def test_the_queue_is_where_it_is_watched(lay_out):
    queue = lay_out(page)._queue
    assert {"pending_messages_per_session", "pending_event_ids_session", "event_ids_to_events", "active_jobs",
            "event_queue_per_concurrency_id"} <= vars(queue).keys(), BROKEN  # fmt: skip
    assert callable(queue.push)
    assert callable(queue.get_events)


@pytest.fixture
def ask(in_a_loop):
    """`ask(handler, component, value)` sends a value to a page whose handler takes it; status and what was told."""

    def make(handler, component: type[gr.components.Component], options: dict, data: list) -> tuple[int, str]:
        def build() -> TestClient:
            with Page(analytics_enabled=False) as blocks:
                field = component(**options)
                gr.Button().click(handler, field, gr.Textbox(), api_name="take", queue=False)
            return TestClient(App.create_app(blocks))

        answer = in_a_loop(build).post("/gradio_api/run/take", json={"data": data, "session_hash": SESSION})
        told = answer.json()
        return answer.status_code, str(told.get("error", told.get("data")))

    return make


@pytest.mark.parametrize(
    ("component", "options", "right", "wrong", "said"),
    [
        (gr.Number, {"label": "Seed", "precision": 0}, [0, -7, None], [2**70, 1e300, "7", True, [7]], "takes a number"),
        (gr.Slider, {"label": "Rounds", "maximum": 9}, [0, 9, 1.5], [-1, 10, None, {}], "takes a number from 0 to 9"),
        (gr.Textbox, {"label": "Words"}, ["", "x" * 10_000, None], [7, ["a"], "x" * 10_001], "takes a text of 10,000"),
        (gr.Checkbox, {"label": "Twice"}, [True, False], [1, "yes", []], "is switched on or off"),
        (gr.Radio, {"label": "How", "choices": ["a", "b"]}, ["a", None], ["c", 7, ["a"], {"a": 1}], "choice"),
        (gr.Dropdown, {"label": "Which", "choices": ["a"]}, ["a", None], ["/etc/passwd", ["a"], "x" * 5000], "choice"),
        (gr.CheckboxGroup, {"label": "Some", "choices": ["a"]}, [["a"], []], ["a", None, ["b"], [["a"]]], "choice"),
        (gr.HTML, {"label": "Run"}, ["a-run", None, {"a": 1}], [7, ["a"], "x" * 5000, {"a": 2**70}], "“Run”"),
    ],
)
def test_a_value_is_of_its_components_kind(ask, component, options, right, wrong, said, caplog):
    """Sent as by a script: the handler gets what is right; what is not is told in a sentence."""
    for value in right:
        assert ask(lambda given: repr(given), component, options, [value])[0] == 200, value
    for value in wrong:
        _, told = ask(lambda given: pytest.fail("the handler was called"), component, options, [value])
        assert said in told, value
        assert told.endswith("."), told
    assert "Load the page again" in ask(repr, component, options, [right[0], right[0]])[1]
    assert caplog.text == ""


def test_a_mistake_is_told_without_its_inside(ask, caplog, capsys):
    def fail(_):
        raise KeyError("/secret/place")

    def refuse(_):
        raise InputError("Choose <b>another</b>.")

    assert ask(fail, gr.Textbox, {}, ["a"])[1] == "Something went wrong on the server. Its log says what."
    assert "KeyError: '/secret/place'" in caplog.text
    caplog.clear()
    assert ask(refuse, gr.Textbox, {}, ["a"])[1] == "Choose &lt;b&gt;another&lt;/b&gt;."
    assert caplog.text + capsys.readouterr().err == ""


def test_no_application_is_made_of_a_page_that_is_being_built(monkeypatch, in_a_loop):
    made = []
    create = App.create_app
    monkeypatch.setattr(App, "create_app", lambda *_, **__: made.append(1))
    in_a_loop(lambda: gr.Blocks(analytics_enabled=False).queue())
    assert made, f"Gradio {gr.__version__} makes its application elsewhere: see unserved() of gradio_internals.py."
    made.clear()
    with unserved():
        in_a_loop(lambda: gr.Blocks(analytics_enabled=False).queue())
    assert made == []
    monkeypatch.undo()
    assert App.create_app is create
