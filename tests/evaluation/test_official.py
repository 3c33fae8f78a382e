"""Official releases in small, in the files of their authors."""

import numpy as np
import pytest
import scipy.io
from PIL import Image

from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.defaults import RELEASED_BENCHMARKS
from hyperface.errors import DatasetError
from hyperface.evaluation import (
    RELEASES,
    list_benchmarks,
    load_benchmark,
    official_release,
    prepare_benchmark,
    read_official,
)
from hyperface.steps import finish


def photo(path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (112, 112, 3), np.uint8)
    Image.fromarray(pixels).save(path, "PNG")


def listed(name, folder) -> list[tuple[str, str, bool]]:
    """Pairs with the photos' paths in the release."""
    pairs = read_official(name, folder)
    return [
        (first.resolve().relative_to(folder).as_posix(), second.resolve().relative_to(folder).as_posix(), bool(same))
        for first, second, same in zip(pairs.first, pairs.second, pairs.same, strict=True)
    ]


@pytest.fixture
def cfp(tmp_path):
    """Two photos of each kind of ten people; a pair of each answer in a split."""
    root = tmp_path / "cfp-dataset"
    for kind, folder in (("F", "frontal"), ("P", "profile")):
        lines = []
        for person in range(1, 11):
            for number in (1, 2):
                path = f"Data/Images/{person:03d}/{folder}/{number:02d}.jpg"
                photo(root / path, len(lines))
                lines.append(f"{len(lines) + 1} ../{path}")
        (root / "Protocol").mkdir(exist_ok=True)
        (root / "Protocol" / f"Pair_list_{kind}.txt").write_text("\n".join(lines) + "\n")
    for split in ("FF", "FP"):
        for fold in range(1, 11):
            place = root / "Protocol" / "Split" / split / f"{fold:02d}"
            place.mkdir(parents=True)
            (place / "same.txt").write_text(f"{2 * fold - 1},{2 * fold}\n")
            (place / "diff.txt").write_text(f"{2 * fold - 1},{2 * fold % 20 + 1}\n")
    return root


def test_cfp_has_its_splits_in_order(cfp):
    pairs = listed("cfp_fp", cfp)
    assert pairs[:3] == [
        ("Data/Images/001/frontal/01.jpg", "Data/Images/001/profile/02.jpg", True),
        ("Data/Images/001/frontal/01.jpg", "Data/Images/002/profile/01.jpg", False),
        ("Data/Images/002/frontal/01.jpg", "Data/Images/002/profile/02.jpg", True),
    ]
    assert len(pairs) == 20
    assert all("profile" not in first for first, _, _ in pairs)
    assert listed("cfp_ff", cfp)[0] == ("Data/Images/001/frontal/01.jpg", "Data/Images/001/frontal/02.jpg", True)
    assert "of whose 7,000 pairs it has 20" in read_official("cfp_ff", cfp).form


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("Split/FP/03/same.txt", "1,99\n", r"Line 1 of .*03/same.txt does not name two photos"),
        ("Split/FP/03/same.txt", "1\n", "does not name two photos"),
        ("Pair_list_P.txt", "one ../x.jpg\n", "not a number and a photo"),
        ("Pair_list_P.txt", "".join(f"{i} ../x.jpg\n" for i in range(1, 21)), "1 photos of .* are not there"),
        ("Split/FP/10/diff.txt", None, "cannot be read"),
    ],
)
def test_a_cfp_that_is_not_whole(file, content, reason, cfp):
    path = cfp / "Protocol" / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(DatasetError, match=reason):
        read_official("cfp_fp", cfp)


def test_rfw_lists_and_photos_lie_apart(tmp_path):
    root = tmp_path / "RFW" / "test"
    for people in ("African", "Asian"):  # the same names in two groups
        for person, number in (("m.01", 1), ("m.01", 2), ("m.02", 1)):
            photo(root / "data" / people / person / f"{person}_{number:04d}.jpg")
        (root / "txts" / people).mkdir(parents=True)
        (root / "txts" / people / f"{people}_pairs.txt").write_text("m.01\t1\t2\nm.01\t2\tm.02\t1\n")
    assert listed("rfw_asian", root) == [
        ("data/Asian/m.01/m.01_0001.jpg", "data/Asian/m.01/m.01_0002.jpg", True),
        ("data/Asian/m.01/m.01_0002.jpg", "data/Asian/m.02/m.02_0001.jpg", False),
    ]
    assert len(read_official("rfw_african", tmp_path).same) == 2  # two levels above
    with pytest.raises(DatasetError, match=r"RFW Indian: there is no txts/Indian/Indian_pairs.txt"):
        read_official("rfw_indian", tmp_path)


