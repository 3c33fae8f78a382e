"""`dataset --measure`, through the command line."""

import csv
import json

import numpy as np
import pytest

from hyperface import gallery, runs
from hyperface.cli import EXIT_USER_ERROR, main


@pytest.fixture
def short_benchmark(monkeypatch):
    """Thresholds of 40 pairs: what they are is not the question here."""
    monkeypatch.setattr("hyperface.jobs.measure.PAIRS", 40)


@pytest.mark.slow
def test_heads_are_measured_with_all_that_is_known(short_benchmark, tmp_path, capsys):
    np.save(tmp_path / "people.npy", gallery.load("heads-10k").embeddings[:3].numpy())
    faces = tmp_path / "faces"
    options = ["--from", str(tmp_path / "people.npy"), "--generator", "heads", "--images-per-identity", "2"]
    assert main(["generate", *options, "--run", str(faces)]) == 0
    capsys.readouterr()
    options = ["--output", str(tmp_path / "worth"), "--gallery", "heads-10k"]
    assert main(["dataset", str(faces), "--measure", *options]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "All 6 pictures of 3 people were looked at."
    assert told[-1] == str(tmp_path / "worth" / "worth.csv")
    results = runs.open_run(tmp_path / "worth").results()
    assert set(results["seen"]) == {"dlib", "rendered-heads"}
    assert results["seen"]["dlib"]["people"] == 3
    assert results["leakage"]["gallery"] == "heads-10k"
    assert 0.5 < results["leakage"]["line"] < 1
    assert results["balance"]["people"] == 3
    assert results["known"]["pictures"] == 6
    rows = list(csv.DictReader((tmp_path / "worth" / "worth.csv").read_text().splitlines()))
    assert [row["measure"] for row in rows] == [row["measure"] for row in results["rows"]]
    assert {"Look-alikes", "Balance of skin", "Quality, as seen"} <= {row["measure"] for row in rows}


@pytest.mark.slow
def test_a_strangers_set_is_measured_and_a_sample_said(short_benchmark, tmp_path, capsys):
    from PIL import Image

    rng = np.random.default_rng(0)
    for person in range(3):
        (tmp_path / "set" / str(person)).mkdir(parents=True)
        for picture in range(2):
            pixels = rng.integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / str(person) / f"{picture}.png")
    card = {"generator": "heads", "seed": "1", "recipe": {"generator_options": 3, "packing": {"gallery": "../x"}}}
    (tmp_path / "set" / "dataset.json").write_text(json.dumps(card))
    options = ["--people", "2", "--recognizer", "dlib", "--output", str(tmp_path / "worth"), "--json"]
    assert main(["dataset", str(tmp_path / "set"), "--measure", *options]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["output"] == str(tmp_path / "worth" / "worth.csv")
    assert (last["results"]["people"], last["results"]["all_people"]) == (2, 3)
    assert (last["results"]["leakage"], last["results"]["known"], last["results"]["balance"]) == (None, None, None)
    assert set(last["results"]["seen"]) == {"dlib"}


def test_what_cannot_be_measured_is_told(tmp_path, capsys):
    assert main(["dataset", str(tmp_path / "nowhere"), "--measure"]) == EXIT_USER_ERROR
    assert "There is no dataset at" in capsys.readouterr().err
    assert main(["dataset", str(tmp_path), "--measure", "--check"]) == EXIT_USER_ERROR
    assert "leave out check" in capsys.readouterr().err
    assert main(["dataset", str(tmp_path), "--measure", "--people", "1"]) == EXIT_USER_ERROR
    assert "at least 2 people" in capsys.readouterr().err
