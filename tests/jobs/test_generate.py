"""`generate`: where it draws, and that runs older than that go on."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hyperface import datasets, gallery, generators, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.errors import InputError
from hyperface.gallery import to_bytes
from hyperface.jobs.generate import GenerateOptions, create
from hyperface.sphere import random_points

sys.path.insert(0, str(Path(__file__).parents[1] / "generators"))
from tiny_checkpoints import vec2face_file


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


def test_how_long_a_gallerys_features_are_reaches_what_draws_its_packing(tmp_path):
    weights = vec2face_file(tmp_path)
    known = gallery.load("gan-10k")
    whose = generators.load("vec2face", weights=weights).recognizer
    small = replace(
        known, name="small", recognizer=whose, recognizer_card=None, embeddings=random_points(6, 512, seed=0),
        thumbnails=known.thumbnails[:6], sources=known.sources[:6], feature_length=17.5,
    )  # fmt: skip
    (tmp_path / "small.safetensors").write_bytes(to_bytes(small))
    packed, drawn = tmp_path / "packed", tmp_path / "drawn"
    options = ["--identities", "2", "--steps", "1", "--frames", "0", "--gallery", str(tmp_path / "small.safetensors")]
    assert main(["pack", *options, "--run", str(packed)]) == 0
    assert json.loads((packed / "recognizer.json").read_text()) == {"name": whose, "feature_length": 17.5}
    options = ["--from", str(packed), "--images-per-identity", "1", "--generator", f"vec2face:{weights}"]
    assert main(["generate", *options, "--run", str(drawn)]) == 0
    card = json.loads((drawn / "dataset" / "dataset.json").read_text())
    assert card["generator_settings"] == "length 17.5, variation 1"


def test_what_else_it_is_written_as_grows_with_it(source, tmp_path):
    run = tmp_path / "run"
    options = ["--from", str(source), "--images-per-identity", "1", "--also", "webdataset"]
    assert main(["generate", *options, "--run", str(run)]) == 0
    written = {path.name: path.stat().st_mtime_ns for path in (run / "webdataset").iterdir()}
    assert main(["generate", "--resume", str(run), "--images-per-identity", "2"]) == 0
    assert len(datasets.open(run / "webdataset")) == len(datasets.open(run / "dataset")) == 4
    assert written != {path.name: path.stat().st_mtime_ns for path in (run / "webdataset").iterdir()}


@pytest.mark.parametrize("wish", [{"seed": -1}, {"seed": 2**32}, {"beta": float("inf")}, {"beta": float("nan")}])
def test_what_no_picture_could_be_drawn_with_is_told_before_anything_is_corrected(source, tmp_path, wish):
    with pytest.raises(InputError):
        create(GenerateOptions(str(source), correct=1, **wish), path=tmp_path / "run")
    assert not (tmp_path / "run").exists()
