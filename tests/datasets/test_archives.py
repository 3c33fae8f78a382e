"""Image folders in tars and zips, made by Python's own modules."""

import tarfile
import zipfile
from pathlib import Path

import pytest

from hyperface import datasets
from hyperface.errors import DatasetError, PhotoError


def tar(folder: Path, path: Path, prefix: str = "") -> Path:
    with tarfile.open(path, "w") as archive:
        archive.add(folder, prefix or ".")
    return path


def zipped(folder: Path, path: Path, prefix: str = "", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, f"{prefix}{file.relative_to(folder).as_posix()}")
    return path


@pytest.mark.parametrize("prefix", ["", "people/", "a/b/people/"])
@pytest.mark.parametrize("pack", [tar, zipped])
def test_folders_are_read_where_they_lie(pack, prefix, source, everything, contents, tmp_path):
    (source.path / "samples.jpg").write_bytes(everything[0][1])  # a card's, of nobody
    (source.path / "dataset.json").write_text('{"generator": "gan"}')
    path = pack(source.path, tmp_path / "anything", prefix)
    assert datasets.format_of(path) == "archive"
    dataset = datasets.open(path)
    assert contents(dataset) == everything
    assert dataset.info == {"generator": "gan"}
    assert len(dataset.skipped) == 0
    assert dataset.name(0).endswith("person 0/0.jpg of anything")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["anything", "source"]


def test_a_zip_that_only_stores(source, everything, contents, tmp_path):
    path = zipped(source.path, tmp_path / "people.zip", method=zipfile.ZIP_STORED)
    assert contents(datasets.open(path)) == everything


def test_names_of_several_archives_are_different_people(source, everything, contents, tmp_path):
    (tmp_path / "parts").mkdir()
    zipped(source.path, tmp_path / "parts" / "1.zip")
    tar(source.path, tmp_path / "parts" / "2.tar")
    dataset = datasets.open(tmp_path / "parts")
    assert contents(dataset) == [*everything, *((4 + label, content) for label, content in everything)]
    assert "1.zip" in dataset.name(0)
    assert "2.tar" in dataset.name(8)


def test_what_macos_adds_is_no_image(source, everything, contents, tmp_path):
    path = zipped(source.path, tmp_path / "people.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/person 0/._0.jpg", b"resources")
        archive.writestr("person 0/._0.jpg", b"resources")
        archive.writestr("person 0/.DS_Store", b"layout")
    assert contents(datasets.open(path)) == everything


def test_a_zip_with_the_separators_of_windows(source, tmp_path):
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        for name in ("a\\0.jpg", "b\\0.jpg"):
            entry = zipfile.ZipInfo("x")
            entry.filename = name  # which the module would turn round elsewhere than on Windows
            archive.writestr(entry, (source.path / "person 0" / "0.jpg").read_bytes())
    assert datasets.open(tmp_path / "people.zip").labels.tolist() == [0, 1]


def test_deeper_images_are_told(source, everything, contents, tmp_path):
    (source.path / "person 0" / "more").mkdir()
    (source.path / "person 0" / "more" / "9.jpg").write_bytes(everything[0][1])
    dataset = datasets.open(tar(source.path, tmp_path / "people.tar"))
    assert contents(dataset) == everything
    assert "person 0/more/9.jpg of people.tar: it lies deeper" in dataset.skipped.reasons[0]


def test_one_person_alone(source, tmp_path):
    path = zipped(source.path / "person 0", tmp_path / "one.zip", "anna/")
    assert datasets.open(path).labels.tolist() == [0, 0, 0]


def test_a_webdataset_stays_one(saved, source, tmp_path):
    assert datasets.format_of(saved("webdataset")) == "webdataset"
    with tarfile.open(tmp_path / "in folders.tar", "w") as archive:
        (tmp_path / "label").write_text("3")
        archive.add(source.path / "person 0" / "0.jpg", "x/0.jpg")
        archive.add(tmp_path / "label", "x/0.cls")
    assert datasets.format_of(tmp_path / "in folders.tar") == "webdataset"


def test_damage_is_told(source, everything, contents, tmp_path):
    path = zipped(source.path, tmp_path / "people.zip", method=zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.index(everything[1][1]) + 5000] ^= 1
    path.write_bytes(content)
    dataset = datasets.open(path)
    assert dataset.content(0) == everything[0][1]
    with pytest.raises(PhotoError, match=r"person 0/1.jpg of people.zip: .*damaged"):
        dataset.content(1)
    path.write_bytes(content[:-30])
    with pytest.raises(DatasetError):
        datasets.open(path)
    path = tar(source.path, tmp_path / "people.tar")
    path.write_bytes(path.read_bytes()[:-15_000])
    dataset = datasets.open(path)
    assert 0 < len(dataset) < 8
    assert "damaged or incomplete" in dataset.skipped.reasons[0]


def test_what_a_zip_can_hide_is_left_out(source, tmp_path):
    path = tmp_path / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(source.path / "person 0" / "0.jpg", "a/0.jpg")
        archive.writestr("a/1.jpg", bytes(2**26 + 1), zipfile.ZIP_DEFLATED)
        archive.writestr("a/2.jpg", b"x", zipfile.ZIP_LZMA)
    dataset = datasets.open(path)
    assert len(dataset) == 1
    assert len(dataset.skipped) == 2
    assert "unpacks to 67,108,865 bytes" in dataset.skipped.reasons[0]


def test_a_zip_of_something_else_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "weights.npz", "w") as archive:
        archive.writestr("a.npy", b"numbers")
    with pytest.raises(DatasetError, match="without an image in a folder"):
        datasets.open(tmp_path / "weights.npz")
