"""RecordIO, against bytes laid out by hand from the published format."""

import struct

import numpy as np
import pytest

from hyperface import datasets
from hyperface.datasets.recordio import pack_record, read_record
from hyperface.errors import DatasetError, PhotoError

MAGIC = b"\x0a\x23\xd7\xce"


def record(payload: bytes, part: int = 0) -> bytes:
    return MAGIC + struct.pack("<I", part << 29 | len(payload)) + payload + b"\0" * (-len(payload) % 4)


def header(flag: int, label: float, key: int) -> bytes:
    return struct.pack("<I", flag) + struct.pack("<f", label) + struct.pack("<Q", key) + struct.pack("<Q", 0)


def write(folder, records: list[bytes], keys: list[int] | None = None, index: bool = True) -> None:
    folder.mkdir()
    position, lines = 0, []
    for key, content in zip(keys or range(len(records)), records, strict=True):
        lines.append(f"{key}\t{position}\n")
        position += len(content)
    (folder / "train.rec").write_bytes(b"".join(records))
    if index:
        (folder / "train.idx").write_text("".join(lines))


def face_set(images: list[tuple[float, bytes]]) -> list[bytes]:
    """The records of a set as InsightFace packs it, identities' records left out."""
    first = record(header(2, 0, 0) + struct.pack("<ff", len(images) + 1, len(images) + 1))
    return [first, *(record(header(0, label, i) + content) for i, (label, content) in enumerate(images, 1))]


def test_the_bytes_are_those_of_the_published_layout(photos, saved):
    folder = saved("recordio")
    images = [(label, content) for label, files in enumerate(photos) for content in files]
    expected = [record(header(2, 0, 0) + struct.pack("<ff", 9, 13))]
    expected += [record(header(0, label, i) + content) for i, (label, content) in enumerate(images, 1)]
    limits = [(1, 4), (4, 5), (5, 7), (7, 9)]
    expected += [record(header(2, 0, 9 + i) + struct.pack("<ff", *pair)) for i, pair in enumerate(limits)]
    assert (folder / "train.rec").read_bytes() == b"".join(expected)
    positions = np.cumsum([0, *map(len, expected)])[:-1]
    lines = "".join(f"{key}\t{position}\n" for key, position in enumerate(positions))
    assert (folder / "train.idx").read_text() == lines
    assert (folder / "property").read_text() == "4,112,112"


def test_a_set_laid_out_by_hand_is_read(everything, contents, tmp_path):
    write(tmp_path / "set", face_set(everything))
    for path in (tmp_path / "set", tmp_path / "set" / "train.rec"):
        assert contents(datasets.open(path)) == everything


def test_several_labels_the_first_counts(photos, contents, tmp_path):
    images = [record(header(2, 0, i) + struct.pack("<ff", 5 * i, 0) + photos[0][i]) for i in range(3)]
    write(tmp_path / "set", images, keys=[3, 5, 7])
    assert contents(datasets.open(tmp_path / "set")) == list(enumerate(photos[0]))


def test_without_a_range_every_key_is_an_image(everything, contents, tmp_path):
    write(tmp_path / "set", [record(header(0, label, i) + content) for i, (label, content) in enumerate(everything)])
    assert contents(datasets.open(tmp_path / "set")) == everything


def test_without_an_index_the_records_are_found(everything, contents, tmp_path):
    write(tmp_path / "set", face_set(everything), index=False)
    assert contents(datasets.open(tmp_path / "set")) == everything


@pytest.mark.parametrize(
    ("payload", "parts"),
    [
        (b"abcd" + MAGIC + b"efgh", [b"abcd", b"efgh"]),
        (MAGIC + b"x", [b"", b"x"]),
        (b"abcd" + MAGIC + MAGIC, [b"abcd", b"", b""]),
        (b"ab" + MAGIC + b"cd", [b"ab" + MAGIC + b"cd"]),  # not at a multiple of four: left alone
        (b"abcdef" + MAGIC[:2], [b"abcdef" + MAGIC[:2]]),
        (b"", [b""]),
    ],
)
def test_magic_numbers_inside_a_record(payload, parts, tmp_path):
    kinds = [0] if len(parts) == 1 else [1, *[2] * (len(parts) - 2), 3]
    expected = b"".join(record(part, kind) for part, kind in zip(parts, kinds, strict=True))
    assert pack_record(payload) == expected
    (tmp_path / "file").write_bytes(b"1234" + expected + record(b"next"))
    assert read_record(tmp_path / "file", 4, "it") == payload


