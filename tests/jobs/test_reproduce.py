"""Making a dataset again from its card, through the command line; and cards of strangers."""

import json

import numpy as np
import pytest

from hyperface import datasets, gallery
from hyperface.cli import EXIT_USER_ERROR, main


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A packing and a set of three people with two pictures each, drawn by the GAN."""
    folder = tmp_path_factory.mktemp("made")
    packing, faces = folder / "packing", folder / "faces"
    options = ["--identities", "3", "--steps", "5", "--frames", "0", "--gallery", "gan-10k", "--alpha", "0.25"]
    assert main(["pack", *options, "--run", str(packing)]) == 0
    options = ["--images-per-identity", "2", "--batch-size", "4", "--seed", "7"]
    assert main(["generate", "--from", str(packing), *options, "--run", str(faces)]) == 0
    return faces


@pytest.fixture
def card(made, tmp_path):
    """Changes of the card → a file of it."""
    content = json.loads((made / "dataset" / "dataset.json").read_text())

    def changed(**changes):
        for place, value in changes.items():
            _set(content, place, value)
        (tmp_path / "card.json").write_text(json.dumps(content))
        return tmp_path / "card.json"

    return changed


def again(card, tmp_path, *options):
    return main(["dataset", "--reproduce", str(card), "--output", str(tmp_path / "again"), *options])


@pytest.mark.slow
def test_a_set_is_made_again_byte_by_byte(made, card, tmp_path, capsys):
    assert again(card(), tmp_path) == 0
    told = capsys.readouterr().out.splitlines()
    assert "Identical: all 6 pictures have the bytes that the card says." in told
    assert "All versions are the card's." in told
    assert told[-1] == str(tmp_path / "again" / "faces" / "dataset")
    for path in (made / "dataset").rglob("*.jpg"):
        assert (tmp_path / "again/faces/dataset" / path.relative_to(made / "dataset")).read_bytes() == path.read_bytes()
    assert again(made, tmp_path, "--json") == 0  # the same again: nothing is drawn twice
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["identical"], last["different"]) == ("reproduced", True, [])


@pytest.mark.slow
def test_a_changed_seed_is_found_out(card, tmp_path, capsys):
    assert again(card(seed=8), tmp_path) == EXIT_USER_ERROR
    told = capsys.readouterr().err
    assert "Not identical." in told
    assert "6 of 6 pictures differ from the card: 000000/000.jpg" in told
    assert "embeddings" not in told  # the packing is the card's


@pytest.mark.slow
def test_a_changed_packing_is_found_out_and_versions_are_named(card, tmp_path, capsys):
    changed = card(recipe__packing__steps=6, versions__torch="1.0")
    assert again(changed, tmp_path) == EXIT_USER_ERROR
    told = capsys.readouterr().err
    assert "The embeddings that were drawn are others already" in told
    assert "torch 1.0 on the card" in told


@pytest.mark.slow
def test_changed_digests_and_words_are_found_out(made, card, tmp_path, capsys):
    each = json.loads((made / "dataset" / "dataset.json").read_text())["pictures"]["each"]
    changed = card(pictures__each=[each[0], "0" * 8 + each[1][8:], each[2]], licence="anything")
    assert again(changed, tmp_path) == 0  # the digest of all decides: the pictures are the card's
    told = capsys.readouterr().out
    assert "the card says otherwise of: licence" in told
    assert again(card(pictures__sha256="0" * 64), tmp_path) == EXIT_USER_ERROR
    assert "1 of 6 pictures differ from the card: 000001/000.jpg" in capsys.readouterr().err


@pytest.mark.slow
def test_people_of_a_file_are_named(tmp_path, capsys):
    np.save(tmp_path / "people.npy", gallery.load("gan-10k").embeddings[:2].numpy())
    faces = tmp_path / "faces"
    options = ["--from", str(tmp_path / "people.npy"), "--generator", "gan", "--images-per-identity", "1"]
    assert main(["generate", *options, "--run", str(faces)]) == 0
    capsys.readouterr()
    assert again(faces, tmp_path) == EXIT_USER_ERROR
    assert "Name them: --from" in capsys.readouterr().err
    assert again(faces, tmp_path, "--from", str(tmp_path / "people.npy")) == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"generator": "stylegan9"}, "generator, 'stylegan9', is not here"),
        ({"generator": "gan:/etc/passwd"}, "is not here"),
        ({"generator": "\x1b[31mred"}, "'?[31mred', is not here"),
        ({"recipe__weights": "hf:somebody/weights"}, "A card may not name files or addresses"),
        ({"recipe__generator_options": {"weights": "/etc/passwd"}}, "A card may not name files or addresses"),
        ({"recipe__packing__gallery": "mine.safetensors"}, "none that ships"),
        ({"recipe__packing__gallery": "/etc/passwd"}, "none that ships"),
        ({"recipe__packing__gallery_fingerprint": "0" * 16}, "is not the card's"),
        ({"recipe__packing__steps": 10**12}, "steps cannot be right"),
        ({"recipe__packing__objective": "__import__('os')"}, "objective cannot be right"),
        ({"recipe__packing__alpha": float("nan")}, "alpha cannot be right"),
        ({"recipe__device": "cuda; rm -rf /"}, "device cannot be right"),
        ({"recipe__packing": 3}, "packing cannot be right"),
        ({"recipe__packing": None}, "Name them: --from"),
        ({"recipe": None}, "does not say how its pictures were drawn"),
        ({"identities": 10**9}, "not as many digests"),
        ({"identities": True}, "identities cannot be right"),
        ({"images_per_identity": "2"}, "images_per_identity cannot be right"),
        ({"pictures": None}, "no digests"),
    ],
)
def test_a_strangers_card_is_refused_before_anything_is_made(changes, reason, tmp_path, capsys):
    assert again(_written(tmp_path, changes), tmp_path) == EXIT_USER_ERROR
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


def _set(content, place, value):
    """place: "a__b" for content["a"]["b"]."""
    *way, name = place.split("__")
    for step in way:
        content = content[step]
    content[name] = value


def _written(tmp_path, changes):
    packing = {
        "identities": 2, "gallery": "gan-10k", "alpha": 0.5, "span": None, "steps": 5, "objective": "soft",
        "learning_rate": None, "start": "gallery", "seed": 0, "device": "cpu",
    }  # fmt: skip
    recipe = {"correct": 0, "batch_size": 64, "device": "cpu", "precision": "float32", "packing": packing}
    content = {
        "generator": "gan", "identities": 2, "images_per_identity": 1, "beta": 0.0, "seed": 0, "recipe": recipe,
        "pictures": {"sha256": "0" * 64, "each": ["0" * 8, "1" * 8]},
    }  # fmt: skip
    for place, value in changes.items():
        _set(content, place, value)
    (tmp_path / "card.json").write_text(json.dumps(content))
    return tmp_path / "card.json"


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b"\x89PNG", b"1" * 5_000])
def test_what_is_no_card_is_told(content, tmp_path, capsys):
    (tmp_path / "card.json").write_bytes(content)
    assert again(tmp_path / "card.json", tmp_path) == EXIT_USER_ERROR
    assert "damaged" in capsys.readouterr().err


def test_what_else_cannot_be_is_told(tmp_path, capsys):
    assert main(["dataset"]) == EXIT_USER_ERROR
    assert "Say which dataset" in capsys.readouterr().err
    assert main(["dataset", "--reproduce", str(tmp_path / "nowhere.json")]) == EXIT_USER_ERROR
    assert "cannot be read as a data card" in capsys.readouterr().err
    assert main(["dataset", "--reproduce", "card.json", "--check"]) == EXIT_USER_ERROR
    assert "leave out check" in capsys.readouterr().err


@pytest.mark.slow
def test_a_card_carries_what_a_set_is_made_of(made):
    info = datasets.open(made / "dataset").info
    assert info["recipe"]["packing"]["alpha"] == 0.25
    assert info["recipe"]["packing"]["gallery"] == "gan-10k"
    assert {"versions", "citation", "intended_use", "limits", "licence", "pictures"} <= info.keys()
    readme = (made / "dataset" / "README.md").read_text()
    for words in (
        "## Intended use",
        "## Limits",
        "## Cite",
        "--reproduce dataset.json",
        "| Weight α of the gallery | 0.25 |",
    ):
        assert words in readme
