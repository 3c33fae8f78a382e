import io
import json
import pickle

import numpy as np
import pytest
from PIL import Image

from hyperface.defaults import RELEASED_BENCHMARKS
from hyperface.errors import DatasetError, InputError, UnknownNameError
from hyperface.evaluation import Benchmark, list_benchmarks, load_benchmark, save_benchmark
from hyperface.evaluation.packs import pack_bytes


@pytest.fixture
def benchmark_of_four() -> Benchmark:
    images = np.random.default_rng(0).integers(0, 256, (8, 112, 112, 3), dtype=np.uint8)
    return Benchmark("four", "Four pairs", images, np.array([True, False, True, False]), "Noise.")


def encoded(size: tuple[int, int] = (112, 112)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "navy").save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_saved_benchmark_is_the_same_when_loaded(tmp_path, benchmark_of_four):
    save_benchmark(benchmark_of_four, tmp_path / "four.bin")
    assert {path.name for path in tmp_path.iterdir()} == {"four.bin", "four.json"}
    again = load_benchmark(tmp_path / "four.bin")
    np.testing.assert_array_equal(again.images, benchmark_of_four.images)
    np.testing.assert_array_equal(again.same, benchmark_of_four.same)
    assert (again.name, again.title, again.note, len(again)) == ("four", "Four pairs", "Noise.", 4)
    assert load_benchmark(str(tmp_path / "four.bin")).title == "Four pairs"


def test_benchmarks_of_a_folder_are_known_by_name(tmp_path, benchmark_of_four, monkeypatch):
    save_benchmark(benchmark_of_four, tmp_path / "four.bin")
    (tmp_path / "cfp_fp.bin").write_bytes(pack_bytes([encoded()] * 4, [True, False]))
    entries = {entry.name: entry for entry in list_benchmarks(tmp_path)}
    assert entries["four"].title == "Four pairs"
    assert entries["cfp_fp"].path == tmp_path / "cfp_fp.bin"
    assert entries["cfp_fp"].title == "CFP-FP"
    assert entries["lfw"].path is None
    monkeypatch.setenv("HYPERFACE_BENCHMARKS", str(tmp_path))
    assert len(load_benchmark("cfp_fp")) == 2
    assert load_benchmark("cfp_fp").title == "CFP-FP"
    assert load_benchmark("four").images.shape == (8, 112, 112, 3)


def test_shipped_packs_are_listed_with_their_descriptions(tmp_path, benchmark_of_four, monkeypatch):
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    monkeypatch.delenv("HYPERFACE_BENCHMARKS", raising=False)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "plain.bin").write_bytes(pack_bytes([encoded()] * 2, [True]))
    save_benchmark(benchmark_of_four, tmp_path / "benchmarks" / "four.bin")
    names = [(entry.name, entry.title) for entry in list_benchmarks()]
    assert names[:2] == [("four", "Four pairs"), ("plain", "plain")]
    assert [name for name, _ in names[2:]] == list(RELEASED_BENCHMARKS)
    assert load_benchmark("four").note == "Noise."


@pytest.mark.parametrize("name", ["ijbc", "IJB-B"])
def test_templates_have_a_verb_of_their_own(name):
    with pytest.raises(DatasetError, match="hyperface ijb FOLDER"):
        load_benchmark(name)


def test_a_missing_benchmark_says_where_it_is_to_be_had(monkeypatch, tmp_path):
    monkeypatch.delenv("HYPERFACE_BENCHMARKS", raising=False)
    with pytest.raises(DatasetError, match=r"agedb_30\.bin.*insightface.*HYPERFACE_BENCHMARKS"):
        load_benchmark("agedb_30")
    with pytest.raises(DatasetError, match="AgeDB-30 is not on this machine"):
        load_benchmark("agedb_30", folder=tmp_path)
    with pytest.raises(UnknownNameError, match="Did you mean 'agedb_30'"):
        load_benchmark("agedb30")
    with pytest.raises(DatasetError, match="No such file"):
        load_benchmark(tmp_path / "nowhere.bin")
    with pytest.raises(DatasetError, match=r"neither pairs\.txt nor pairs\.csv"):
        load_benchmark(tmp_path)


def test_pixels_may_be_stored_as_they_are(tmp_path, benchmark_of_four):
    path = tmp_path / "raw.bin"
    path.write_bytes(pickle.dumps((list(benchmark_of_four.images), [True, False, True, False])))
    np.testing.assert_array_equal(load_benchmark(path).images, benchmark_of_four.images)


def test_other_crops_and_broken_images_are_refused(tmp_path):
    path = tmp_path / "odd.bin"
    path.write_bytes(pack_bytes([encoded(), encoded((96, 112))], [True]))
    with pytest.raises(DatasetError, match=r"Image 1 of odd\.bin is 96 × 112"):
        load_benchmark(path)
    path.write_bytes(pack_bytes([encoded()[:200], encoded()], [True]))
    with pytest.raises(DatasetError, match=r"Image 0 of odd\.bin cannot be decoded"):
        load_benchmark(path)


def test_a_broken_description_is_named(tmp_path):
    (tmp_path / "four.bin").write_bytes(pack_bytes([encoded()] * 2, [True]))
    for text in ("{", json.dumps(["title"])):
        (tmp_path / "four.json").write_text(text)
        with pytest.raises(DatasetError, match=r"four\.json"):
            load_benchmark(tmp_path / "four.bin")


def test_a_benchmark_must_hold_together(benchmark_of_four):
    images, same = benchmark_of_four.images, benchmark_of_four.same
    for bad_images, bad_same in ((images[:6], same), (images.astype(float), same), (images, same.astype(int))):
        with pytest.raises(InputError, match="4 pairs"):
            Benchmark("x", "x", bad_images, bad_same)
