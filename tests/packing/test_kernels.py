"""The kernels for NVIDIA GPUs, on the CPU in Triton's interpreter, against all cosines in float64."""

import importlib
import math

import pytest
import torch

from hyperface.packing import neighbors, soft_maximum
from hyperface.packing.tiles import WORD, Tiling
from hyperface.ranks import Ranks
from hyperface.sphere import random_points

pytest.importorskip("triton", reason="Triton comes with torch for CUDA, and for Linux alone")
kernels = importlib.import_module("hyperface.packing.kernels")
TILING = Tiling(torch.device("cpu"))


def _cosines(points: torch.Tensor) -> torch.Tensor:
    """All cosines (n, n) in float64; −9 of a point with itself."""
    return (points.double() @ points.double().T).fill_diagonal_(-9)


@pytest.mark.parametrize(("n", "dimension"), [(300, 40), (390, 512), (257, 100)])
@pytest.mark.parametrize("guessed", [False, True])
def test_every_nearest_is_among_the_pairs_that_are_noted(n, dimension, guessed):
    points = random_points(n, dimension, seed=1)
    cosines = _cosines(points)
    best = cosines.float().amax(dim=1) - 1e-4 if guessed else torch.full((n,), -torch.inf)
    search = kernels.CosineSearch(points, best, TILING)
    for rows in kernels.strips(n, 2):
        search.search(rows)
    i, j, values = search.found()
    noted = set(zip(i.tolist(), j.tolist(), strict=True))
    assert all(a < b for a, b in noted)
    assert {(min(a, b), max(a, b)) for a, b in enumerate(cosines.argmax(dim=1).tolist())} <= noted
    assert len(noted) < 10 * n  # and few besides
    assert (values - cosines[i, j]).abs().max() < 1e-6


def test_pairs_that_find_no_room_are_told_and_looking_again_finds_fewer(monkeypatch):
    points = random_points(300, 64, seed=1)
    search = kernels.CosineSearch(points, torch.full((300,), -torch.inf), TILING)
    whole = slice(0, 300)
    search.search(whole)
    first = len(search.found()[0])
    search.search(whole)
    again = len(search.found()[0])
    assert 150 <= again < first
    search.capacity = again // 2
    search.search(whole)
    assert search.found() is None
    search.capacity = first
    search.search(whole)
    assert len(search.found()[0]) == again


@pytest.mark.parametrize(("dimension", "largest_error"), [(48, 2.0**-7), (512, 2.0**-7 + 0.004)])
def test_the_weights_of_squares_are_the_soft_maximums(dimension, largest_error):
    n, beta = 300, 40.0
    points = random_points(n, dimension, seed=2)
    cosines = _cosines(points)
    shift = float(cosines.max())
    expected = torch.exp(beta * (cosines - shift)).fill_diagonal_(0)
    search = kernels.CosineSearch(points, cosines.float().amax(dim=1) - 1e-4, TILING)
    found, total = torch.zeros(n, n), 0.0
    buffer = torch.empty(128**2, dtype=torch.bfloat16)
    for rows, columns in kernels.squares(n, 128, 1):
        square, weight = search.weigh(rows, columns, beta, shift, buffer)
        total += float(weight)
        found[rows, columns] = square.float()
        found[columns, rows] = square.float().T
    assert ((found - expected).abs() <= largest_error * expected + 1e-9).all()
    assert total == pytest.approx(float(expected.sum()), rel=1e-3)


@pytest.fixture
def on_the_kernels(monkeypatch):
    """Points on the CPU are taken for points on a GPU. torch.mm knows out_dtype on GPUs alone."""
    for module in (neighbors, soft_maximum):
        monkeypatch.setattr(module, "uses_kernels", lambda points: True)
    product = torch.mm
    monkeypatch.setattr(torch, "mm", lambda a, b, out_dtype: product(a.float(), b.float()))
    monkeypatch.setattr(kernels, "SIDE", 256)


