import numpy as np
import pytest
import torch
from PIL import Image

from hyperface import generators
from hyperface.errors import AssetError, DatasetError, NoFaceError, UnknownNameError
from hyperface.evaluation import fetch_lfw, load_benchmark, prepare_benchmark, read_pair_list
from hyperface.faces import align, load_photo
from hyperface.images import to_uint8
from hyperface.steps import finish


@pytest.fixture(scope="session")
def faces() -> list[np.ndarray]:
    """Six photos of 250×250 pixels, as LFW's, with a face the detector finds in the middle of each."""
    with torch.inference_mode():
        pictures = to_uint8(generators.load_gallery_generator("dcgan").sample(range(40)))
    found = []
    for picture in pictures:
        photo = Image.new("RGB", (250, 250), "gray")
        photo.paste(Image.fromarray(picture).resize((168, 168), Image.Resampling.BICUBIC), (41, 41))
        pixels = np.asarray(photo)
        try:
            align(pixels)
        except NoFaceError:
            continue
        found.append(pixels)
        if len(found) == 6:
            return found
    raise AssertionError("the generator's faces are not detectable")


@pytest.fixture
def lfw(tmp_path, faces):
    """A folder of LFW's form: three people with two photos each."""
    for person, name in enumerate(("Ada_Byron", "Emmy_Noether", "Mary_Cartwright")):
        folder = tmp_path / "lfw_funneled" / name
        folder.mkdir(parents=True)
        for number in (1, 2):
            Image.fromarray(faces[2 * person + number - 1]).save(folder / f"{name}_{number:04d}.jpg", quality=95)
    (tmp_path / "pairs.txt").write_text(
        "2\t1\nAda_Byron\t1\t2\nAda_Byron\t1\tEmmy_Noether\t2\nMary_Cartwright\t2\t1\nEmmy_Noether\t1\tMary_Cartwright\t1\n"
    )
    return tmp_path


def test_lfws_pairs_are_read_in_their_order(lfw):
    pairs = read_pair_list(lfw)
    assert [path.name for path in pairs.first] == [
        "Ada_Byron_0001.jpg", "Ada_Byron_0001.jpg", "Mary_Cartwright_0002.jpg", "Emmy_Noether_0001.jpg",
    ]  # fmt: skip
    assert [path.name for path in pairs.second] == [
        "Ada_Byron_0002.jpg", "Emmy_Noether_0002.jpg", "Mary_Cartwright_0001.jpg", "Mary_Cartwright_0001.jpg",
    ]  # fmt: skip
    assert pairs.same.tolist() == [True, False, True, False]


def test_photos_are_aligned_once_and_stand_where_the_list_says(lfw):
    steps = []
    benchmark = finish(prepare_benchmark(read_pair_list(lfw), title="Mathematicians"), steps.append)
    assert [(step.done, step.total) for step in steps] == [(n, 6) for n in range(1, 7)]
    assert benchmark.title == "Mathematicians"
    assert benchmark.images.shape == (8, 112, 112, 3)
    np.testing.assert_array_equal(benchmark.images[0], benchmark.images[2])  # Ada's first photo, in two pairs
    photo = load_photo(lfw / "lfw_funneled" / "Emmy_Noether" / "Emmy_Noether_0002.jpg")
    np.testing.assert_array_equal(benchmark.images[3], to_uint8(align(photo)[0].image[None])[0])
    again = load_benchmark(lfw)
    np.testing.assert_array_equal(again.images, benchmark.images)
    np.testing.assert_array_equal(again.same, benchmark.same)


def test_pairs_without_a_face_are_left_out_and_told(lfw):
    blank = lfw / "lfw_funneled" / "Emmy_Noether" / "Emmy_Noether_0002.jpg"
    Image.new("RGB", (250, 250), "gray").save(blank)
    (lfw / "lfw_funneled" / "Mary_Cartwright" / "Mary_Cartwright_0002.jpg").write_bytes(b"no image")
    steps = []
    benchmark = finish(prepare_benchmark(read_pair_list(lfw)), steps.append)
    assert set(steps[-1].left_out) == {blank, blank.parents[1] / "Mary_Cartwright" / "Mary_Cartwright_0002.jpg"}
    assert benchmark.same.tolist() == [True, False]
    assert "2 of 4 pairs are left out" in benchmark.note
    assert "Emmy_Noether_0002.jpg" in benchmark.note


