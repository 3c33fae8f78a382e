import json

import pytest

from hyperface import runs
from hyperface.cli import EXIT_USER_ERROR, main


@pytest.fixture
def folder(tmp_path):
    """A packing that is done, a training that has not begun, and a folder that was a run."""
    done = runs.create("pack", {}, title="Eight people", path=tmp_path / "packed")
    with runs.Worker(done).working():
        pass
    runs.create("train", {}, title="A model", path=tmp_path / "trained")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text('{"format": 1, "verb": ')
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_runs_are_listed_and_the_damaged_one_is_named(folder, capsys):
    assert main(["runs", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2:5] for line in lines[:2]] == [["train", "starting", "trained"], ["pack", "done", "packed"]]
    assert lines[2] == "1 damaged:"
    assert lines[3].startswith("  broken is not a readable run folder (")
    assert lines[4:] == ["2 runs in", str(folder)]


def test_programs_get_each_run_as_an_event(folder, capsys, monkeypatch):
    monkeypatch.setenv("HYPERFACE_RUNS", str(folder))
    assert main(["runs", "--of", "pack", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["run", "damaged"]
    assert events[0]["run"] == str(folder / "packed")
    assert events[0] | {"state": "done", "title": "Eight people"} == events[0]


def test_a_folder_that_is_not_there_is_told(tmp_path, capsys):
    assert main(["runs", str(tmp_path / "gone")]) == EXIT_USER_ERROR
    assert "There is no folder" in capsys.readouterr().err


def test_what_a_terminal_obeys_does_not_reach_it(tmp_path, capsys):
    """In a title, a verb, a folder's name or a damaged file's reason, as a file from somebody else may have it."""
    orders = "\x1b[2J\x1b]0;owned\x07\r\x9b31m\u202egnp.exe\n1 damaged:"
    run = runs.create("pack", {}, title=orders, path=tmp_path / "packed\x1b[2J")
    content = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**content, "verb": orders, "created": orders}))
    (tmp_path / "broken\x1b]0;owned\x07").mkdir()
    (tmp_path / "broken\x1b]0;owned\x07" / "config.json").write_text("{")
    assert main(["runs", str(tmp_path)]) == 0
    told = "".join(capsys.readouterr())
    assert not set(told) & {*map(chr, range(9)), "\x07", "\x1b", "\r", "\x9b", "\u202e"}
    assert told.count("\n1 damaged:") == 1
    assert "owned" in told
