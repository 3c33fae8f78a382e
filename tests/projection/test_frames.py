import numpy as np
import pytest

from hyperface.errors import RunError
from hyperface.projection.frames import FrameWriter, read_frames, record_type
from hyperface.projection.records import HEADER_BYTES


def random_frame(seed: int, count: int = 7) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(count, 3))
    return points / np.linalg.norm(points, axis=1, keepdims=True), generator.uniform(0, 180, count)


def write(path, steps, **options) -> FrameWriter:
    writer = FrameWriter(path, 7, **options)
    for step in steps:
        points, angles = random_frame(step)
        writer.append(step, points, angles, (1, 5))
    writer.close()
    return writer


def test_frames_come_back_as_they_were(tmp_path):
    write(tmp_path / "frames.bin", range(4))
    frames = read_frames(tmp_path / "frames.bin")
    assert list(frames["step"]) == [0, 1, 2, 3]
    for step, frame in enumerate(frames):
        points, angles = random_frame(step)
        np.testing.assert_allclose(frame["points"] / 32767, points, atol=2e-5)
        np.testing.assert_allclose(frame["angles"] / 100, angles, atol=0.005001)
        assert list(frame["closest"]) == [1, 5]
    size = (tmp_path / "frames.bin").stat().st_size
    assert size == HEADER_BYTES + 4 * (12 + 8 * 7)


@pytest.mark.parametrize("cut", [1, 30, 67])
def test_a_frame_cut_short_does_not_count_and_is_overwritten(tmp_path, cut):
    path = tmp_path / "frames.bin"
    write(path, range(3))
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(read_frames(path)["step"]) == [0, 1]
    write(path, [2], keep_until=9)
    assert list(read_frames(path)["step"]) == [0, 1, 2]


def test_a_continued_file_forgets_what_is_drawn_again(tmp_path):
    path = tmp_path / "frames.bin"
    write(path, [0, 10, 20, 30])
    writer = write(path, [15], keep_until=12)
    np.testing.assert_allclose(writer.last_points, random_frame(10)[0], atol=2e-5)
    assert list(read_frames(path)["step"]) == [0, 10, 15]
    assert write(path, [5]).last_points is None
    assert list(read_frames(path)["step"]) == [5]


def test_files_that_are_none(tmp_path):
    path = tmp_path / "frames.bin"
    assert read_frames(path) is None
    for content in (b"", b"HFFR", b"JUNKJUNKJUNKJUNKJUNK"):
        path.write_bytes(content)
        assert read_frames(path) is None
    path.write_bytes(b"HFFR" + np.array([99, 7, 0], "<u4").tobytes())
    with pytest.raises(RunError, match="newer version"):
        read_frames(path)


def test_the_record_is_what_the_page_expects():
    """The page's script reads a record by these offsets; 12 + 8 bytes a point keep its views aligned."""
    layout = record_type(5)
    assert layout.itemsize == 12 + 8 * 5
    assert [layout.fields[name][1] for name in ("step", "closest", "points", "angles")] == [0, 4, 12, 12 + 6 * 5]
