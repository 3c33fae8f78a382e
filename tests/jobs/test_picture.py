"""The picture of a packing, drawn in a process of its own."""

import json

import numpy as np
import pytest

from hyperface import sphere
from hyperface.jobs.pack.picture import BACKLOG_SECONDS, PictureProcess, Snapshot, thin_out
from hyperface.projection import faithfulness
from hyperface.projection.frames import read_frames
from hyperface.projection.paths import read_paths
from hyperface.projection.umap_learn import umap_learn


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
def test_umap_learn_draws_the_last_one_as_well(tmp_path):
    *_, last = snapshots(3)
    with PictureProcess(tmp_path / "frames.bin", seed=3, umap=True) as picture:
        for snapshot in snapshots(3):
            picture.send(snapshot)
        picture.finish()
        assert picture.wait(300)
    points = np.load(tmp_path / "umap.npy")
    told = json.loads((tmp_path / "picture.json").read_text())
    measured = faithfulness(last.embeddings, points)
    assert told["umap_learn"]["trustworthiness"] == pytest.approx(measured.trustworthiness)
    assert told["rank_correlation"] != told["umap_learn"]["rank_correlation"]
    np.testing.assert_array_equal(points, umap_learn(last.embeddings, seed=3))
    assert list(read_paths(tmp_path / "paths.bin")["step"]) == [0, 1, 2]


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


@pytest.mark.slow
def test_what_cannot_be_written_is_said_in_a_sentence(tmp_path, capfd):
    (tmp_path / "file").touch()
    with PictureProcess(tmp_path / "file" / "frames.bin") as picture:
        for snapshot in snapshots(2):
            picture.send(snapshot)
        picture.finish()
        assert picture.wait(120)
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert [line for line in said.splitlines() if line.startswith("The picture ends here. ")] != []