def test_an_image_with_the_magic_number_inside_survives(photos, contents, tmp_path):
    # A JPEG may have anything behind its end.
    images = [(0, photos[0][0] + b"\0" * (-len(photos[0][0]) % 4) + MAGIC + b"tail"), (1, photos[1][0])]
    records = face_set(images)
    records[1] = pack_record(header(0, 0, 1) + images[0][1])
    for index in (True, False):
        write(tmp_path / f"set {index}", records, index=index)
        assert contents(datasets.open(tmp_path / f"set {index}")) == images


def test_broken_records_are_counted_and_named(everything, contents, tmp_path):
    records = face_set(everything)
    records[2] = b"XXXX" + records[2][4:]
    records[4] = record(header(0, -1, 4) + everything[3][1])
    records[5] = record(header(0, 2.5, 5) + everything[4][1])
    records[6] = record(header(0, 2, 6))
    write(tmp_path / "set", records)
    dataset = datasets.open(tmp_path / "set")
    assert [content for _, content in contents(dataset)] == [everything[i][1] for i in (0, 2, 6, 7)]
    assert len(dataset.skipped) == 4
    for key, reason in zip((2, 4, 5, 6), ("no record begins", "label -1", "label 2.5", "no image"), strict=True):
        assert any(f"record {key} of train.rec" in text and reason in text for text in dataset.skipped.reasons)


def test_a_truncated_file_keeps_its_whole_records(everything, contents, tmp_path):
    records = face_set(everything)
    write(tmp_path / "set", records)
    cut = sum(map(len, records[:6])) + 40
    content = (tmp_path / "set" / "train.rec").read_bytes()
    (tmp_path / "set" / "train.rec").write_bytes(content[:cut])
    dataset = datasets.open(tmp_path / "set")
    assert contents(dataset) == everything[:5]
    assert len(dataset.skipped) == 3
    assert all("incomplete" in reason for reason in dataset.skipped.reasons)


def test_a_damaged_index(everything, contents, tmp_path):
    write(tmp_path / "set", face_set(everything))
    lines = (tmp_path / "set" / "train.idx").read_text().splitlines()
    lines[3] = "three\t4"
    (tmp_path / "set" / "train.idx").write_text("\n".join([*lines[:-1], "-1\t5", "9"]))
    dataset = datasets.open(tmp_path / "set")
    assert [content for _, content in contents(dataset)] == [everything[i][1] for i in (0, 1, 3, 4, 5, 6)]
    assert len(dataset.skipped) == 5  # three lines, and the two images that they leave without a place
    assert any("2 images" in reason for reason in dataset.skipped.reasons)


def test_a_damaged_stretch_without_an_index(everything, contents, tmp_path):
    records = face_set(everything)
    records[4] = b"\0" * 32
    write(tmp_path / "set", records, index=False)
    dataset = datasets.open(tmp_path / "set")
    assert len(dataset.skipped) >= 1
    assert "no record begins" in dataset.skipped.reasons[0]


def test_a_record_that_changed_since_is_named_when_read(everything, tmp_path):
    write(tmp_path / "set", face_set(everything))
    dataset = datasets.open(tmp_path / "set")
    (tmp_path / "set" / "train.rec").write_bytes(MAGIC)
    with pytest.raises(PhotoError, match=r"record 3 of train\.rec"):
        dataset[2]


def test_sets_that_hold_nothing(tmp_path):
    write(tmp_path / "none", [record(header(2, 0, 0) + struct.pack("<ff", 1, 1))])
    with pytest.raises(DatasetError, match="no readable image"):
        datasets.open(tmp_path / "none")
    write(tmp_path / "cut", [MAGIC + b"\xff"])
    with pytest.raises(DatasetError, match="no readable image"):
        datasets.open(tmp_path / "cut")
    write(tmp_path / "two", [record(b"a")])
    (tmp_path / "two" / "train.rec").rename(tmp_path / "two" / "a.rec")
    (tmp_path / "two" / "b.rec").write_bytes(record(b"b"))
    with pytest.raises(DatasetError, match=r"several record files \(a.rec, b.rec\)"):
        datasets.open(tmp_path / "two")


def test_more_records_than_the_header_can_count(source, tmp_path, monkeypatch):
    monkeypatch.setattr("hyperface.datasets.recordio._LARGEST_EXACT", 9)
    with pytest.raises(DatasetError, match="Parquet or WebDataset"):
        list(datasets.save(source, tmp_path / "out", format="recordio"))
    assert not (tmp_path / "out").exists()
