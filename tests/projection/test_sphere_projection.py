"""The picture: on the sphere, faithful where it can be, and steady."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from hyperface.errors import InputError
from hyperface.projection import SphereProjection, faithfulness
from hyperface.projection.sphere_projection import _align
from hyperface.sphere import normalize, random_points


def groups(count: int, size: int, d: int, seed: int, spread: float = 0.2) -> tuple[torch.Tensor, torch.Tensor]:
    """Points (count·size, d) in well separated groups, and the group of each."""
    labels = torch.arange(count).repeat_interleave(size)
    centers = torch.linalg.qr(torch.randn(d, d, generator=torch.Generator().manual_seed(seed)))[0][:count]
    return normalize(centers[labels] + spread * random_points(len(labels), d, seed + 1)), labels


def moved(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles in radians between rows."""
    return 2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=1) / 2, 0, 1))


@pytest.fixture(scope="module")
def embeddings() -> torch.Tensor:
    return groups(8, 40, 16, seed=0)[0]


def test_points_are_float32_unit_rows_and_repeat_with_the_seed(embeddings):
    points = SphereProjection(seed=3).fit(embeddings)
    assert points.shape == (320, 3)
    assert points.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(points, SphereProjection(seed=3).fit(embeddings))


def test_groups_stay_together():
    embeddings, labels = groups(8, 40, 16, seed=0)
    points = torch.from_numpy(SphereProjection().fit(embeddings))
    cosines = (points @ points.T).fill_diagonal_(-2)
    assert (labels[cosines.argmax(dim=1)] == labels).float().mean() > 0.98


def test_the_whole_sphere_is_used_evenly():
    """Latitude and longitude would crowd points at the poles, or leave them empty."""
    points = SphereProjection().fit(random_points(1500, 3, seed=1))
    for axis in range(3):
        share, _ = np.histogram(points[:, axis], bins=4, range=(-1, 1))  # equal heights have equal areas
        np.testing.assert_allclose(share / len(points), 0.25, atol=0.08)


def test_a_sphere_is_shown_as_it_is():
    embeddings = random_points(600, 3, seed=2)
    measured = faithfulness(embeddings, SphereProjection().fit(embeddings))
    assert measured.trustworthiness > 0.97
    assert measured.rank_correlation > 0.9


def test_when_nothing_moves_the_picture_does_not(embeddings):
    projection = SphereProjection()
    first = projection.fit(embeddings)
    np.testing.assert_array_equal(projection.update(embeddings.clone()), first)
    np.testing.assert_array_equal(projection.update(embeddings), first)


def test_small_moves_change_the_picture_little(embeddings):
    projection = SphereProjection()
    before = projection.fit(embeddings)
    shifts = []
    for size in (0.001, 0.01, 0.1):
        fresh = SphereProjection.from_picture(embeddings, before)
        after = fresh.update(normalize(embeddings + size * random_points(*embeddings.shape, seed=4)))
        shifts.append(moved(before, after).mean())
    assert 0 < shifts[0] < 0.02
    assert shifts[0] < shifts[1] < shifts[2]


def test_the_picture_follows_points_that_change_groups():
    embeddings, labels = groups(4, 50, 8, seed=5)
    projection = SphereProjection()
    projection.fit(embeddings)
    wanderers = torch.arange(10)  # of group 0, on their way to the last group
    target = embeddings[-10:]
    for share in torch.linspace(0.1, 1, 10):
        now = embeddings.clone()
        now[wanderers] = normalize((1 - share) * embeddings[wanderers] + share * target)
        points = torch.from_numpy(projection.update(now))
    cosines = (points @ points.T).fill_diagonal_(-2)
    cosines[:, wanderers] = -2
    assert (labels[cosines.argmax(dim=1)][wanderers] == 3).float().mean() >= 0.7  # the last may still be on the way


