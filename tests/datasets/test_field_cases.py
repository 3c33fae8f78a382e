"""Datasets as the field has them: identities in a list, splits, what other tools leave beside images."""

import base64
import io
import struct
import tarfile

import pytest
from PIL import Image

from hyperface import datasets
from hyperface.datasets.card import picture_sheet
from hyperface.datasets.recordio import pack_record
from hyperface.errors import DatasetError


def picture(shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (112, 112), (shade, shade // 2, 7)).save(buffer, "PNG")
    return buffer.getvalue()


def put(path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(shade))


@pytest.fixture
def dcface(tmp_path):
    """Six records, all of label 0, as DCFace's release has them, and whose they are in list.txt."""
    index, listed = [], []
    with (tmp_path / "file.rec").open("wb") as records:
        for key in range(6):
            index.append(f"{key}\t{records.tell()}\n")
            listed.append(f"{key}\t{9 - key // 2}/{key % 2}.jpg\n")
            records.write(pack_record(struct.pack("<IfQQ", 0, 0.0, key, 0) + picture(20 * key)))
    (tmp_path / "file.idx").write_text("".join(index))
    (tmp_path / "list.txt").write_text("".join(listed))
    return tmp_path


def kinds(dataset) -> set[str]:
    steps = datasets.validate(dataset)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return {finding.kind for finding in end.value}


def test_identities_of_a_list_beside_records_of_one_label(dcface):
    dataset = datasets.open(dcface)
    assert (dataset.identities, len(dataset)) == (3, 6)
    assert dataset.labels.tolist() == [2, 2, 1, 1, 0, 0]  # 9, 8 and 7, sorted
    assert dataset[3][0][0, 0].tolist() == [60, 30, 7]
    lines = (dcface / "list.txt").read_text().splitlines(keepends=True)
    (dcface / "list.txt").write_text("".join(lines[:-1]))
    shorter = datasets.open(dcface)
    assert (len(shorter), shorter.skipped.count) == (5, 1)
    assert "list.txt does not say whose" in shorter.skipped.reasons[0]


def test_a_set_of_one_identity_is_a_finding(dcface):
    (dcface / "list.txt").unlink()
    dataset = datasets.open(dcface)
    assert dataset.identities == 1
    assert "one-identity" in kinds(dataset)


def test_who_is_in_two_parts_of_a_split_is_one_person_and_equal_names_elsewhere_are_two(tmp_path):
    for part, name, image in (
        ("train", "anna", "1"),
        ("train", "ben", "1"),
        ("val", "anna", "2"),
        ("val", "cleo", "1"),
    ):
        put(tmp_path / "split" / part / name / f"{image}.png", len(name) * 9)
        put(tmp_path / "groups" / part.replace("train", "asian").replace("val", "african") / name / f"{image}.png", 5)
    split = datasets.open(tmp_path / "split")
    assert (split.identities, len(split)) == (3, 4)
    assert split.labels[[0, 2]].tolist() == [0, 0]  # anna's two pictures
    assert datasets.open(tmp_path / "groups").identities == 4


def test_what_macos_puts_beside_images_is_no_image(tmp_path):
    for name in ("anna", "ben"):
        put(tmp_path / "folder" / name / "1.png", 40)
        (tmp_path / "folder" / name / "._1.png").write_bytes(b"\0\5\x16\7Mac OS X")
    assert len(datasets.open(tmp_path / "folder")) == 2
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        for number, name in enumerate(("a", "._a", "b")):
            for suffix, content in ((".png", picture(9) if number != 1 else b"Mac OS X"), (".cls", b"3")):
                header = tarfile.TarInfo(f"{name}{suffix}")
                header.size = len(content)
                tar.addfile(header, io.BytesIO(content))
    dataset = datasets.open(tmp_path / "set.tar")
    assert (len(dataset), dataset.skipped.count) == (2, 0)


def test_parquet_that_was_made_of_webdataset(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    image = [{"bytes": picture(10 * n), "path": f"{n}.png"} for n in range(4)]
    keys = [f"{n:06d}" for n in range(4)]
    table = pa.table({"jpg": image, "cls": [5, 5, 8, 8], "__key__": keys, "__url__": ["x.tar"] * 4})
    pq.write_table(table, tmp_path / "train.parquet")
    dataset = datasets.open(tmp_path)
    assert dataset.labels.tolist() == [0, 0, 1, 1]


def test_a_parquet_file_that_claims_more_rows_than_it_has_bytes_is_not_read(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    count = 200_000
    pq.write_table(pa.table({"image": pa.array([b""] * count), "label": [0] * count}), tmp_path / "bomb.parquet")
    assert (tmp_path / "bomb.parquet").stat().st_size < count / 10
    with pytest.raises(DatasetError, match="200,000 rows in"):
        datasets.open(tmp_path / "bomb.parquet")


def test_the_sheet_has_no_empty_column_and_lies_where_no_reader_takes_it_for_an_image(tmp_path):
    for identity in range(3):
        for image in range(4):
            put(tmp_path / "set" / str(identity) / f"{image}.png", 60)
    sheet = picture_sheet(datasets.open(tmp_path / "set"))
    assert sheet.shape == (3 * 112, 4 * 112, 3)
    assert sheet.max() < 200  # no white
    for _ in datasets.save(datasets.open(tmp_path / "set"), tmp_path / "out", format="folder"):
        pass
    folders = sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_dir())
    assert folders == ["000000", "000001", "000002"]  # each of which torchvision's ImageFolder takes for a person
    pictures = [path for path in (tmp_path / "out").rglob("*") if path.suffix.lower() in Image.registered_extensions()]
    assert len(pictures) == 12
    drawn = (tmp_path / "out" / "samples.svg").read_text()
    inside = base64.b64decode(drawn.partition("base64,")[2].partition('"')[0])
    assert Image.open(io.BytesIO(inside)).size == (4 * 112, 3 * 112)
    assert "(samples.svg)" in (tmp_path / "out" / "README.md").read_text()
    assert datasets.open(tmp_path / "out").identities == 3
