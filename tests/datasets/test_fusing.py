"""Several datasets as one."""

import io

import numpy as np
import pytest
from PIL import Image

from hyperface import datasets
from hyperface.errors import DatasetError, InputError


@pytest.fixture
def other(tmp_path):
    """Two more identities, of 2 and 1 images, with a card."""
    rng = np.random.default_rng(1)
    for identity, count in (("x", 2), ("y", 1)):
        (tmp_path / "other" / identity).mkdir(parents=True)
        for image in range(count):
            buffer = io.BytesIO()
            Image.fromarray(rng.integers(0, 256, (112, 112, 3), np.uint8)).save(buffer, "JPEG")
            (tmp_path / "other" / identity / f"{image}.jpg").write_bytes(buffer.getvalue())
    (tmp_path / "other" / "dataset.json").write_text('{"generator": "gan", "licence": "MIT", "seed": 5}')
    return datasets.open(tmp_path / "other")


def test_identities_are_counted_on(source, other, everything, contents):
    fused = datasets.fuse(source, other)
    beside = [(4 + label, content) for label, content in contents(other)]
    assert contents(fused) == [*everything, *beside]
    assert (len(fused), fused.identities) == (11, 6)
    assert fused.name(8).startswith("x/0.jpg")
    assert "other" in fused.name(8)
    assert contents(datasets.fuse(other, source)) == [
        *contents(other),
        *((2 + label, content) for label, content in everything),
    ]


def test_a_part_of_it_has_labels_of_its_own(source, other, contents):
    fused = datasets.fuse(source, other).subset([5, 0])
    assert fused.labels.tolist() == [1, 1, 1, 0]
    assert contents(fused)[-1] == (0, contents(other)[-1][1])
    assert fused.beside == (other.path,)


@pytest.mark.parametrize("format", datasets.writable_formats())
def test_it_is_written_as_one_dataset(format, source, other, contents, tmp_path):
    fused = datasets.fuse(source, other)
    list(datasets.save(fused, tmp_path / "out", format=format))
    written = datasets.open(tmp_path / "out")
    assert contents(written) == contents(fused)
    parts = written.info["fused"]
    assert [(part["name"], part["identities"], part["images"]) for part in parts] == [("source", 4, 8), ("other", 2, 3)]
    assert parts[1]["seed"] == 5
    assert "generator" not in written.info  # of one of them nobody knows it
    readme = (tmp_path / "out" / "README.md").read_text()
    assert "other: 3 images of 2 identities" in readme
    assert "source and other" in readme


def test_what_both_have_is_on_the_card(source, other):
    source.info.update({"generator": "heads", "licence": "MIT", "complete": False})
    info = datasets.fuse(source, other).info
    assert (info["generator"], info["licence"], info["complete"]) == ("heads and gan", "MIT", False)


def test_people_in_both_are_refused(source, other, everything):
    (other.path / "y" / "0.jpg").write_bytes(everything[3][1])
    with pytest.raises(InputError, match=r"1 people are in two .*y/0.jpg of other is person 1/0.jpg of source"):
        datasets.fuse(source, datasets.open(other.path))
    with pytest.raises(InputError, match="with itself"):
        datasets.fuse(source, datasets.open(source.path))
    with pytest.raises(InputError, match="two datasets"):
        datasets.fuse(source)


def test_it_cannot_be_written_into_any_of_them(source, other):
    with pytest.raises(DatasetError, match=r"other would lie in one another"):
        datasets.save(datasets.fuse(source, other), other.path / "below", format="folder")


def test_unreadable_images_are_named_with_their_dataset(source, other, tmp_path):
    (other.path / "x" / "1.jpg").write_bytes(b"no image")
    *_, last = datasets.save(datasets.fuse(source, datasets.open(other.path)), tmp_path / "out", format="folder")
    assert len(last.skipped) == 1
    assert "x/1.jpg (other)" in last.skipped.reasons[0]
