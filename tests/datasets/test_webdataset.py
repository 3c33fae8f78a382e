import io
import json
import tarfile

import pytest

from hyperface import datasets
from hyperface.datasets import webdataset
from hyperface.errors import DatasetError


def write(path, members: list[tuple[str, bytes]]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_what_is_written_is_a_plain_webdataset(saved, everything):
    (tar,) = saved("webdataset").glob("*.tar")
    assert tar.name == "train-00000.tar"
    with tarfile.open(tar) as opened:
        members = {member.name: opened.extractfile(member).read() for member in opened}
    assert list(members)[:4] == ["000000_000.jpg", "000000_000.cls", "000000_001.jpg", "000000_001.cls"]
    assert list(members)[-2:] == ["000003_001.png", "000003_001.cls"]
    assert [content for name, content in members.items() if not name.endswith(".cls")] == [c for _, c in everything]
    assert [int(content) for name, content in members.items() if name.endswith(".cls")] == [n for n, _ in everything]


def test_several_shards(source, contents, everything, tmp_path, monkeypatch):
    monkeypatch.setattr(webdataset, "SHARD_IMAGES", 3)
    list(datasets.save(source, tmp_path / "out", format="webdataset"))
    assert [file.name for file in sorted((tmp_path / "out").glob("*.tar"))] == [f"train-0000{i}.tar" for i in range(3)]
    assert contents(datasets.open(tmp_path / "out")) == everything


def test_labels_in_json_folders_in_names_any_order(photos, contents, tmp_path):
    label = json.dumps({"label": 7, "name": "someone"}).encode()
    write(
        tmp_path / "set.tar",
        [
            ("a/0.json", label),
            ("a/0.jpg", photos[0][0]),
            ("b/0.JPG", photos[0][1]),
            ("b/0.cls", b"9\n"),
            ("b/0.txt", b"ignored"),
            ("c.x/0.seg.png", b"another file of the sample, which is no image by its suffix"),
            ("c.x/0.png", photos[3][1]),
            ("c.x/0.cls", b"7"),
        ],
    )
    dataset = datasets.open(tmp_path / "set.tar")
    assert contents(dataset) == [(0, photos[0][0]), (1, photos[0][1]), (0, photos[3][1])]
    assert len(dataset.skipped) == 0


def test_samples_that_are_not_complete_are_named(photos, contents, tmp_path):
    image = photos[0][0]
    write(
        tmp_path / "set.tar",
        [
            ("0.jpg", image),
            ("0.cls", b"0"),
            ("1.jpg", image),
            ("2.cls", b"2"),
            ("3.jpg", image),
            ("3.cls", b"three"),
            ("4.jpg", image),
            ("4.json", b'{"name": "x"}'),
            ("5.jpg", image),
            ("5.json", b'{"label": "x"}'),
            ("6.jpg", image),
            ("6.cls", b"-1"),
        ],
    )
    dataset = datasets.open(tmp_path / "set.tar")
    assert contents(dataset) == [(0, image)]
    assert len(dataset.skipped) == 6
    for name, reason in zip(("1", "2", "3", "4", "5", "6"), dataset.skipped.reasons, strict=True):
        assert reason.startswith(name)
        assert "set.tar" in reason


@pytest.mark.parametrize("cut", ["in an image", "in a header", "between two members"])
def test_a_truncated_tar_keeps_its_whole_samples(cut, saved, contents, everything):
    (tar,) = saved("webdataset").glob("*.tar")
    with tarfile.open(tar) as opened:
        members = opened.getmembers()
    end = {"in an image": members[6].offset_data + 100, "in a header": members[6].offset + 100}
    tar.write_bytes(tar.read_bytes()[: end.get(cut, members[6].offset)])
    dataset = datasets.open(tar.parent)
    assert contents(dataset) == everything[:3]
    assert len(dataset.skipped) == 1
    assert "train-00000.tar" in dataset.skipped.reasons[0]


def test_damage_in_the_middle_is_told(saved, contents, everything):
    (tar,) = saved("webdataset").glob("*.tar")
    with tarfile.open(tar) as opened:
        start = opened.getmembers()[6].offset
    content = bytearray(tar.read_bytes())
    content[start : start + 512] = b"x" * 512
    tar.write_bytes(content)
    dataset = datasets.open(tar.parent)
    assert contents(dataset) == everything[:3]
    assert "no member begins" in dataset.skipped.reasons[0]


def test_links_and_tars_without_samples(tmp_path):
    with tarfile.open(tmp_path / "set.tar", "w") as tar:
        link = tarfile.TarInfo("0.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(DatasetError, match="no readable image"):
        datasets.open(tmp_path)
