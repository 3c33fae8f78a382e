"""`generate`: where it draws, and that runs older than that go on."""

import json

import numpy as np
import pytest

from hyperface import gallery, generators, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.jobs.generate import GenerateOptions, create


@pytest.fixture
def source(tmp_path):
    np.save(tmp_path / "identities.npy", gallery.load().embeddings[:2].numpy())
    return tmp_path / "identities.npy"


def pictures(run) -> dict[str, bytes]:
    folder = run.path / "dataset"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("??????/*.jpg")}


def test_the_generator_is_loaded_where_it_shall_draw(source, tmp_path, monkeypatch):
    asked, original = [], generators.load

    def load(name, *, device="cpu", **options):
        asked.append((name, device))
        return original(name, **options)

    monkeypatch.setattr(generators, "load", load)
    options = ["--from", str(source), "--images-per-identity", "1", "--device", "cuda:1"]
    assert main(["generate", *options, "--run", str(tmp_path / "run")]) == 0
    assert asked == [("heads", "cuda:1")]
    assert runs.open_run(tmp_path / "run").options["device"] == "cuda:1"


def test_a_device_that_cannot_be_used_is_an_error_before_the_first_image(source, tmp_path, capsys):
    options = ["--from", str(source), "--images-per-identity", "1", "--device", "nowhere"]
    assert main(["generate", *options, "--run", str(tmp_path / "run")]) == EXIT_USER_ERROR
    assert "'nowhere' cannot be used here" in capsys.readouterr().err
    assert not list((tmp_path / "run").rglob("*.jpg"))


def test_a_run_that_is_older_than_devices_goes_on(source, tmp_path):
    options = GenerateOptions(str(source), images_per_identity=2)
    old, new = create(options, path=tmp_path / "old"), create(options, path=tmp_path / "new")
    config = json.loads((old.path / "config.json").read_text())
    del config["options"]["device"]
    (old.path / "config.json").write_text(json.dumps(config))
    for run in (old, new):
        assert main(["generate", "--resume", str(run.path)]) == 0
    assert len(pictures(new)) == 4
    assert pictures(old) == pictures(new)
