"""What the page is told of a run: states and times in words, which no script puts together."""

import pytest

from hyperface import runs
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_view import TITLES, answers, columns, status_news


@pytest.fixture
def context(tmp_path):
    return AppContext(runs_folder=tmp_path / "runs", demo_folder=tmp_path / "demo")


def set_status(run: runs.Run, monkeypatch, **status) -> None:
    monkeypatch.setattr(runs.Run, "status", lambda self: runs.RunStatus(**status))


@pytest.mark.parametrize(
    ("state", "left", "title", "text", "active", "can_continue"),
    [
        (runs.RUNNING, 42.0, "Running", "Step 3 · 42 seconds left", True, False),
        (runs.RUNNING, None, "Running", "Step 3", True, False),
        (runs.DONE, 42.0, "Finished", "Step 3", False, False),
        (runs.STOPPED, None, "Stopped", "Step 3", False, True),
        (runs.FAILED, None, "Failed", "Step 3", False, True),
    ],
)
def test_a_state_in_words(context, monkeypatch, state, left, title, text, active, can_continue):
    run = runs.create("pack", {}, title="p", folder=context.runs_folder)
    set_status(run, monkeypatch, state=state, progress=0.5, seconds_left=left, message="Step 3")
    news = status_news(context, run)
    assert (news["title"], news["text"]) == (title, text)
    assert (news["active"], news["can_continue"]) == (active, can_continue)
    assert (news["state"], news["progress"]) == (state, 0.5)


def test_a_state_is_said_once(context, monkeypatch):
    run = runs.create("pack", {}, title="p", folder=context.runs_folder)
    set_status(run, monkeypatch, state=runs.STOPPED, progress=0.5, seconds_left=None, message="Stopped.")
    news = status_news(context, run)
    assert (news["title"], news["text"]) == ("Stopped", "")


def test_every_state_has_a_title():
    states = {runs.WAITING, runs.STARTING, runs.RUNNING, runs.DONE, runs.STOPPED, runs.FAILED, runs.INTERRUPTED}
    assert set(TITLES) == states


def test_a_worker_that_died_leaves_its_last_words(context, monkeypatch):
    run = runs.create("pack", {}, title="p", folder=context.runs_folder)
    set_status(run, monkeypatch, state=runs.INTERRUPTED, progress=0.5, seconds_left=None, message="")
    assert status_news(context, run)["text"] == "Its process is gone."
    (run.path / "log.txt").write_text("one\nKilled\n\n")
    assert status_news(context, run)["text"] == "The last line of its log: Killed"


def test_a_run_that_ships_is_not_continued(context, monkeypatch):
    run = runs.create("pack", {}, title="p", folder=context.demo_folder)
    set_status(run, monkeypatch, state=runs.STOPPED, progress=0.5, seconds_left=None, message="")
    assert status_news(context, run)["can_continue"] is False


def test_what_is_no_number_is_none():
    rows = [{"a": 1, "b": float("nan")}, {"a": 0.123456789, "b": "x"}]
    assert columns(rows, ("a", "b", "c")) == {"a": [1, 0.123457], "b": [None, None], "c": [None, None]}


def test_an_error_for_people_is_an_answer():
    from hyperface.errors import RunError

    @answers
    def news(question):
        raise RunError("It is gone.")

    assert news({}) == {"error": "It is gone."}
    assert news.__name__ == "news"  # by which the page's script calls it
