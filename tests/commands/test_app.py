"""The verb that starts the app, without serving anything."""

from types import SimpleNamespace

import pytest

from hyperface import runs
from hyperface.cli import EXIT_USER_ERROR, build_parser, main
from hyperface.errors import InputError
from hyperface.ui import app, window


@pytest.fixture
def launches(monkeypatch):
    """The calls that would have started the server."""
    calls = []
    monkeypatch.setattr(app, "launch", lambda context, **where: calls.append(SimpleNamespace(context=context, **where)))
    return calls


def test_it_listens_where_it_is_told_and_shows_the_named_folder(launches, tmp_path):
    assert main(["app", "--host", "0.0.0.0", "--port", "8123", "--runs", str(tmp_path), "--open"]) == 0
    (call,) = launches
    assert (call.host, call.port, call.open_browser) == ("0.0.0.0", 8123, True)
    assert call.context.runs_folder == tmp_path


def test_by_default_the_environment_decides(launches, tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_RUNS", str(tmp_path / "mine"))
    assert main(["app"]) == 0
    (call,) = launches
    assert (call.host, call.port, call.open_browser) == (None, None, False)
    assert call.context.runs_folder == tmp_path / "mine" == runs.runs_folder()


def test_the_generator_is_the_one_named_else_the_environments(launches, monkeypatch, capsys):
    monkeypatch.setenv("HYPERFACE_GENERATOR", "gan")
    assert main(["app"]) == main(["app", "--generator", "heads"]) == 0
    monkeypatch.delenv("HYPERFACE_GENERATOR")
    assert main(["app"]) == 0
    assert [call.context.generator_name for call in launches] == ["gan", "heads", "heads"]
    assert main(["app", "--generator", "nobody"]) == EXIT_USER_ERROR
    assert "ships (heads, gan); 'nobody' is none" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_no_such_port(launches, port, capsys):
    assert main(["app", "--port", port]) == EXIT_USER_ERROR
    assert "from 1 to 65535" in capsys.readouterr().err
    assert not launches


def test_a_taken_port_is_told_in_words(monkeypatch, capsys):
    def taken(context, **where):
        raise OSError("Cannot find empty port in range: 8123-8123")

    monkeypatch.setattr(app, "launch", taken)
    assert main(["app", "--port", "8123"]) == EXIT_USER_ERROR
    assert "Choose another with --host or --port" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("started_as", "name"), [("/usr/bin/hyperface", "hyperface"), ("/src/hyperface/__main__.py", "python -m hyperface")]
)
def test_help_names_the_command_as_it_was_started(started_as, name, monkeypatch):
    monkeypatch.setattr("sys.argv", [started_as])
    assert build_parser().prog == name


def test_a_window_shows_what_is_served_and_ends_it(monkeypatch, capsys):
    told = []
    served = SimpleNamespace(local_url="http://127.0.0.1:7860/", close=lambda verbose: told.append("closed"))
    monkeypatch.setattr(app, "launch", lambda context, **how: told.append(how["wait"]) or served)
    monkeypatch.setattr(window, "check_window", lambda: told.append("checked"))
    monkeypatch.setattr(window, "show_window", lambda context, url: told.append(url))
    assert main(["app", "--window"]) == 0
    assert told == ["checked", False, served.local_url, "closed"]


def test_without_a_display_nothing_is_served(launches, monkeypatch, capsys):
    def refuse():
        raise InputError("There is no display.")

    monkeypatch.setattr(window, "check_window", refuse)
    assert main(["app", "--window"]) == EXIT_USER_ERROR
    assert "no display" in capsys.readouterr().err
    assert not launches
