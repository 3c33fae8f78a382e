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