def test_of_several_faces_the_one_in_the_middle_is_the_subject(tmp_path, faces):
    photo = np.full((300, 900, 3), 128, np.uint8)
    photo[25:275, 325:575] = faces[0]
    photo[0:300, 600:900] = np.asarray(Image.fromarray(faces[1]).resize((300, 300)))  # larger, but aside
    Image.fromarray(photo).save(tmp_path / "two.png")
    Image.fromarray(faces[0]).save(tmp_path / "one.png")
    (tmp_path / "pairs.csv").write_text("image1,image2,same\ntwo.png,one.png,1\none.png,two.png,1\n")
    benchmark = load_benchmark(tmp_path)
    assert np.abs(benchmark.images[0].astype(int) - benchmark.images[1]).mean() < 6
    assert len(align(photo)) == 2


def test_a_table_of_aligned_images(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 112, 112, 3), np.uint8)
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    (tmp_path / "mine.csv").write_text("Same, image1 ,image2\ntrue,0.png,1.png\n0,1.png,2.png\n")
    benchmark = load_benchmark(tmp_path / "mine.csv")
    np.testing.assert_array_equal(benchmark.images, images[[0, 1, 1, 2]])  # noise, taken as it is
    assert benchmark.same.tolist() == [True, False]
    assert (benchmark.name, len(benchmark)) == ("mine", 2)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("pairs.txt", "Ada 1 2 3 4\n", "Line 1 of .* is not a pair"),
        ("pairs.txt", "10\t300\nAda one two\n", "Line 2"),
        ("pairs.txt", "10\t300\n", "lists no pairs"),
        ("pairs.txt", "Ada 1 2\n", r"2 photos that .* are not there: .*Ada_0001\.jpg"),
        ("pairs.csv", "a,b\n", "Line 1 of .* is not a pair: 'a,b'.*anna/1"),
        ("pairs.csv", "image1,image2,same\na.png,b.png,maybe\n", "Line 2"),
        ("pairs.csv", "image1,image2,same\na.png\n", "Line 2"),
        ("other.md", "", "neither pairs.txt nor pairs.csv"),
    ],
)
def test_what_is_wrong_with_a_list_is_told(tmp_path, name, text, says):
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=says):
        load_benchmark(tmp_path)


def test_nothing_left_and_unknown_detectors(tmp_path):
    Image.new("RGB", (200, 200)).save(tmp_path / "a.png")
    (tmp_path / "pairs.csv").write_text("image1,image2,same\na.png,a.png,1\n")
    with pytest.raises(DatasetError, match=r"No pair .* a\.png: No face"):
        load_benchmark(tmp_path)
    with pytest.raises(UnknownNameError):
        prepare_benchmark(read_pair_list(tmp_path), detector="eye")
    with pytest.raises(DatasetError, match="cannot be read"):
        load_benchmark(tmp_path / "none.csv")


def test_lfw_comes_from_scikit_learn(tmp_path, monkeypatch, lfw):
    def offline(**_options):
        raise OSError("no route to host")

    monkeypatch.setattr("sklearn.datasets.fetch_lfw_pairs", offline)
    with pytest.raises(AssetError, match="no route to host"):
        fetch_lfw(tmp_path / "data")

    def downloads(data_home, **_options):
        lfw.rename(tmp_path.parent / f"{tmp_path.name}-moved")
        home = type(tmp_path)(data_home) / "lfw_home"
        home.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path.parent / f"{tmp_path.name}-moved").rename(home)

    monkeypatch.setattr("sklearn.datasets.fetch_lfw_pairs", downloads)
    home = fetch_lfw(tmp_path.parent / f"{tmp_path.name}-sklearn")
    assert len(read_pair_list(home).same) == 4
    monkeypatch.setattr("sklearn.datasets.fetch_lfw_pairs", offline)
    assert fetch_lfw(home.parent) == home  # what is there is not asked for again
