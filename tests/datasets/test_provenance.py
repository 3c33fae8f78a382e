"""Digests of pictures on a data card, against hashlib picture by picture."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperface import datasets
from hyperface.datasets.provenance import CITATION, check_digests, compare, digests
from hyperface.errors import DatasetError


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    for identity in range(3):
        (tmp_path / "set" / str(identity)).mkdir(parents=True)
        for image in range(2):
            pixels = rng.integers(0, 256, (112, 112, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "set" / str(identity) / f"{image}.png")
    return datasets.open(tmp_path / "set")


def test_the_digest_of_all_is_that_of_the_files_digests(images):
    files = sorted(images.path.rglob("*.png"))
    each = [hashlib.sha256(file.read_bytes()).digest() for file in files]
    found = digests(images)
    assert found["sha256"] == hashlib.sha256(b"".join(each)).hexdigest()
    assert found["each"] == [each[2 * i].hex()[:8] + each[2 * i + 1].hex()[:8] for i in range(3)]
    assert compare(images, *check_digests(found)).identical


def test_what_differs_is_named(images):
    whole, each = check_digests(digests(images))
    (images.path / "1" / "0.png").write_bytes((images.path / "0" / "0.png").read_bytes())
    found = compare(images, whole, each)
    assert (found.identical, found.different, found.total) == (False, ("1/0.png",), 6)


def test_pictures_too_few_and_too_many_are_named(images):
    whole, each = check_digests(digests(images))
    found = compare(images, whole, [[*each[0], "00000000"], each[1][:1], *each[2:]])
    assert found.different == ("1/1.png", "picture 2 of identity 0")
    assert compare(images, whole, each[:2]).different == ("2/0.png", "2/1.png")
    assert not compare(images, "0" * 64, each).identical


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        {"sha256": "0" * 63, "each": ["0" * 8]},
        {"sha256": "0" * 64, "each": []},
        {"sha256": "0" * 64, "each": ["0" * 9]},
        {"sha256": "0" * 64, "each": [8]},
    ],
)
def test_digests_that_are_none_are_told(content):
    with pytest.raises(DatasetError, match="digests"):
        check_digests(content)


def test_a_set_that_lost_pictures_has_no_digests(images, tmp_path):
    images.info["pictures"] = digests(images)
    list(datasets.save(images, tmp_path / "all", format="parquet"))
    assert compare(datasets.open(tmp_path / "all"), *check_digests(images.info["pictures"])).identical
    (images.path / "1" / "0.png").write_bytes(b"no image")
    list(datasets.save(images, tmp_path / "fewer", format="folder"))
    assert "pictures" not in json.loads((tmp_path / "fewer" / "dataset.json").read_text())


def test_the_citation_is_the_products():
    known = (Path(__file__).parents[2] / "CITATION.cff").read_text()
    title = re.search(r"title = \{(.*)\}", CITATION)[1]
    assert title in known
    assert re.search(r"url = \{(.*)\}", CITATION)[1] in known
