import json

import numpy as np
import pytest
import torch

from hyperface import runs, sphere
from hyperface.errors import HyperFaceError, InputError, RunError
from hyperface.jobs.pack import PackOptions, create
from hyperface.jobs.pack.alike import look_alikes
from hyperface.jobs.pack.start import (
    embeddings_on_the_way,
    kept_steps,
    start_coordinates,
    start_frame,
    start_rows,
)
from hyperface.packing.span import principal_span
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


@pytest.mark.parametrize("span", [None, 5])
def test_one_person_on_the_way_is_as_long_as_the_gallery(gallery, tmp_path, span):
    options = PackOptions(identities=30, steps=20, span=span)
    run = create(options, folder=tmp_path)
    rows = start_coordinates(options, gallery).numpy()
    writer = PathWriter(run.path / "paths.bin", *rows.shape)
    for step in range(21):
        writer.keep(step, np.roll(rows, step, axis=0))
    writer.close()
    steps, way = embeddings_on_the_way(run, lambda: gallery, 4, 3)
    assert steps == [0, 10, 20]
    expected = rows[[4, 24, 14]]
    if span is not None:
        expected = expected @ principal_span(gallery, span).basis.numpy().T
    np.testing.assert_allclose(way, expected, atol=1e-3)
    with pytest.raises(InputError, match="numbered from 0 to 29"):
        embeddings_on_the_way(run, lambda: gallery, 30, 3)


def test_look_alikes_are_the_closest_pairs_of_the_start(gallery):
    end = sphere.random_points(300, 12, seed=9)
    threshold = 0.75
    found = look_alikes(gallery, end, threshold, shown=4)
    apart = np.stack([naive_angles(gallery.numpy(), person) for person in range(300)])
    after = np.stack([naive_angles(end.numpy(), person) for person in range(300)])
    for angles in (apart, after):
        np.fill_diagonal(angles, 180)
    limit = np.degrees(np.arccos(threshold))
    assert (found.alike_before, found.alike_after) == ((apart.min(1) <= limit).sum(), (after.min(1) <= limit).sum())
    assert 0 < found.alike_before < found.people == 300
    people = [person for pair in found.pairs for person in pair]
    assert len(people) == len(set(people)) == 8
    assert set(found.pairs[0]) == set(np.unravel_index(apart.argmin(), apart.shape))
    for (a, b), before, then in zip(found.pairs, found.before, found.after, strict=True):
        assert (before, then) == (pytest.approx(apart[a, b], abs=1e-3), pytest.approx(after[a, b], abs=1e-3))
    assert found.before == sorted(found.before)
