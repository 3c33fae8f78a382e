"""The app in a window of its own, by a stand-in for pywebview: the real one needs a display, and half a gigabyte."""

import json
import sys
import threading
from types import SimpleNamespace

import pytest

from hyperface import runs
from hyperface.cache import FOLDER_VARIABLE
from hyperface.errors import InputError
from hyperface.ui import window
from hyperface.ui.window import Closing, Place, at_work, check_window, load_place, save_place, show_window, stop_work


class Window:
    """What pywebview gives: events that take handlers, and questions, answered by what stands in `answers`."""

    def __init__(self, *answers):
        self.handlers = {name: [] for name in ("resized", "moved", "closing")}
        self.events = SimpleNamespace(**{name: Event(handlers) for name, handlers in self.handlers.items()})
        self.answers, self.asked, self.gone = list(answers), [], threading.Event()

    def raise_event(self, name, *values):
        return [handler(*values) for handler in self.handlers[name]]

    def create_confirmation_dialog(self, title, message):
        self.asked.append((title, message))
        return self.answers.pop(0)

    def destroy(self):
        assert self.raise_event("closing") == [True]
        self.gone.set()


class Event:
    def __init__(self, handlers):
        self.handlers = handlers

    def __iadd__(self, handler):
        self.handlers.append(handler)
        return self


@pytest.fixture
def webview(monkeypatch, tmp_path):
    """The stand-in; started, its window is closed at once, after it was moved."""

    def start(**how):
        module.started = how
        module.window.raise_event("resized", 1000, 700)
        module.window.raise_event("moved", 30, 40)
        assert module.window.raise_event("closing") == [True]

    def create_window(title, url, **how):
        module.made = (title, url, how)
        module.window = Window()
        return module.window

    screen = SimpleNamespace(x=0, y=0, width=1920, height=1080)
    module = SimpleNamespace(
        settings={}, screens=[screen], create_window=create_window, start=start, WebViewException=OSError
    )
    monkeypatch.setitem(sys.modules, "webview", module)
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return module


@pytest.fixture
def busy(context):
    """A run of the context that is at work until it is asked to stop."""
    run = runs.create("pack", {"identities": 4}, title="Four people", folder=context.runs_folder)
    worker, ready = runs.Worker(run), threading.Event()

    def work():
        with worker.working():
            ready.set()
            while True:
                worker.check_stop()
                threading.Event().wait(0.01)

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    yield run
    runs.request_stop(run)
    thread.join()


def test_the_page_is_shown_and_the_window_comes_back_where_it_was(webview, context, tmp_path):
    show_window(context, "http://127.0.0.1:7860/")
    title, url, how = webview.made
    assert (title, url, how["width"], how["x"]) == ("HyperFace", "http://127.0.0.1:7860/", 1280, None)
    assert webview.settings == {"ALLOW_DOWNLOADS": True, "OPEN_EXTERNAL_LINKS_IN_BROWSER": True}
    assert webview.started == {"private_mode": False, "storage_path": str(tmp_path / "cache" / "window")}
    show_window(context, "http://127.0.0.1:7860/")
    assert [webview.made[2][name] for name in ("width", "height", "x", "y")] == [1000, 700, 30, 40]


def test_a_window_whose_screen_is_gone_is_in_the_middle(webview, context, tmp_path):
    save_place(tmp_path / "cache" / "window" / "place.json", Place(800, 600, 3000, 40))
    show_window(context, "http://127.0.0.1:7860/")
    assert [webview.made[2][name] for name in ("width", "x")] == [800, None]


@pytest.mark.parametrize("told", ["", "[]", '{"width": 5, "height": 5}', '{"width": 1e9, "height": 900}', '{"x": []}'])
def test_a_place_that_is_none_is_the_usual_one(told, tmp_path):
    (tmp_path / "place.json").write_text(told)
    assert load_place(tmp_path / "place.json") == Place()
    assert load_place(tmp_path / "gone.json") == Place()


def closing(context, tmp_path, *answers):
    shown = Window(*answers)
    Closing(context, shown, tmp_path / "place.json", Place())
    return shown


def test_nothing_at_work_closes_without_a_question(context, tmp_path):
    shown = closing(context, tmp_path)
    assert shown.raise_event("closing") == [True]
    assert shown.asked == []
    assert json.loads((tmp_path / "place.json").read_text())["width"] == 1280


def test_work_is_stopped_when_that_is_wished(busy, context, tmp_path):
    shown = closing(context, tmp_path, True, True)
    assert shown.raise_event("closing") == [False]
    shown.gone.wait()
    assert "Four people" in shown.asked[0][1]
    assert at_work(context) == []
    assert busy.status().state == runs.STOPPED


def test_work_goes_on_without_the_window_when_that_is_wished(busy, context, tmp_path):
    shown = closing(context, tmp_path, True, False)
    assert shown.raise_event("closing") == [False]
    shown.gone.wait()
    assert [run.name for run in at_work(context)] == [busy.name]


def test_the_window_stays_when_that_is_wished(busy, context, tmp_path):
    shown = Window(False)
    Closing(context, shown, tmp_path / "place.json", Place()).ask()
    assert not shown.gone.is_set()
    assert [title for title, _ in shown.asked] == ["Quit?"]
    assert at_work(context)


def test_work_that_does_not_stop_is_not_waited_for_without_end(busy, context, monkeypatch):
    monkeypatch.setattr(window.worker, "end", lambda *_: None)
    stop_work(context, patience=0.0)
    assert at_work(context)


def test_what_is_missing_is_told(webview, context, monkeypatch):
    def refuse(**_):
        raise OSError("no toolkit")

    monkeypatch.setattr(webview, "start", refuse)
    with pytest.raises(InputError, match="No window can be shown here"):
        show_window(context, "http://127.0.0.1:7860/")
    monkeypatch.setattr(sys, "platform", "linux")
    for name in window.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="no display"):
        check_window()
    monkeypatch.setitem(sys.modules, "webview", None)
    with pytest.raises(InputError, match="pip install pywebview"):
        check_window()
