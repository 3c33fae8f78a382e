"""Embeddings of two recognisers must never meet: wherever they could, an error names both."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperface import gallery, recognizers, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.errors import InputError
from hyperface.generators import load
from hyperface.realization import realize
from hyperface.recognizers.checkpoints import card_of

TRAINED = "assets/demo/train-demo/recognizer.safetensors"
NAME = card_of(Path(TRAINED)).name


@pytest.fixture(scope="module")
def other_gallery(tmp_path_factory):
    """A gallery of eight faces, embedded by the recogniser that ships trained."""
    path = tmp_path_factory.mktemp("gallery") / "other.safetensors"
    run = path.with_name("run")
    trained = str(Path(TRAINED).parent)  # the run folder will do
    options = ["--count", "8", "--recognizer", trained, "--run", str(run), "-o", str(path)]
    assert main(["gallery", *options]) == 0
    return path


@pytest.fixture(scope="module")
def other_packing(other_gallery):
    path = other_gallery.with_name("packing")
    options = ["--identities", "8", "--steps", "2", "--frames", "0", "--gallery", str(other_gallery)]
    assert main(["pack", *options, "--run", str(path)]) == 0
    return path


def both_named(text: str) -> bool:
    return "'dlib'" in text and repr(NAME) in text


@pytest.mark.slow
def test_galleries_and_packings_remember_the_card(other_gallery, other_packing):
    card = recognizers.load(TRAINED).card
    assert gallery.load(other_gallery).recognizer_card == card
    assert gallery.load("gan-10k").recognizer_card == recognizers.load("dlib").card
    length = gallery.load(other_gallery).feature_length
    assert json.loads((other_packing / "recognizer.json").read_text()) == {**card.to_json(), "feature_length": length}
    assert runs.open_run(other_packing).results()["recognizer"] == NAME


@pytest.mark.slow
def test_no_dataset_is_drawn_of_another_recognizers_packing(other_packing, tmp_path, capsys):
    assert main(["generate", "--from", str(other_packing), "--run", str(tmp_path / "faces")]) == EXIT_USER_ERROR
    assert both_named(capsys.readouterr().err)
    assert not (tmp_path / "faces").exists()
    # the same where the run is older than its card
    (other_packing / "recognizer.json").rename(tmp_path / "recognizer.json")
    assert main(["generate", "--from", str(other_packing), "--run", str(tmp_path / "faces")]) == EXIT_USER_ERROR
    assert both_named(capsys.readouterr().err)
    (tmp_path / "recognizer.json").rename(other_packing / "recognizer.json")


def test_no_packing_goes_on_with_another_recognizers_gallery(other_gallery, tmp_path, capsys):
    """The gallery's file was made again with another recogniser in between."""
    place = tmp_path / "gallery.safetensors"
    place.write_bytes(gallery.to_bytes(gallery.load(other_gallery)))
    options = ["--identities", "8", "--steps", "2", "--frames", "0", "--gallery", str(place)]
    assert main(["pack", *options, "--run", str(tmp_path / "packing")]) == 0
    content = json.loads((tmp_path / "packing" / "status.json").read_text())
    (tmp_path / "packing" / "status.json").write_text(json.dumps({**content, "state": runs.STOPPED}))
    changed = gallery.load(other_gallery)
    changed = replace(changed, recognizer="dlib", recognizer_card=recognizers.load("dlib").card)
    place.write_bytes(gallery.to_bytes(changed))
    assert main(["pack", "--resume", str(tmp_path / "packing")]) == EXIT_USER_ERROR
    assert both_named(capsys.readouterr().err)


@pytest.mark.slow
def test_comparisons_name_both(other_gallery):
    own = gallery.load(other_gallery)
    with pytest.raises(InputError) as raised:
        own.nearest(own.embeddings[:1], recognizer="dlib")
    assert both_named(str(raised.value))
    cosines, numbers = own.nearest(own.embeddings[:1], recognizer=NAME)
    assert (int(numbers[0, 0]), round(float(cosines[0, 0]), 3)) == (0, 1.0)
    with pytest.raises(InputError) as raised:
        realize(torch.eye(128)[:2], [0], load("gan"), recognizers.load(TRAINED))
    assert both_named(str(raised.value))


def test_the_packing_is_made_of_the_gallerys_own_embeddings(other_packing):
    embeddings = np.load(other_packing / "embeddings.npy")
    assert embeddings.shape == (8, 256)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
