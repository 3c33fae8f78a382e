"""Tiled and certified searches against brute force in float64."""

import pytest
import torch

from hyperface.packing import neighbors
from hyperface.sphere import normalize, random_points


def brute_force(points: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
    return points.double() @ among.double().T


@pytest.mark.parametrize(("n", "d"), [(2, 2), (257, 3), (1500, 128)])
def test_nearest_points_are_those_of_brute_force(monkeypatch, n, d):
    monkeypatch.setattr(neighbors, "TILE_ELEMENTS", 100 * n + 1)  # several tiles, the last one ragged
    points = random_points(n, d, seed=1)
    cosines = brute_force(points, points).fill_diagonal_(-2)
    nearest = neighbors.nearest_points(points)
    assert (nearest != torch.arange(n)).all()
    torch.testing.assert_close(cosines.gather(1, nearest[:, None])[:, 0], cosines.amax(dim=1), atol=5e-7, rtol=0)


def test_a_copy_is_the_nearest_of_its_copy():
    points = random_points(50, 8, seed=2)
    points[31] = points[4]
    nearest = neighbors.nearest_points(points)
    assert nearest[31] == 4
    assert nearest[4] == 31


def test_pair_cosines_keep_small_angles():
    a = torch.tensor([[1.0, 0.0]])
    b = torch.tensor([[1.0, 1e-5]])
    assert float(1 - neighbors.pair_cosines(a, b)) == pytest.approx(0.5e-10, rel=1e-4)


@pytest.mark.parametrize("step", [0.003, 0.1, 1.0])
def test_certified_lists_answer_as_brute_force_while_points_wander(step):
    gallery = random_points(700, 12, seed=3)
    gallery[100] = gallery[200]
    points = gallery[:150].clone()
    search = neighbors.GallerySearch(gallery)
    generator = torch.Generator().manual_seed(4)
    for _ in range(25):
        nearest = search.nearest(points)
        cosines = brute_force(points, gallery)
        torch.testing.assert_close(cosines.gather(1, nearest[:, None])[:, 0], cosines.amax(dim=1), atol=5e-7, rtol=0)
        points = normalize(points + step * normalize(torch.randn(points.shape, generator=generator)))
    if step < 0.01:
        assert search.searched < 2 * len(points)  # the lists serve; with large steps they cannot


def test_certified_lists_hold_for_gallery_rows_seen_inside_a_span():
    """Coordinates of unit rows inside a span are shorter than 1; the angles in the whole space still certify."""
    gallery = random_points(400, 20, seed=5)
    basis = torch.linalg.qr(torch.randn(20, 6, generator=torch.Generator().manual_seed(6)))[0]
    inside = gallery @ basis
    search = neighbors.GallerySearch(inside)
    points = random_points(60, 6, seed=7)
    for turn in range(20):
        cosines = brute_force(points @ basis.T, gallery)
        nearest = search.nearest(points)
        torch.testing.assert_close(cosines.gather(1, nearest[:, None])[:, 0], cosines.amax(dim=1), atol=5e-7, rtol=0)
        points = normalize(points + 0.02 * random_points(60, 6, seed=turn))


def test_a_gallery_smaller_than_the_list_is_searched_once():
    search = neighbors.GallerySearch(random_points(3, 4, seed=8))
    for seed in range(5):
        points = random_points(10, 4, seed=seed)
        assert torch.equal(search.nearest(points), brute_force(points, search.gallery).argmax(dim=1))
    assert search.searched == 10
