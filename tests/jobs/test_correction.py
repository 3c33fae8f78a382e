"""Correcting what the generator is asked for, as a part of `generate`, from the command line."""

import json

import numpy as np
import pytest
import torch

from hyperface import datasets, gallery, realization, recognizers, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.gallery import Gallery
from hyperface.runs import StopRequested
from hyperface.sphere import random_points


@pytest.fixture(scope="module")
def wanted(tmp_path_factory):
    """A file of three embeddings that heads answer only in part."""
    path = tmp_path_factory.mktemp("wanted") / "wanted.npy"
    np.save(path, gallery.load().embeddings[:3].numpy())
    return path


def options(wanted, run) -> list[str]:
    return ["generate", "--from", str(wanted), "--images-per-identity", "2", "--correct", "2", "--run", str(run)]


@pytest.fixture(scope="module")
def faces(wanted):
    path = wanted.with_name("faces")
    assert main(options(wanted, path)) == 0
    return runs.open_run(path)


@pytest.mark.slow
def test_corrected_requests_lie_beside_the_packed_embeddings_and_the_card_says_so(wanted, faces):
    before = np.load(wanted)
    requests = np.load(faces.path / "requests.npy")
    assert requests.shape == before.shape
    assert (np.linalg.norm(requests - before, axis=1) > 0.05).any()
    assert np.array_equal(before, gallery.load().embeddings[:3].numpy())
    told = faces.results()["correction"]
    assert (told["rounds"], told["pictures"]) == (2, 3)
    assert told["cosine_after"] > told["cosine_before"] > 0.5
    dataset = datasets.open(faces.path / "dataset")
    assert dataset.info["correction"] == told
    assert f"{told['cosine_after']:.3f} after" in (faces.path / "dataset" / "README.md").read_text()
    # what is drawn is what the requests, and not the packed embeddings, ask for
    again = faces.path.with_name("again")
    assert main([*options(faces.path / "requests.npy", again)[:5], "--run", str(again)]) == 0
    for image in ("000000/000.jpg", "000002/001.jpg"):
        drawn = (again / "dataset" / image).read_bytes()
        assert drawn == (faces.path / "dataset" / image).read_bytes()


@pytest.mark.slow
def test_what_is_corrected_is_not_corrected_again(wanted, faces, tmp_path, monkeypatch):
    whole, corrected = np.load(faces.path / "requests.npy"), realization.corrected

    def broken_off(*args, **keywords):
        for step in corrected(*args, **keywords):
            yield step
            if len(step.cosines) == 1:
                raise StopRequested

    monkeypatch.setattr(realization, "corrected", broken_off)
    main(options(wanted, tmp_path / "run"))
    assert not (tmp_path / "run" / "requests.npy").exists()
    monkeypatch.setattr(realization, "corrected", corrected)
    assert main(["generate", "--resume", str(tmp_path / "run")]) == 0
    assert np.array_equal(np.load(tmp_path / "run" / "requests.npy"), whole)

    monkeypatch.setattr(realization, "corrected", None)
    status = tmp_path / "run" / "status.json"
    status.write_text(json.dumps({**json.loads(status.read_text()), "state": runs.STOPPED}))
    (tmp_path / "run" / "dataset" / "000001" / "000.jpg").unlink()
    assert main(["generate", "--resume", str(tmp_path / "run")]) == 0
    assert (tmp_path / "run" / "dataset" / "000001" / "000.jpg").exists()


def test_impossible_and_damaged_corrections_are_one_sentence(wanted, tmp_path, capsys):
    refused = [*options(wanted, tmp_path / "run")[:6], "-1", "--run", str(tmp_path / "run")]
    assert main(refused) == EXIT_USER_ERROR
    assert "0 or more" in capsys.readouterr().err


def test_the_generators_own_recognizer_is_told_apart(wanted, tmp_path, capsys):
    """Packings of the GAN's space are not drawn by heads, nor the other way round; one sentence names both spaces."""
    thumbnails = np.zeros((6, 48, 48, 3), np.uint8)
    card = recognizers.load("dlib-heads").card
    rows = random_points(6, card.dimension, seed=0)
    heads = Gallery("mine", card.name, "heads", rows, thumbnails, tuple(f"heads:{n}" for n in range(6)), card)
    (tmp_path / "heads.safetensors").write_bytes(gallery.to_bytes(heads))
    assert gallery.load(tmp_path / "heads.safetensors").recognizer_card == card
    for place, generator in (("gan-10k", "heads"), (tmp_path / "heads.safetensors", "gan")):
        packed = str(tmp_path / f"for {generator}")
        pack = ["pack", "--identities", "4", "--steps", "1", "--frames", "0", "--gallery", str(place)]
        assert main([*pack, "--run", packed]) == 0
        for correct in ("0", "1"):
            draw = ["generate", "--from", packed, "--generator", generator, "--correct", correct]
            assert main([*draw, "--run", str(tmp_path / "no")]) == EXIT_USER_ERROR
            told = capsys.readouterr().err
            assert "'dlib'" in told
            assert "'dlib-heads'" in told
            assert len(told.strip().splitlines()) == 1, told
    with pytest.raises(Exception, match="'dlib-heads'"):
        heads.nearest(torch.eye(128)[:1], recognizer="dlib")
