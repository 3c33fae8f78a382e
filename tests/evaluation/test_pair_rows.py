"""Lists of pairs in the dialects that people have them in, and where their photos are."""

import numpy as np
import pytest

from hyperface.errors import DatasetError
from hyperface.evaluation import read_pair_list
from hyperface.evaluation.pair_lists import spread_order
from hyperface.evaluation.scoring import score_pairs

PHOTOS = ("anna/anna_0001.jpg", "anna/anna_0002.JPG", "ben/ben_1.png", "ben/ben_2.png")
EXPECTED = [("anna_0001.jpg", "anna_0002.JPG", True), ("anna_0001.jpg", "ben_1.png", False),
            ("ben_1.png", "ben_2.png", True)]  # fmt: skip


@pytest.fixture
def photos(tmp_path):
    """Four files that are photos by their names, below a folder of the list's."""
    for name in PHOTOS:
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def table(separator: str, answers: tuple[str, str, str], head: str | None = None, order: str = "abs") -> str:
    """The three pairs as a table; order: the columns, a and b the photos and s the answer."""
    rows = [("anna/anna_0001.jpg", "anna/anna_0002.jpg"), ("anna/anna_0001.jpg", "ben/ben_1.png"), ("ben/ben_1.png", "ben/ben_2.png")]  # fmt: skip  # noqa: E501
    lines = [] if head is None else [separator.join(head.split())]
    for (a, b), answer in zip(rows, answers, strict=True):
        lines.append(separator.join({"a": a, "b": b, "s": answer}[column] for column in order))
    return "\n".join(lines) + "\n"


NUMBERS = ("1", "0", "1")
DIALECTS = {
    "LFW": "3\nanna\t1\t2\nanna\t1\tben\t1\nben\t1\t2\n",
    "LFW with blanks": "1 2\nanna 1 2\n\n# a remark\nanna 1 ben 1\nben 1 2\n",
    "photos and an answer": table(" ", NUMBERS),
    "answer first": table("\t", NUMBERS, order="sab"),
    "semicolons": table(";", ("Yes", "No", "yes"), "Image1 Image2 Same"),
    "tabs": table("\t", ("TRUE", "FALSE", "true"), "img1 img2 label"),
    "floats": table(",", ("1.0", "0.0", "1.0"), "path1 path2 issame"),
    "words": table(",", ("genuine", "impostor", "Genuine"), "left right genuine"),
    "minus one": table(",", ("1", "-1", "1")),
    "other columns too": "fold,file1,file2,match\n1,anna/anna_0001.jpg,anna/anna_0002.jpg,1\n"
    "1,anna/anna_0001.jpg,ben/ben_1.png,0\n2,ben/ben_1.png,ben/ben_2.png,1\n",
    "backslashes": table(",", NUMBERS).replace("/", "\\"),
    "other case and no suffix": table(",", NUMBERS).replace(".jpg", "").replace("anna/anna", "Anna/ANNA"),
    "two lines a pair": "anna_0001.jpg 1\nanna_0002.jpg 1\nanna_0001.jpg 0\nben_1.png 0\nben_1.png 3\nben_2.png 3\n",
    "separators at the end": table(",", ("1,", "0,", "1,")),
    "carriage returns": table(",", NUMBERS).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_every_dialect_says_the_same_pairs(photos, dialect, encoding):
    (photos / "pairs.txt").write_bytes(DIALECTS[dialect].encode(encoding))
    pairs = read_pair_list(photos)
    found = [(a.name, b.name, bool(s)) for a, b, s in zip(pairs.first, pairs.second, pairs.same, strict=True)]
    assert found == EXPECTED
    assert pairs.form


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("anna 1 anna 2\n", "form for two people and names one.*`anna 1 2`"),
        ("anna 1 1\n", "pairs a photo with itself"),
        ("anna_0001.jpg 1\nanna_0002.jpg 0\n", "Lines 1 and 2 .* their answers differ"),
        ("anna_0001.jpg 1\nanna_0002.jpg 1\nben_1.png 0\n", "3 lines: the last has no partner"),
        ("a.jpg b.jpg 1\na.jpg b.jpg perhaps\n", "Line 2 of .* is not a pair: 'a.jpg b.jpg perhaps'.*`anna/1.jpg"),
        ("1 yes 0\n", "both the first and the last column could be the answers"),
        ("a,b,c,d,e\n", "Line 1 .* is not a pair"),
        ("image1,image2,same\na.png,b.png,2\n", "Line 2 .* is not a pair"),
        ("\n# nothing\n", "lists no pairs"),
        (
            "anna/anna_0001.jpg nowhere.jpg 1\n",
            r"1 photos that .* are not there: nowhere\.jpg.*two photos and an answer",
        ),
    ],
)
def test_what_cannot_be_read_in_one_way_only_is_named(photos, text, says):
    (photos / "pairs.txt").write_text(text)
    with pytest.raises(DatasetError, match=says):
        read_pair_list(photos)


def test_bytes_that_are_no_text_and_names_that_fit_two_photos(photos):
    (photos / "pairs.txt").write_bytes(b"anna\xff\xfe\x00\x80\n")
    with pytest.raises(DatasetError, match="Save it as UTF-8"):
        read_pair_list(photos)
    (photos / "more").mkdir()
    (photos / "more" / "ben_1.png").write_bytes(b"")
    (photos / "pairs.txt").write_text("anna_0001.jpg,ben_1.png,0\n")
    with pytest.raises(DatasetError, match="could be several photos"):
        read_pair_list(photos)
    (photos / "other_pairs.csv").write_text("ben/ben_1.png,anna_0001.jpg,0\n")
    assert len(read_pair_list(photos / "other_pairs.csv").same) == 1
    (photos / "pairs.txt").unlink()
    assert len(read_pair_list(photos).same) == 1  # the only list there


def test_pairs_sorted_by_answer_are_spread_over_the_folds():
    same = np.repeat([True, False], 300)
    rng = np.random.default_rng(0)
    distances = np.where(same, rng.normal(1.1, 0.4, 600), rng.normal(1.6, 0.3, 600)).clip(0, 4)
    order = spread_order(same)
    assert sorted(order.tolist()) == list(range(600))
    for fold in np.array_split(same[order], 10):
        assert fold.sum() == 30
    for kind in (same, ~same):
        np.testing.assert_array_equal(order[kind[order]], np.flatnonzero(kind))  # each kind keeps its order
    assert score_pairs(distances[order], same[order]).accuracy > score_pairs(distances, same).accuracy
    lfw = np.tile(np.repeat([True, False], 30), 10)  # LFW's own order: ten folds, each one half and half
    assert spread_order(lfw) is None
    assert spread_order(np.repeat([True, False], [5, 300])) is None  # too few of a kind for ten folds
