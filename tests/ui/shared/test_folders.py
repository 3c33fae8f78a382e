"""What goes wrong with a file is told to a stranger without the folders of the server."""

import json

import pytest

from hyperface.errors import HyperFaceError
from hyperface.runs import open_run
from hyperface.serving.owners import claim
from hyperface.ui.parts.folders import without_folders
from hyperface.ui.parts.telling import message_html, message_of


@pytest.fixture
def hers(hers):
    """A packing of hers, whose file of what it was asked for is damaged."""
    (hers.path / "config.json").write_text("{")
    return hers


def test_questions_and_presses_are_answered_without_them(alice, hers, shared_context):
    with pytest.raises(HyperFaceError, match=str(hers.path)):  # this is what a laptop's own page says
        open_run(hers.path)
    view = alice.component("pack-view")
    for function in ("news", "angles", "stop"):
        told = json.dumps(alice.ask(view, function, {"run": hers.name, "identity": 0}))
        assert hers.name in told or "no run" in told
        assert str(shared_context.runs_folder.parent) not in told


def test_the_end_of_a_log_is_shown_without_them(alice, shared_context, packed_heads):
    run = packed_heads(shared_context.runs_folder, 20, "People")
    claim([run], alice.mark)
    status = json.loads((run.path / "status.json").read_text())
    (run.path / "status.json").write_text(json.dumps(status | {"state": "running", "pid": 1, "process_started": 1.0}))
    (run.path / "log.txt").write_text(f"OSError: no room for {run.path / 'embeddings.npy'}")
    news = alice.ask(alice.component("pack-view"), "news", {"run": run.name})
    assert "no room for" in news["status"]["text"]
    assert str(shared_context.runs_folder.parent) not in json.dumps(news)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/srv/my runs/pack-1/config.json is damaged", "pack-1/config.json is damaged"),
        ("No file (/home/me/x.npy), '/a/b/c.json': none", "No file (x.npy), 'c.json': none"),
        ("see https://host/a/b or 1/2 of 3", "see https://host/a/b or 1/2 of 3"),
    ],
)
def test_folders_are_left_out(tmp_path, text, left):
    from pathlib import Path

    assert without_folders(text, Path("/srv/my runs")) == left


def test_on_a_laptop_a_message_stays_as_it_is():
    error = HyperFaceError("/home/me/<runs>/x is damaged")
    assert message_of(error) == "/home/me/<runs>/x is damaged"
    assert message_html(error) == "/home/me/&lt;runs&gt;/x is damaged"
