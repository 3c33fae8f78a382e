import numpy as np
import pytest

from hyperface.projection import paths
from hyperface.projection.paths import PathWriter, angles_from, read_paths


def rows(seed: int, count: int = 9, dimension: int = 16) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, dimension))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_angles_from_what_is_kept_are_those_of_the_embeddings(tmp_path):
    writer = PathWriter(tmp_path / "paths.bin", 9, 16)
    for step in range(3):
        writer.keep(step, rows(step))
    writer.close()
    kept = read_paths(tmp_path / "paths.bin")
    assert list(kept["step"]) == [0, 1, 2]
    for step, record in enumerate(kept):
        cosines = rows(step) @ rows(step)[4]
        expected = np.degrees(np.arccos(np.clip(cosines, -1, 1)))  # by the definition, in float64
        assert np.abs(angles_from(record["coordinates"], 4) - expected)[np.arange(9) != 4].max() < 0.01
        assert angles_from(record["coordinates"], 4)[4] == 0


def test_angles_are_exact_where_rows_are_close_or_opposite():
    tiny = 1e-4
    three = np.array([[1, 0], [np.cos(tiny), np.sin(tiny)], [-1, 0]])
    np.testing.assert_allclose(angles_from(7 * three, 0), [0, np.degrees(tiny), 180], rtol=1e-6)


def test_what_is_kept_is_spread_over_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "MOST_BYTES", 5 * paths.record_type(9, 16).itemsize)
    writer = PathWriter(tmp_path / "paths.bin", 9, 16)
    for step in range(101):
        writer.offer(step, step / 100, rows(step))
    writer.keep(100, rows(100))
    writer.keep(100, rows(100))  # once
    writer.close()
    assert list(read_paths(tmp_path / "paths.bin")["step"]) == [0, 20, 40, 60, 80, 100]


@pytest.mark.parametrize("cut", [0, 5])
def test_a_continued_file_goes_on_where_it_was(tmp_path, cut):
    path = tmp_path / "paths.bin"
    writer = PathWriter(path, 9, 16)
    for step in (0, 10, 20, 30):
        writer.keep(step, rows(step))
    writer.close()
    path.write_bytes(path.read_bytes()[: -cut or None])
    writer = PathWriter(path, 9, 16, keep_until=12)
    writer.keep(5, rows(5))  # earlier than what is there
    writer.keep(15, rows(15))
    writer.close()
    assert list(read_paths(path)["step"]) == [0, 10, 15]


def test_other_files_are_none(tmp_path):
    assert read_paths(tmp_path / "paths.bin") is None
    (tmp_path / "paths.bin").write_bytes(b"HFFR" + bytes(12))
    assert read_paths(tmp_path / "paths.bin") is None
