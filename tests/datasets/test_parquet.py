import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hyperface import datasets
from hyperface.datasets import parquet as module
from hyperface.datasets import records
from hyperface.errors import DatasetError, PhotoError


def write(path, columns: dict, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path, **options)


def test_the_schema_is_the_one_of_the_datasets_library(saved, everything):
    folder = saved("parquet")
    (file,) = folder.rglob("*.parquet")
    assert file.relative_to(folder).as_posix() == "data/train-00000-of-00001.parquet"
    table = parquet.read_table(file)
    assert table.schema.field("image").type == pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    assert table.schema.field("label").type == pa.int64()
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["label"] == {"names": [f"{i:06d}" for i in range(4)], "_type": "ClassLabel"}
    assert [(row["label"], row["image"]["bytes"]) for row in table.to_pylist()] == everything


def test_the_datasets_library_reads_it(source, saved, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    library = pytest.importorskip("datasets")
    loaded = library.load_dataset(str(saved("parquet")), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded.features["label"].num_classes == 4
    assert loaded["label"] == source.labels.tolist()
    assert np.array_equal(np.asarray(loaded[3]["image"]), source[3][0])


def test_several_shards_and_row_groups(source, contents, everything, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROW_GROUP_IMAGES", 2)
    monkeypatch.setattr(module, "SHARD_BYTES", len(everything[0][1]) * 3)
    list(datasets.save(source, tmp_path / "out", format="parquet"))
    names = [file.name for file in sorted((tmp_path / "out" / "data").iterdir())]
    assert names == [f"train-0000{i}-of-00002.parquet" for i in range(2)]
    dataset = datasets.open(tmp_path / "out")
    assert contents(dataset) == everything
    assert dataset.content(5) == everything[5][1]
    assert dataset.content(0) == everything[0][1]
    assert contents(datasets.open(tmp_path / "out" / "data" / names[0])) == everything[:4]


@pytest.mark.parametrize("labels", [[40, 7, 7], ["zoe", "ann", "ann"]])
def test_other_peoples_columns(labels, photos, contents, tmp_path):
    write(tmp_path / "a.parquet", {"width": [1, 2, 3], "photo": photos[0], "identity": labels, "text": ["", "", ""]})
    assert contents(datasets.open(tmp_path)) == list(zip((1, 0, 0), photos[0], strict=True))


def test_columns_that_do_not_tell_are_refused(photos, tmp_path):
    for columns in (
        {"image": photos[0]},
        {"label": [1, 2, 3]},
        {"image": photos[0], "label": [0.5, 1.0, 2.0]},
        {"image": photos[0], "other": photos[0], "label": [1, 2, 3]},
        {"image": photos[0], "x": [1, 2, 3], "y": [1, 2, 3]},
    ):
        write(tmp_path / "a.parquet", columns)
        with pytest.raises(DatasetError, match=r"no single column.*\(int64\)|no single column.*\(binary\)"):
            datasets.open(tmp_path)
    write(tmp_path / "a.parquet", {"image": photos[0], "label": [1, 2, 3]})
    write(tmp_path / "b.parquet", {"image": photos[0], "label": ["a", "b", "c"]})
    with pytest.raises(DatasetError, match="disagree"):
        datasets.open(tmp_path)


def test_rows_without_label_or_image_are_named(photos, tmp_path):
    images = [{"bytes": photos[0][0], "path": None}, {"bytes": None, "path": "elsewhere.jpg"}, None]
    write(tmp_path / "a.parquet", {"image": [*images, images[0], images[0]], "label": [0, 1, 2, None, -1]})
    dataset = datasets.open(tmp_path)
    assert len(dataset.skipped) == 2
    assert "row 3 of a.parquet" in dataset.skipped.reasons[0]
    _, labels, skipped = dataset.decode()
    assert labels.tolist() == [0]
    assert "row 1 of a.parquet" in skipped.reasons[0]
    assert "row 2 of a.parquet" in skipped.reasons[1]


def test_truncated_files_are_named(source, contents, everything, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ROW_GROUP_IMAGES", 2)
    monkeypatch.setattr(module, "SHARD_BYTES", 1)
    list(datasets.save(source, tmp_path / "out", format="parquet"))
    files = sorted((tmp_path / "out" / "data").iterdir())
    files[1].write_bytes(files[1].read_bytes()[:-100])
    dataset = datasets.open(tmp_path / "out")
    assert [content for _, content in contents(dataset)] == [everything[i][1] for i in (0, 1, 4, 5, 6, 7)]
    assert len(dataset.skipped) == 1
    assert files[1].name in dataset.skipped.reasons[0]
    with pytest.raises(DatasetError, match="no readable image"):
        datasets.open(files[1])


def test_a_changed_bit_is_noticed(saved, everything):
    folder = saved("parquet")
    (file,) = folder.rglob("*.parquet")
    content = bytearray(file.read_bytes())
    content[content.index(everything[2][1]) + 700] ^= 1
    file.write_bytes(content)
    dataset = datasets.open(folder)
    with pytest.raises(PhotoError, match=r"row 2 of train-.*damaged"):
        dataset[2]


def test_statistics_of_another_type_do_not_end_the_process(saved):
    """A changed type of the column of paths, whose statistics are of text then: Arrow aborts where it looks at them."""
    path = next(saved("parquet").rglob("*.parquet"))
    content = path.read_bytes()
    text, number = (bytes([0x15, kind, 0x25, 0x02, 0x18, 0x04]) + b"path" for kind in (12, 8))
    assert content.count(text) == 1
    path.write_bytes(content.replace(text, number))
    dataset = datasets.open(path.parent.parent)
    with pytest.raises(PhotoError, match="the file is damaged there"):
        dataset.content(0)


def test_without_pyarrow_it_says_what_to_install(saved, source, tmp_path, monkeypatch):
    folder = saved("parquet")

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(records.importlib, "import_module", missing)
    with pytest.raises(DatasetError, match="pip install pyarrow"):
        datasets.open(folder)
    with pytest.raises(DatasetError, match="pip install pyarrow"):
        list(datasets.save(source, tmp_path / "out", format="parquet"))
    assert not (tmp_path / "out").exists()
