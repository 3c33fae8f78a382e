"""Tiled and certified searches against brute force in float64."""

import math

import pytest
import torch

from hyperface.packing import neighbors, pack, rounding, tiles
from hyperface.packing.gallery_search import GallerySearch
from hyperface.sphere import normalize, random_points


def brute_force(points: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
    return points.double() @ among.double().T


def assert_nearest(points: torch.Tensor, nearest: torch.Tensor) -> None:
    cosines = brute_force(points, points).fill_diagonal_(-2)
    assert (nearest != torch.arange(len(points))).all()
    torch.testing.assert_close(cosines.gather(1, nearest[:, None])[:, 0], cosines.amax(dim=1), atol=5e-7, rtol=0)


@pytest.fixture(params=[False, True], ids=["float32", "screened in bfloat16"])
def screened(request, monkeypatch) -> bool:
    """Both ways of searching, whatever the hardware prefers and however few the points."""
    monkeypatch.setattr(rounding, "has_fast_bfloat16", lambda device: request.param)
    monkeypatch.setattr(rounding, "SCREENED_FROM", 2)
    return request.param


@pytest.mark.slow
@pytest.mark.parametrize(("n", "d"), [(2, 2), (5, 3), (257, 3), (1500, 128), (4001, 512)])
def test_nearest_points_are_those_of_brute_force(monkeypatch, screened, n, d):
    monkeypatch.setattr(tiles, "TILE_ELEMENTS", 100 * n + 1)  # several strips, the last one ragged
    monkeypatch.setattr(tiles, "SMALLEST_HEIGHT", 1)
    points = random_points(n, d, seed=1)
    nearest = neighbors.nearest_points(points)
    assert_nearest(points, nearest)
    moved = normalize(points + 0.05 * random_points(n, d, seed=2))
    assert_nearest(moved, neighbors.nearest_points(moved, guess=nearest))
    wrong = torch.arange(n).roll(n // 2 or 1)
    assert_nearest(moved, neighbors.nearest_points(moved, guess=wrong))


@pytest.mark.slow
def test_nearest_points_of_a_packing_and_of_copies(monkeypatch, screened):
    """Where nearly all pairs are near-ties, and where many are equal."""
    monkeypatch.setattr(tiles, "TILE_ELEMENTS", 1 << 14)
    monkeypatch.setattr(tiles, "SMALLEST_HEIGHT", 1)
    *_, packed = pack(random_points(600, 24, seed=3), steps=100)
    assert_nearest(packed.embeddings, neighbors.nearest_points(packed.embeddings, guess=packed.nearest))
    copies = random_points(100, 16, seed=4).repeat(5, 1)
    assert_nearest(copies, neighbors.nearest_points(copies))
    equal = random_points(1, 7, seed=5).repeat(50, 1)
    assert_nearest(equal, neighbors.nearest_points(equal))
    corners = torch.cat([torch.eye(40), -torch.eye(40)])
    assert_nearest(corners, neighbors.nearest_points(corners))


def test_few_pairs_survive_the_screen(monkeypatch, screened):
    points = random_points(2000, 128, seed=6)
    screen = neighbors._Screen(points, tiles.Tiling(points.device))
    best = brute_force(points, points).fill_diagonal_(-2).amax(dim=1).float()
    i, j = screen.survivors(slice(0, 1000), best)
    assert (i < j).all()
    assert len(i) < 10 * 2000
    missing = (brute_force(points, points) >= best[:, None].double()).triu(1)[:1000].nonzero()
    found = set(zip(i.tolist(), j.tolist(), strict=True))
    assert {tuple(pair) for pair in missing.tolist()} <= found


def test_the_screens_margin_holds_for_every_pair():
    points = random_points(700, 96, seed=7)
    screen = neighbors._Screen(points, tiles.Tiling(points.device))
    rounded = screen.rounded[:700].double()
    error = (brute_force(points, points) - rounded @ rounded.T).abs()
    assert (error <= screen.margin[:, None]).all()
    assert screen.margin.max() < 3 * error.max()  # and is not idle


def test_a_copy_is_the_nearest_of_its_copy():
    points = random_points(50, 8, seed=2)
    points[31] = points[4]
    nearest = neighbors.nearest_points(points)
    assert nearest[31] == 4
    assert nearest[4] == 31


def test_pair_cosines_keep_small_angles():
    a = torch.tensor([[1.0, 0.0]])
    b = torch.tensor([[1.0, 1e-5]])
    assert float(1 - neighbors.pair_cosines(a, b, torch.tensor([0]))) == pytest.approx(0.5e-10, rel=1e-4)


@pytest.mark.parametrize("step", [0.003, 0.1, 1.0])
def test_certified_lists_answer_as_brute_force_while_points_wander(screened, step):
    gallery = random_points(700, 12, seed=3)
    gallery[100] = gallery[200]
    points = gallery[:150].clone()
    search = GallerySearch(gallery)
    generator = torch.Generator().manual_seed(4)
    for _ in range(25):
        nearest = search.nearest(points)
        cosines = brute_force(points, gallery)
        torch.testing.assert_close(cosines.gather(1, nearest[:, None])[:, 0], cosines.amax(dim=1), atol=5e-7, rtol=0)
        points = normalize(points + step * normalize(torch.randn(points.shape, generator=generator)))
    if step < 0.01:
        assert search.searched < 2 * len(points)  # the lists serve; with large steps they cannot


def test_certified_lists_hold_for_gallery_rows_seen_inside_a_span(screened):
    """Coordinates of unit rows inside a span are shorter than 1; the angles in the whole space still certify."""
    gallery = random_points(400, 20, seed=5)
    basis = torch.linalg.qr(torch.randn(20, 6, generator=torch.Generator().manual_seed(6)))[0]
    inside = gallery @ basis
    search = GallerySearch(inside)
    points = random_points(60, 6, seed=7)
    for turn in range(20):
        cosines = brute_force(points @ basis.T, gallery)
        nearest = search.nearest(points)
        torch.testing.assert_close(cosines.gather(1, nearest[:, None])[:, 0], cosines.amax(dim=1), atol=5e-7, rtol=0)
        points = normalize(points + 0.02 * random_points(60, 6, seed=turn))


def test_the_margin_of_a_sum_is_that_of_the_error_analysis():
    """A dot product in float32 is off by at most γ = d·u / (1 − d·u) times the lengths (N. J. Higham, Accuracy and
    Stability of Numerical Algorithms, 2002, section 3.1); two of them are compared."""
    for d in (2, 40, 128, 512, 2048):
        gamma = d * 2.0**-24 / (1 - d * 2.0**-24)
        assert 2 * gamma < rounding.sum_margin(d) < 5 * gamma


def test_a_gallery_row_that_rounding_hides_is_found(screened):
    """In bfloat16 every product of the nearest row with the point looks smaller, so that another seems nearer."""
    down, up = 0.125 + 0.49 * 2.0**-10, 0.125 + 0.51 * 2.0**-10  # rounded to 0.125 and to 0.125 + 2^-10
    half = torch.ones(31)
    rest = math.sqrt(1 - 31 * (down**2 + up**2))
    point = torch.cat([down * half, up * half, torch.tensor([rest, 0.0])])
    nearest = torch.cat([down * half, -up * half, torch.tensor([0.0, rest])])  # at a cosine of −0.0002
    other = torch.zeros(64)
    other[62:] = torch.tensor([-0.003 / rest, math.sqrt(1 - (0.003 / rest) ** 2)])  # at −0.003
    gallery = torch.stack([other, nearest, *-point.expand(8, -1)])
    rounded = gallery.bfloat16() @ point.bfloat16()
    assert rounded[0] > rounded[1]
    search = GallerySearch(gallery, list_size=1)
    assert search.nearest(point[None]).tolist() == brute_force(point[None], gallery).argmax(dim=1).tolist() == [1]


def test_a_list_is_given_up_where_its_certificate_ends():
    """From one of two gallery rows to the other, with lists of one: what was listed stays the nearest up to the middle,
    and the certificate must not hold half a thousandth of a radian longer."""
    gallery = torch.tensor([[1.0, 0.0, 0.0], [math.cos(0.5), math.sin(0.5), 0.0]])
    search = GallerySearch(gallery, list_size=1)
    found = [
        int(search.nearest(torch.tensor([[math.cos(angle), math.sin(angle), 0.0]])))
        for angle in (0.0, 0.1, 0.2, 0.249, 0.2503, 0.252, 0.255, 0.3)
    ]
    assert found == [0, 0, 0, 0, 1, 1, 1, 1]
    assert search.searched == 3  # at the start, just beyond the middle, and once more near it


def test_a_gallery_smaller_than_the_list_is_searched_once(monkeypatch):
    monkeypatch.setattr(rounding, "has_fast_bfloat16", lambda device: True)
    search = GallerySearch(random_points(3, 4, seed=8))
    for seed in range(5):
        points = random_points(10, 4, seed=seed)
        assert torch.equal(search.nearest(points), brute_force(points, search.gallery).argmax(dim=1))
    assert search.searched == 10