def test_the_picture_is_turned_back_and_never_mirrored():
    """The best of all rotations; a mirror image would come nearer, and turn the picture inside out."""
    points = random_points(40, 3, seed=10).double().numpy()
    rng = np.random.default_rng(0)
    turns = Rotation.random(300, rng=rng).as_matrix()
    np.testing.assert_allclose(_align(points @ turns[0], points), points, atol=1e-6)
    mirrored = points * [1, 1, -1] + 0.1 * rng.normal(size=points.shape)
    for target in (mirrored, rng.normal(size=points.shape)):
        aligned = _align(points, target)
        assert np.linalg.det(aligned[:3]) == pytest.approx(np.linalg.det(points[:3]), abs=1e-5)
        np.testing.assert_allclose(aligned @ aligned.T, points @ points.T, atol=1e-5)
        near = Rotation.from_rotvec(0.05 * rng.normal(size=(300, 3))).as_matrix()
        rivals = (target * (aligned @ np.concatenate([turns, near]))).sum(axis=(1, 2))  # larger is nearer
        assert (target * aligned).sum() > rivals.max()


def test_a_caller_may_write_into_what_it_got(embeddings):
    projection = SphereProjection()
    first = projection.fit(embeddings)
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(projection.update(embeddings), kept)


def test_another_number_of_points_begins_afresh(embeddings):
    projection = SphereProjection()
    projection.fit(embeddings)
    np.testing.assert_array_equal(projection.update(embeddings[:100]), SphereProjection().fit(embeddings[:100]))


def test_a_kept_picture_is_taken_up(embeddings):
    projection = SphereProjection()
    points = projection.fit(embeddings)
    again = SphereProjection.from_picture(embeddings, points)
    np.testing.assert_allclose(again.update(embeddings), points, atol=1e-6)
    with pytest.raises(InputError, match="same ones"):
        SphereProjection.from_picture(embeddings, points[:5])


def test_new_points_are_placed_among_their_own():
    embeddings, labels = groups(6, 40, 12, seed=6)
    held_out = torch.arange(0, len(labels), 10)
    shown = torch.ones(len(labels), dtype=torch.bool)
    shown[held_out] = False
    projection = SphereProjection()
    points = torch.from_numpy(projection.fit(embeddings[shown]))
    placed = torch.from_numpy(projection.place(embeddings[held_out]))
    assert placed.shape == (24, 3)
    torch.testing.assert_close(placed.norm(dim=1), torch.ones(24))
    assert (labels[shown][(placed @ points.T).argmax(dim=1)] == labels[held_out]).all()


def test_a_shown_point_is_placed_where_it_is_shown(embeddings):
    projection = SphereProjection()
    points = projection.fit(embeddings)
    assert moved(projection.place(embeddings[:20]), points[:20]).max() < 0.01
    np.testing.assert_array_equal(projection.update(embeddings), points)  # placing moves nothing


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("d", [2, 3, 9])
def test_few_points(n, d):
    projection = SphereProjection()
    points = projection.fit(random_points(n, d, seed=7))
    assert points.shape == (n, 3)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-5)
    assert projection.update(random_points(n, d, seed=8)).shape == (n, 3)
    assert projection.place(random_points(4, d, seed=9)).shape == (4, 3)


def test_equal_points_are_shown():
    points = SphereProjection().fit(torch.ones(30, 4))
    assert np.isfinite(points).all()


def test_bad_input_is_refused(embeddings):
    with pytest.raises(InputError, match="call fit first"):
        SphereProjection().place(embeddings)
    with pytest.raises(InputError, match="no embeddings"):
        SphereProjection().fit(torch.empty(0, 4))
    with pytest.raises(InputError, match="2 neighbours"):
        SphereProjection(n_neighbors=1)
    projection = SphereProjection()
    projection.fit(embeddings)
    with pytest.raises(InputError, match="dimensions"):
        projection.place(random_points(3, 5, seed=0))


@pytest.mark.slow
def test_importing_compiles_and_loads_nothing_heavy():
    code = "import sys, hyperface.projection; print({'numba', 'umap', 'sklearn', 'scipy'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "set()"
