"""Uploading a dataset, against a stand-in hub."""

import sys
from pathlib import Path

import pytest

from hyperface import datasets
from hyperface.cli import main
from hyperface.errors import DatasetError, InputError

sys.path.insert(0, str(Path(__file__).parents[1]))
from hub_stand_in import OLD_WAY, serving

pytestmark = pytest.mark.filterwarnings(OLD_WAY)


@pytest.fixture
def hub(monkeypatch):
    yield from serving(monkeypatch)


def test_a_set_arrives_whole_with_its_card(hub, source, tmp_path, capsys):
    out = tmp_path / "written"
    options = ["--to", "parquet", "--output", str(out), "--push-to-hub", "me/faces", "--private"]
    assert main(["dataset", str(source.path), *options]) == 0
    written = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert hub.repos["me/faces"] == written
    assert {"README.md", "dataset.json"} < set(written)
    assert hub.private["me/faces"]
    assert hub.tokens == {"Bearer hf_secret"}
    assert f"{hub.url}/datasets/me/faces/commit/abc" in capsys.readouterr().out
    assert datasets.push_to_hub(out, "me/faces").endswith("abc")  # again: the repository is there


def test_what_the_hub_refuses_and_does_not_hear_is_told(hub, source, monkeypatch):
    hub.refuses = True
    with pytest.raises(DatasetError, match=r"does not let you write to me/faces.*HF_TOKEN"):
        datasets.push_to_hub(source.path, "me/faces")
    with pytest.raises(InputError, match="owner/name"):
        datasets.push_to_hub(source.path, "a/b/c")
    with pytest.raises(InputError, match="not a folder"):
        datasets.push_to_hub(source.path / "none", "me/faces")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(DatasetError, match="cannot be reached"):
        datasets.push_to_hub(source.path, "me/faces")
