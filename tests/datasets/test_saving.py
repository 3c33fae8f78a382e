import errno
import json
import resource

import pytest
import yaml

from hyperface import datasets
from hyperface.datasets import saving
from hyperface.datasets.recordio import RecordWriter
from hyperface.errors import DatasetError, UnknownNameError

FORMATS = datasets.writable_formats()


@pytest.mark.parametrize("format", FORMATS)
def test_round_trip(format, source, saved, contents, everything):
    dataset = datasets.open(saved(format))
    assert contents(dataset) == contents(source) == everything
    assert len(dataset.skipped) == 0
    assert dataset[7][0].tolist() == source[7][0].tolist()
    assert datasets.format_of(dataset.path) == format


@pytest.mark.parametrize("format", FORMATS)
def test_recognized_by_content_under_any_name(format, saved, contents, everything, tmp_path):
    folder = saved(format).rename(tmp_path / "weird.name")
    if format != "folder":  # whose images are known by their suffixes
        for file in list(folder.rglob("*")):
            if (
                file.is_file()
                and file.parent.name != "person 0"
                and file.suffix in (".rec", ".idx", ".tar", ".parquet", ".lmdb")
            ):
                file.rename(file.with_name(f"x{file.stem}.data" if file.suffix != ".idx" else "offsets"))
    assert datasets.format_of(folder) == format
    assert contents(datasets.open(folder)) == everything


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_left_of_a_stopped_or_failed_one(format, source, tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "STEP_IMAGES", 2)
    steps = datasets.save(source, tmp_path / "out", format=format)
    step = next(steps)
    assert (step.step, step.total) == (2, 8)
    steps.close()
    assert [file.name for file in tmp_path.iterdir()] == ["source"]


def test_a_full_disk_is_told_and_nothing_is_left(source, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RecordWriter, "finish", full)
    with pytest.raises(DatasetError, match="disk is full"):
        list(datasets.save(source, tmp_path / "out", format="recordio"))
    assert [file.name for file in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("limit", [1000, 30_000])
@pytest.mark.parametrize("format", FORMATS)
def test_files_that_cannot_grow_are_told_and_nothing_is_left(format, limit, source, everything, tmp_path):
    assert all(len(content) < 30_000 for _, content in everything[:7])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(DatasetError, match="cannot be written: File too large"):
            list(datasets.save(source, tmp_path / "out", format=format))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [file.name for file in tmp_path.iterdir()] == ["source"]


def test_targets_that_cannot_be_written(source, tmp_path):
    (tmp_path / "file").write_text("mine")
    for target, reason in (
        (tmp_path / "file", "there already"),
        (tmp_path / "file" / "below", "cannot be written"),
        (tmp_path, "in one another"),
        (source.path / "copy", "in one another"),
    ):
        with pytest.raises(DatasetError, match=reason):
            datasets.save(source, target, format="webdataset")
    with pytest.raises(UnknownNameError, match="'hdf5'"):
        datasets.save(source, tmp_path / "out", format="hdf5")
    assert (tmp_path / "file").read_text() == "mine"


def test_an_empty_folder_is_taken(source, tmp_path, contents, everything):
    (tmp_path / "out").mkdir()
    list(datasets.save(source, tmp_path / "out", format="folder"))
    assert contents(datasets.open(tmp_path / "out")) == everything


@pytest.mark.parametrize("format", FORMATS)
def test_images_that_cannot_be_read_are_named_and_left_out(format, source, everything, tmp_path, contents):
    (source.path / "person 0" / "1.jpg").write_bytes(everything[1][1][:500])
    (source.path / "person 1" / "0.jpg").write_bytes(b"no image")
    *_, last = datasets.save(source, tmp_path / "out", format=format)
    assert len(last.skipped) == 2
    assert "person 0/1.jpg" in last.skipped.reasons[0]
    copy = datasets.open(tmp_path / "out")
    assert copy.labels.tolist() == [0, 0, 1, 1, 2, 2]  # person 1 has no image left
    assert [content for _, content in contents(copy)] == [everything[i][1] for i in (0, 2, 4, 5, 6, 7)]
    assert (copy.info["skipped"], copy.info["identities"], copy.info["images"]) == (2, 3, 6)
    for folder in source.path.iterdir():
        for file in folder.iterdir():
            file.write_bytes(b"")
    with pytest.raises(DatasetError, match="Not one image"):
        list(datasets.save(source, tmp_path / "none", format=format))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("format", FORMATS)
def test_a_data_card_goes_with_every_set(format, source, tmp_path):
    info = {"generator": "gan", "licence": "MIT", "seed": 12345, "packing": "pack-1", "separation": {"min_angle": 71.5}}
    source.info.update(info)
    list(datasets.save(source, tmp_path / "out", format=format))
    assert datasets.open(tmp_path / "out").info.items() >= info.items()
    assert "data:image/jpeg;base64," in (tmp_path / "out" / "samples.svg").read_text()
    readme = (tmp_path / "out" / "README.md").read_text()
    _, front, text = readme.split("---\n", 2)
    front = yaml.safe_load(front)
    assert front["license"] == "mit"
    assert ("configs" in front) == (format not in ("recordio", "lmdb"))  # which the `datasets` library cannot read
    for figure in ("| 4 |", "| 8 |", "| 12345 |", "pack-1", "gan", "71.50°", "samples.svg"):
        assert figure in text


def test_a_card_of_unknown_origin_says_so(source, tmp_path):
    list(datasets.save(source, tmp_path / "out", format="parquet"))
    assert "not recorded" in (tmp_path / "out" / "README.md").read_text()
    assert "generator" not in json.loads((tmp_path / "out" / "dataset.json").read_text())


def test_pointers_and_archives_are_told_from_data(tmp_path):
    (tmp_path / "train.rec").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(DatasetError, match="git lfs pull"):
        datasets.open(tmp_path)
    (tmp_path / "train.rec").write_bytes(b"\x1f\x8b\x08\0")
    with pytest.raises(DatasetError, match="compressed"):
        datasets.open(tmp_path)


def test_identities_one_level_down(photos, tmp_path):
    for part, identity in (("subjects_0-1", "0"), ("subjects_0-1", "1"), ("subjects_2-3", "2")):
        (tmp_path / part / identity).mkdir(parents=True)
        (tmp_path / part / identity / "0.png").write_bytes(photos[0][0])
    assert datasets.open(tmp_path).labels.tolist() == [0, 1, 2]
