"""What the `datasets` library writes with `save_to_disk`."""

import json

import datasets as hub
import pytest

from hyperface import datasets
from hyperface.errors import DatasetError, PhotoError


def as_hub(everything, names: list[str] | None = None) -> hub.Dataset:
    label = hub.ClassLabel(names=names) if names else hub.Value("int64")
    features = hub.Features({"image": hub.Image(), "label": label})
    rows = {
        "image": [{"bytes": content, "path": None} for _, content in everything],
        "label": [label for label, _ in everything],
    }
    return hub.Dataset.from_dict(rows, features=features)


@pytest.mark.parametrize("shards", [1, 3])
def test_a_saved_dataset(shards, everything, contents, tmp_path):
    as_hub(everything).save_to_disk(tmp_path / "saved", num_shards=shards)
    assert datasets.format_of(tmp_path / "saved") == "arrow"
    dataset = datasets.open(tmp_path / "saved")
    assert contents(dataset) == everything
    assert dataset.name(7).startswith("row ")
    assert dataset[7][0].shape == (112, 112, 3)


def test_all_splits_of_one(everything, contents, tmp_path):
    names = list("abcd")
    both = hub.DatasetDict({"train": as_hub(everything[:5], names), "valid": as_hub(everything[5:], names)})
    both.save_to_disk(tmp_path / "saved")
    assert contents(datasets.open(tmp_path / "saved")) == everything


def test_a_selection(everything, contents, tmp_path):
    as_hub(everything).select([6, 7, 0]).save_to_disk(tmp_path / "saved")
    assert contents(datasets.open(tmp_path / "saved")) == [(1, everything[6][1]), (1, everything[7][1]),
                                                           (0, everything[0][1])]  # fmt: skip
    state = json.loads((tmp_path / "saved" / "state.json").read_text())
    state["_indices_data_files"] = [{"filename": "indices.arrow"}]
    (tmp_path / "saved" / "state.json").write_text(json.dumps(state))
    with pytest.raises(DatasetError, match="flatten_indices"):
        datasets.open(tmp_path / "saved")


def test_damage_is_told(everything, tmp_path):
    as_hub(everything).save_to_disk(tmp_path / "saved", num_shards=2)
    first, second = sorted((tmp_path / "saved").glob("*.arrow"))
    whole = second.read_bytes()
    second.write_bytes(whole[:-8])
    dataset = datasets.open(tmp_path / "saved")
    assert len(dataset) == 4
    assert second.name in dataset.skipped.reasons[0]
    second.write_bytes(whole)
    dataset = datasets.open(tmp_path / "saved")
    second.write_bytes(whole[:100])
    with pytest.raises(PhotoError, match=f"row 0 of {second.name} cannot be read"):
        dataset.content(4)
    first.unlink()
    with pytest.raises(DatasetError, match="no readable image"):
        datasets.open(tmp_path / "saved")


def test_columns_that_are_not_there(tmp_path):
    hub.Dataset.from_dict({"text": ["a"], "label": [0]}).save_to_disk(tmp_path / "saved")
    with pytest.raises(DatasetError, match="no single column of image bytes"):
        datasets.open(tmp_path / "saved")
