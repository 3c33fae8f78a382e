import json

import numpy as np
import pytest
import torch

from hyperface import runs, sphere
from hyperface.errors import HyperFaceError, InputError, RunError
from hyperface.jobs.pack import PackOptions, create
from hyperface.jobs.pack.start import kept_steps, start_coordinates, start_frame, start_rows
from hyperface.projection.paths import PathWriter


@pytest.fixture(scope="module")
def gallery() -> torch.Tensor:
    return sphere.random_points(300, 12, seed=3)


def naive_angles(rows: np.ndarray, person: int) -> np.ndarray:
    rows = rows.astype(np.float64)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.degrees(np.arccos(np.clip(rows @ rows[person], -1, 1)))


def test_the_first_picture_is_the_start_of_the_packing(gallery):
    options = PackOptions(identities=40, span=5, seed=7)
    frame = start_frame(options, gallery)
    start = start_coordinates(options, gallery)
    assert start.shape == (40, 5)
    angles = np.stack([naive_angles(start.numpy(), person) for person in range(40)])
    np.fill_diagonal(angles, 180)
    np.testing.assert_allclose(frame["angles"] / 100, angles.min(axis=1), atol=0.01)
    first, second = frame["closest"]
    assert angles[first, second] == pytest.approx(angles.min(), abs=1e-3)
    np.testing.assert_allclose(np.linalg.norm(frame["points"] / 32767, axis=1), 1, atol=1e-3)
    rows, origin = start_rows(options, gallery)
    assert torch.equal(rows, gallery[origin])


def test_angles_before_during_and_after_a_packing(gallery, tmp_path):
    options = PackOptions(identities=30, steps=20)
    run = create(options, folder=tmp_path)
    before = kept_steps(run, lambda: gallery)
    assert before.steps == [0]
    start = start_rows(options, gallery)[0].numpy()
    np.testing.assert_allclose(before.angles(3, 0, 9)[0], naive_angles(start, 3), atol=0.1)

    end = sphere.random_points(30, 12, seed=1).numpy()
    np.save(run.path / "embeddings.npy", end)
    (run.path / "results.json").write_text(json.dumps({"step": 20}))
    older = kept_steps(run, lambda: gallery)  # as a run that is older than the paths file
    assert older.steps == [0, 20]
    np.testing.assert_allclose(older.angles(3, 1, 9)[0], naive_angles(end, 3), atol=0.1)

    writer = PathWriter(run.path / "paths.bin", 30, 12)
    for step, rows in ((0, start), (11, end), (20, end)):
        writer.keep(step, rows)
    writer.close()
    kept = kept_steps(run, lambda: gallery)
    assert kept.steps == [0, 11, 20]
    np.testing.assert_allclose(kept.angles(29, 1, 1)[0], naive_angles(end, 29), atol=0.1)
    assert kept.angles(29, 3, 9).shape == (0, 30)


def test_what_is_not_known_is_told(gallery, tmp_path):
    def gone() -> torch.Tensor:
        raise HyperFaceError("The gallery is gone.")

    run = runs.create("pack", {"identities": 5, "color": "from another version"}, title="t", folder=tmp_path)
    for missing in (gone, lambda: gallery):
        with pytest.raises(RunError, match="Nothing is known yet"):
            kept_steps(run, missing)
    whole = create(PackOptions(identities=5), folder=tmp_path)
    with pytest.raises(InputError, match="numbered from 0 to 4"):
        kept_steps(whole, lambda: gallery).angles(5, 0, 1)