@pytest.mark.slow
@pytest.mark.parametrize("dimension", [40, 256])
def test_search_and_soft_maximum_are_those_of_the_tiles(on_the_kernels, monkeypatch, dimension):
    points = random_points(400, dimension, seed=3)
    cosines = _cosines(points)
    assert torch.equal(neighbors.nearest_points(points), cosines.argmax(dim=1))
    with monkeypatch.context() as patch:
        patch.setattr(soft_maximum, "uses_kernels", lambda points: False)
        expected = soft_maximum.soft_maximum(points, 60.0)
    for guess in (None, torch.arange(400).roll(1)):  # one that is far off, too
        nearest, value, gradient = soft_maximum.soft_maximum(points, 60.0, guess=guess)
        assert torch.equal(nearest, expected[0])
        assert value == pytest.approx(expected[1], abs=1e-5)
        assert (gradient - expected[2]).norm() < 0.01 * expected[2].norm()


def test_a_guess_so_far_off_that_weights_would_overflow_is_made_up_for(on_the_kernels):
    points = random_points(300, 3, seed=4)
    farthest = (points @ points.T).argmin(dim=1)
    _, value, gradient = soft_maximum.soft_maximum(points, 1000.0, guess=farthest)
    exact = torch.logsumexp(1000.0 * _cosines(points).flatten(), 0) / 1000.0
    assert value == pytest.approx(float(exact), abs=1e-5)
    assert torch.isfinite(gradient).all()


def test_too_many_equal_pairs_fall_back_to_the_tiles(on_the_kernels, monkeypatch):
    monkeypatch.setattr(kernels, "LEAST_PAIRS", 100)
    monkeypatch.setattr(kernels, "PAIRS_A_POINT", 0)
    points = random_points(200, 16, seed=5)
    assert neighbors.search_by_kernel(points, None, kernels.strips(200, 1), TILING) is None
    nearest, _, _ = soft_maximum.soft_maximum(points, 30.0)
    assert torch.equal(nearest, _cosines(points).argmax(dim=1))


@pytest.mark.slow
def test_a_process_that_falls_back_does_its_own_share_of_the_pairs(on_the_kernels, monkeypatch):
    """Of two processes one has no room for its pairs, or ran out of memory: the other's share is not changed by it."""
    monkeypatch.setattr(kernels, "STRIP", 128)
    monkeypatch.setattr(kernels, "PAIRS_A_POINT", 0)
    points = random_points(300, 16, seed=6)
    errors, halved = [torch.OutOfMemoryError("CUDA out of memory.")], Tiling(torch.device("cpu"))

    def compute() -> None:
        if errors:
            raise errors.pop()

    halved.fit(compute, points)
    cosines = _cosines(points)
    weights = torch.exp(30.0 * cosines).fill_diagonal_(0)
    for room in (1 << 20, 100):  # of the second process
        found = []
        for rank, tiling, least in ((0, TILING, 1 << 20), (1, halved, room)):
            monkeypatch.setattr(kernels, "LEAST_PAIRS", least)
            best, _ = neighbors._search_strips(points, None, Ranks(rank, 2), tiling)
            found.append((best, soft_maximum._soft_tiles(points, 30.0, None, Ranks(rank, 2), tiling)))
        torch.testing.assert_close(torch.maximum(found[0][0], found[1][0]), cosines.amax(dim=1).float())
        total = sum(float(sums.sum()) * math.exp(30 * float(shift)) for _, (_, _, shift, sums, _) in found)
        assert total == pytest.approx(float(weights.sum()), rel=1e-3)


@pytest.mark.parametrize(("n", "world"), [(300, 1), (4001, 2), (5003, 3), (100_003, 7)])
def test_strips_cover_all_rows_and_begin_where_the_screen_can(n, world):
    strips = kernels.strips(n, world)
    assert [row for strip in strips for row in range(strip.start, strip.stop)] == list(range(n))
    assert all(strip.start % WORD == 0 for strip in strips)
    assert len(strips) >= min(world, n // kernels.ROWS)