@pytest.mark.parametrize(
    ("name", "places"),
    [("calfw", ("images&landmarks/images", "aligned images")), ("cplfw", ("images", "aligned images"))],
)
def test_calfw_and_cplfw_take_the_photos_and_not_their_crops(name, places, tmp_path):
    for place in places:
        for file in ("A_B_0001.jpg", "A_B_0002.jpg", "C_0001.jpg"):
            photo(tmp_path / place / file)
    text = "A_B_0001.jpg 3\nA_B_0002.jpg 3\nA_B_0001.jpg 0\nC_0001.jpg 0\n"  # answers count folds, 0 is two people
    (tmp_path / RELEASES[name].marker).write_text(text)
    assert listed(name, tmp_path) == [
        (f"{places[0]}/A_B_0001.jpg", f"{places[0]}/A_B_0002.jpg", True),
        (f"{places[0]}/A_B_0001.jpg", f"{places[0]}/C_0001.jpg", False),
    ]


def test_xqlfw_takes_its_aligned_faces(tmp_path):
    for place in ("xqlfw_aligned_112", "lfw_original_imgs_min_qual0.85variant11"):
        for number in (1, 2):
            photo(tmp_path / place / "A_B" / f"A_B_{number:04d}.jpg", number)
    (tmp_path / "xqlfw_pairs.txt").write_text("10\t300\nA_B\t1\t2\n")
    assert listed("xqlfw", tmp_path) == [
        ("xqlfw_aligned_112/A_B/A_B_0001.jpg", "xqlfw_aligned_112/A_B/A_B_0002.jpg", True)
    ]


def cell(rows: list) -> np.ndarray:
    """A cell of MATLAB's."""
    made = np.empty((len(rows), len(rows[0])), object)
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            made[i, j] = entry
    return made


def test_agedb_30_takes_the_protocol_of_its_authors(tmp_path):
    splits = [
        [("AnnaA_1900_20_f_1", "AnnaA_1900_52_f_2"), ("AnnaA_1900_20_f_1", "BenB_1901_50_m_3")],
        [("BenB_1901_50_m_3", "BenB_1901_19_m_4")],
    ]
    for name in {name for pairs in splits for pair in pairs for name in pair}:
        photo(tmp_path / "03_Protocol_Images" / f"{name}.jpg")
    entries = [
        [{"indices": cell([[{"name": pair[row], "age": 20} for pair in pairs] for row in (0, 1)])}] for pairs in splits
    ]
    scipy.io.savemat(tmp_path / "04_FINAL_protocol_30_years.mat", {"splits": cell(entries)})
    expected = [(a, b, a.startswith(b[:4])) for pairs in splits for a, b in pairs]
    place = "03_Protocol_Images/{}.jpg".format
    assert listed("agedb_30", tmp_path) == [(place(a), place(b), same) for a, b, same in expected]
    assert [same for *_, same in expected] == [True, False, True]
    (tmp_path / place("BenB_1901_19_m_4")).unlink()
    with pytest.raises(DatasetError, match=r"1 photos .* are not there"):
        read_official("agedb_30", tmp_path)
    (tmp_path / "04_FINAL_protocol_30_years.mat").write_bytes(b"MATLAB 5.0 MAT-file, cut short")
    with pytest.raises(DatasetError, match="not a readable protocol"):
        read_official("agedb_30", tmp_path)


def test_a_release_in_the_folder_of_benchmarks_is_known_by_name(cfp, tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_BENCHMARKS", str(tmp_path))
    assert official_release("cfp_fp") == ("cfp_fp", cfp)
    assert official_release(f"cfp_ff:{cfp}") == ("cfp_ff", cfp)
    assert official_release("xqlfw") is None
    assert official_release("rendered_everyday") is None
    benchmark = load_benchmark("cfp_fp")
    assert (benchmark.title, len(benchmark)) == ("CFP-FP", 20)
    assert np.array_equal(benchmark.images, finish(prepare_benchmark(read_official("cfp_fp", cfp))).images)
    (tmp_path / "cfp_fp.bin").write_bytes(b"a pack")
    assert official_release("cfp_fp") is None
    with pytest.raises(DatasetError, match="own release"):
        load_benchmark("xqlfw")


def test_the_names_are_those_of_the_command_line():
    assert tuple(RELEASES) == RELEASED_BENCHMARKS
    known = {entry.name: entry.title for entry in list_benchmarks()}
    assert {name: release.title for name, release in RELEASES.items()}.items() <= known.items()


def test_a_pack_is_made_of_a_release(cfp, tmp_path, capsys):
    assert main(["benchmark", f"cfp_fp:{cfp}", "--output", str(tmp_path / "cfp.bin")]) == 0
    assert "20 pairs, 10 of one person; the list was read as the official list of CFP-FP" in capsys.readouterr().out
    assert load_benchmark(tmp_path / "cfp.bin").same.tolist() == [True, False] * 10
    assert main(["benchmark", f"rfw_asian:{cfp}", "--output", str(tmp_path / "rfw.bin")]) == EXIT_USER_ERROR
    assert "does not hold the release of RFW Asian" in capsys.readouterr().err
