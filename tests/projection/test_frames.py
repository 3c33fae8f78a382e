import numpy as np
import pytest

from hyperface import sphere
from hyperface.errors import RunError
from hyperface.jobs.picture import BACKLOG_SECONDS, PictureProcess, Snapshot, thin_out
from hyperface.projection.frames import HEADER_BYTES, FrameWriter, read_frames, record_type


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


def test_waiting_snapshots_are_thinned_out_but_never_the_last():
    backlog = [Snapshot(step, np.zeros((1, 2)), np.zeros(1), (0, 0)) for step in range(40)]
    assert thin_out(backlog, 0.0) == backlog
    kept = thin_out(backlog, BACKLOG_SECONDS / 10)
    assert 2 <= len(kept) <= 10
    assert kept[-1].step == 39
    steps = [snapshot.step for snapshot in kept]
    assert steps == sorted(set(steps))
    assert thin_out(backlog[:2], 1e9) == backlog[:2]


def snapshots(count: int):
    points = sphere.random_points(20, 16, 0)
    for step in range(count):
        moved = sphere.normalize(points + 0.05 * step * sphere.random_points(20, 16, 1))
        yield Snapshot(step, moved.numpy(), np.full(20, 50.0), (0, 1))


@pytest.mark.slow
def test_the_picture_is_drawn_in_order_by_its_own_process(tmp_path):
    path = tmp_path / "frames.bin"
    with PictureProcess(path) as picture:
        for snapshot in snapshots(4):
            picture.send(snapshot)
        picture.finish()
        assert picture.wait(120)
        assert picture.waiting == 0
    assert list(read_frames(path)["step"]) == [0, 1, 2, 3]
    assert (tmp_path / "picture.json").is_file()

    with PictureProcess(path, keep_until=3) as picture:  # continued: the first frame is where the last one was
        picture.send(Snapshot(4, list(snapshots(4))[-1].embeddings, np.full(20, 50.0), (0, 1)))
        picture.finish(latest_only=True)
        assert picture.wait(120)
    frames = read_frames(path)
    assert list(frames["step"]) == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(frames["points"][4], frames["points"][3], atol=2)


def test_leaving_the_block_ends_the_process(tmp_path):
    def break_off():
        with PictureProcess(tmp_path / "frames.bin") as picture:
            broken.append(picture)
            raise RuntimeError

    broken: list[PictureProcess] = []
    with pytest.raises(RuntimeError):
        break_off()
    assert broken[0].wait(0)


def test_the_record_is_what_the_page_expects():
    """The page's script reads a record by these offsets; 12 + 8 bytes a point keep its views aligned."""
    layout = record_type(5)
    assert layout.itemsize == 12 + 8 * 5
    assert [layout.fields[name][1] for name in ("step", "closest", "points", "angles")] == [0, 4, 12, 12 + 6 * 5]
