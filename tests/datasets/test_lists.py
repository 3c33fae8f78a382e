"""Lists of images and labels, in the forms that other projects write them."""

import pytest

from hyperface import datasets
from hyperface.errors import DatasetError


def listed(source, text: str, *, encoding: str = "utf-8", folder: str = "."):
    path = source.path / folder / "list.txt"
    path.write_text(text, encoding=encoding)
    return datasets.open(path)


FORMS = {
    "spaces, and a space in the path": "person 0/0.jpg 5\nperson 1/0.jpg 7\nperson 0/1.jpg 5\n",
    "tabs": "person 0/0.jpg\t5\nperson 1/0.jpg\t7\nperson 0/1.jpg\t5\n",
    "commas with names": "image,identity\nperson 0/0.jpg,5\nperson 1/0.jpg,7\nperson 0/1.jpg,5\n",
    "more columns": "id;file;age\n5;person 0/0.jpg;30\n7;person 1/0.jpg;31\n5;person 0/1.jpg;32\n",
    "MXNet": "0\t5.000000\tperson 0/0.jpg\n1\t7.000000\tperson 1/0.jpg\n2\t5.000000\tperson 0/1.jpg\n",
    "label first": "5 person 0/0.jpg\n7 person 1/0.jpg\n5 person 0/1.jpg\n",
    "Windows": "person 0\\0.jpg 5\r\nperson 1\\0.jpg 7\r\nperson 0\\1.jpg 5\r\n",
    "names": "person 0/0.jpg anna\nperson 1/0.jpg ben\nperson 0/1.jpg anna\n",
    "a remark": "# mine\n\nperson 0/0.jpg 5\nperson 1/0.jpg 7\nperson 0/1.jpg 5",
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("form", FORMS)
def test_forms(form, encoding, source, everything, contents):
    dataset = listed(source, FORMS[form], encoding=encoding)
    assert contents(dataset) == [(0, everything[0][1]), (1, everything[3][1]), (0, everything[1][1])]
    assert len(dataset.skipped) == 0
    assert datasets.format_of(source.path / "list.txt") == "list"


def test_labels_are_numbers_where_all_are(source):
    dataset = listed(source, "person 0/0.jpg 10\nperson 1/0.jpg 9\n")
    assert dataset.labels.tolist() == [1, 0]


def test_images_in_a_folder_beside_the_list(source, contents, everything, tmp_path):
    """As CelebA has them."""
    (tmp_path / "source" / "list").mkdir()
    dataset = listed(source, "0.jpg 3\n1.jpg 3\n")
    assert contents(dataset) == [(0, everything[0][1]), (0, everything[1][1])]


def test_whole_paths(source, contents, everything):
    dataset = listed(source, f"{source.path}/person 1/0.jpg 1\n")
    assert contents(dataset) == [(0, everything[3][1])]


def test_what_is_left_out_is_told(source):
    dataset = listed(source, "person 0/0.jpg 5\nperson 9/0.jpg 5\nperson 0/1.jpg 5 6 7 x.txt\n\nperson 0/2.jpg 6\n")
    assert len(dataset) == 2
    assert "line 2 of list.txt: person 9/0.jpg is not there" in dataset.skipped.reasons
    assert any(reason.startswith("line 3 of list.txt: it is not made of") for reason in dataset.skipped.reasons)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a.jpg,b.jpg,1\n", "list of pairs"),
        ("a.jpg,1,2\n", "which of them is the label is not clear"),
        ("a.jpg 1\nb.jpg 2\n", "no readable image"),
    ],
)
def test_what_is_no_list_is_told(text, reason, source):
    with pytest.raises(DatasetError, match=reason):
        listed(source, text)


def test_other_text_is_no_dataset(tmp_path):
    (tmp_path / "text.txt").write_text("anna 1 2\nanna 1 ben 3\n")
    with pytest.raises(DatasetError, match="none of the known kinds"):
        datasets.open(tmp_path / "text.txt")
