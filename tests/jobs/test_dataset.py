import json

import numpy as np
import pytest
from PIL import Image

from hyperface import datasets
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.jobs.dataset import WRITABLE


@pytest.fixture
def source(tmp_path):
    """Three identities with two images of noise each, and one broken file."""
    rng = np.random.default_rng(0)
    for identity in range(3):
        (tmp_path / "source" / str(identity)).mkdir(parents=True)
        for image in range(2):
            pixels = rng.integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "source" / str(identity) / f"{image}.png")
    (tmp_path / "source" / "0" / "2.png").write_bytes(b"no image")
    return tmp_path / "source"


def test_the_named_formats_are_those_of_the_package():
    assert datasets.writable_formats() == WRITABLE


def test_it_says_what_a_dataset_is(source, capsys):
    assert main(["dataset", str(source)]) == 0
    assert "image folder, 7 images of 3 identities" in capsys.readouterr().out


@pytest.mark.parametrize("format", WRITABLE)
def test_conversion_names_what_it_leaves_out(format, source, tmp_path, capsys):
    target = tmp_path / "target"
    assert main(["dataset", str(source), "--to", format, "--output", str(target)]) == 0
    printed = capsys.readouterr().out
    assert f"6 images in {target}" in printed
    assert "records left out: 1" in printed
    assert "0/2.png" in printed
    assert len(datasets.open(target)) == 6


def test_programs_get_lines(source, tmp_path, capsys):
    assert main(["dataset", str(source), "--check", "--to", "recordio", "-o", str(tmp_path / "out"), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first, last = lines[0], lines[-1]
    assert (first["event"], first["format"], first["images"], first["identities"]) == ("dataset", "image folder", 7, 3)
    assert (last["event"], last["images"], last["skipped"]) == ("done", 6, 1)
    kinds = {line["kind"] for line in lines if line["event"] == "finding"}
    assert "broken" in kinds
    assert {"stage", "step", "checked"} <= {line["event"] for line in lines}


def test_findings_are_printed(source, capsys):
    assert main(["dataset", str(source), "--check"]) == 0
    printed = capsys.readouterr().out
    assert "- Left out, because they cannot be read: 1 records." in printed
    assert "    0/2.png" in printed


def test_what_cannot_be_done_is_told(source, tmp_path, capsys):
    for arguments, reason in (
        (["--to", "parquet"], "needs both"),
        (["--output", str(tmp_path / "x")], "needs both"),
        (["--to", "folder", "--output", str(source / "below")], "in one another"),
    ):
        assert main(["dataset", str(source), *arguments]) == EXIT_USER_ERROR
        assert reason in capsys.readouterr().err
    assert main(["dataset", str(tmp_path / "nowhere")]) == EXIT_USER_ERROR
    assert "no dataset" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["dataset", str(source), "--to", "hdf5", "--output", str(tmp_path / "x")])


@pytest.fixture
def other(tmp_path):
    """Two identities with two images each, of another noise."""
    rng = np.random.default_rng(1)
    for identity in ("0", "x"):
        (tmp_path / "other" / identity).mkdir(parents=True)
        for image in range(2):
            pixels = rng.integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "other" / identity / f"{image}.png")
    return tmp_path / "other"


def test_two_sets_are_fused_and_written(source, other, tmp_path, capsys):
    target = tmp_path / "fused"
    assert main(["dataset", str(source), "--fuse", str(other), "--to", "lmdb", "--output", str(target)]) == 0
    printed = capsys.readouterr().out
    assert f"{other}: image folder, 4 images of 2 identities" in printed
    assert "fused: 11 images of 5 identities" in printed
    assert f"10 images in {target}" in printed
    assert datasets.open(target).labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_identities_are_held_out(source, other, tmp_path, capsys):
    arguments = ["dataset", str(source), "--fuse", str(other), "--to", "folder", "-o", str(tmp_path / "most")]
    assert main([*arguments, "--hold-out", "0.4", "--seed", "1"]) == 0
    rest, held_out = (datasets.open(tmp_path / name) for name in ("most", "most-held-out"))
    assert (rest.identities, held_out.identities) == (3, 2)
    shown = [{part.content(i) for i in range(len(part))} for part in (rest, held_out)]
    assert (len(shown[0] | shown[1]), len(shown[0] & shown[1])) == (10, 0)
    assert "most-held-out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--fuse", "{source}"], "with itself"),
        (["--fuse", "nowhere"], "no dataset"),
        (["--hold-out", "0.5"], "write the dataset"),
        (["--hold-out", "1", "--to", "folder", "-o", "out"], "between 0 and 1"),
        (["--hold-out", "0.01", "--to", "folder", "-o", "out"], "without anybody"),
        (["--fuse", "{other}", "--push-to-hub", "me/mine"], "before it is uploaded"),
    ],
)
def test_what_cannot_be_fused_or_split_is_told(options, reason, source, other, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = [option.format(source=source, other=other) for option in options]
    assert main(["dataset", str(source), *options]) == EXIT_USER_ERROR
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_training_on_another_format_names_what_it_leaves_out(source, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HYPERFACE_RUNS", str(tmp_path / "runs"))
    main(["dataset", str(source), "--to", "recordio", "--output", str(tmp_path / "records")])
    content = (tmp_path / "records" / "train.rec").read_bytes()
    lines = (tmp_path / "records" / "train.idx").read_text().splitlines()
    damaged = int(lines[2].split("\t")[1])
    (tmp_path / "records" / "train.rec").write_bytes(content[:damaged] + b"XXXX" + content[damaged + 4 :])
    options = ["--epochs", "1", "--batch-size", "4", "--validation-share", "0", "--run", str(tmp_path / "model")]
    for dataset, name in ((tmp_path / "records", "record 2 of train.rec"), (source, "0/2.png")):
        capsys.readouterr()
        assert main(["train", "--dataset", str(dataset), *options[:-1], str(tmp_path / f"model {dataset.name}")]) == 0
        printed = capsys.readouterr().out
        assert "records left out: 1" in printed
        assert name in printed
