"""The pieces cover what they should, and memory that runs out is this packing's business alone."""

import pytest
import torch

from hyperface.errors import DeviceError
from hyperface.packing import neighbors, pack, rounding, soft_maximum, tiles
from hyperface.packing.gallery_search import GallerySearch
from hyperface.packing.tiles import Tiling
from hyperface.ranks import Ranks
from hyperface.sphere import random_points

CPU = torch.device("cpu")


def halved(times: int) -> Tiling:
    """A tiling that ran out of memory so many times."""
    tiling, left = Tiling(CPU), iter(range(times))

    def compute() -> None:
        if next(left, None) is not None:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    tiling.fit(compute, torch.empty(1, 1))
    return tiling


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr(tiles, "TILE_ELEMENTS", 4000)
    monkeypatch.setattr(tiles, "SMALLEST_HEIGHT", 1)
    monkeypatch.setattr(tiles, "SMALLEST_TILE", 1)


@pytest.mark.parametrize("n", [1, 7, 64, 301])
@pytest.mark.parametrize("halvings", [(0, 0), (0, 3), (2, 1), (9, 9)])
def test_processes_cover_the_triangle_once_whatever_memory_each_has(small_tiles, n, halvings):
    """Two processes, of which one may have had to take smaller pieces: its share is the same one."""
    by_strips, by_tiles = torch.zeros(n, n, dtype=torch.long), torch.zeros(n, n, dtype=torch.long)
    for rank, times in enumerate(halvings):
        ranks, tiling = Ranks(rank, 2), halved(times)
        for strip in ranks.share(tiles.strips(n, CPU)):
            for rows in tiling.within_strip(strip, n):
                assert rows.start % tiles.WORD == 0
                by_strips[rows, rows.start :] += 1
        for tile in ranks.share(tiles.triangle(n, CPU)):
            for rows, columns in tiling.within_tile(*tile):
                by_tiles[rows, columns] += 1
    above = torch.ones(n, n, dtype=torch.long).triu()
    assert torch.equal(by_strips.triu(), above)
    assert torch.equal(by_tiles.triu(), above)


def test_each_halving_makes_the_pieces_smaller(small_tiles):
    n, tile = 300, (slice(0, 60), slice(60, 120))
    whole, half, eighth = halved(0), halved(1), halved(3)
    assert [tiling.elements for tiling in (whole, half, eighth)] == [4000, 2000, 500]
    for strip in tiles.strips(n, CPU):
        assert whole.within_strip(strip, n) == [strip]
        for tiling in (half, eighth):
            parts = tiling.within_strip(strip, n)
            heights = [part.stop - part.start for part in parts]
            areas = [height * (n - part.start) for height, part in zip(heights, parts, strict=True)]
            assert all(
                height == tiles.WORD or area <= tiling.elements for height, area in zip(heights, areas, strict=True)
            )
    assert half.within_strip(slice(0, 16), n) == [slice(0, 4), slice(4, 8), slice(8, 12), slice(12, 16)]
    assert half.within_strip(slice(200, 240), n) == [slice(200, 220), slice(220, 240)]
    assert whole.within_tile(*tile) == [tile]
    assert all((a.stop - a.start) * (b.stop - b.start) <= 500 for a, b in eighth.within_tile(*tile))
    assert [part.stop - part.start for part in half.rows(100, 50)] == [40, 40, 20]


class Memory:
    """Lets products of matrices run out of memory above a number of elements, and remembers what was asked for."""

    def __init__(self, monkeypatch, largest: int, error: Exception) -> None:
        self.largest, self.error = largest, error
        self.asked: list[int] = []
        product = torch.Tensor.__matmul__

        def limited(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            self.asked.append(len(a) * b.shape[1])
            if self.asked[-1] > self.largest:
                raise self.error
            return product(a, b)

        monkeypatch.setattr(torch.Tensor, "__matmul__", limited)

    def refusals(self) -> int:
        """How often it ran out, since last asked."""
        count = sum(size > self.largest for size in self.asked)
        self.asked.clear()
        return count


ON_A_GPU = torch.OutOfMemoryError("CUDA out of memory.")
ON_A_CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: not enough memory: you tried …")


@pytest.fixture(params=[False, True], ids=["float32", "screened in bfloat16"])
def screened(request, monkeypatch) -> bool:
    monkeypatch.setattr(rounding, "has_fast_bfloat16", lambda device: request.param)
    monkeypatch.setattr(rounding, "SCREENED_FROM", 2)
    monkeypatch.setattr(neighbors, "SAMPLE", 8)
    return request.param


@pytest.mark.parametrize("error", [ON_A_GPU, ON_A_CPU])
def test_a_search_out_of_memory_finds_the_same_and_the_next_begins_afresh(monkeypatch, small_tiles, screened, error):
    points = random_points(200, 8, seed=9)
    expected = (points @ points.T).fill_diagonal_(-2).argmax(dim=1)
    memory = Memory(monkeypatch, 1200, error)
    for _ in range(2):
        assert torch.equal(neighbors.nearest_points(points), expected)
        assert memory.refusals() == 2  # at 4000 and 2000
    memory.largest = 10**9
    assert torch.equal(neighbors.nearest_points(points), expected)
    assert max(memory.asked) > 2000  # memory that is there again is used


def test_the_soft_maximum_out_of_memory_is_the_same(monkeypatch, small_tiles):
    points = random_points(200, 8, seed=9)
    nearest, value, gradient = soft_maximum.soft_maximum(points, 30.0)
    memory = Memory(monkeypatch, 600, ON_A_GPU)
    with_less = soft_maximum.soft_maximum(points, 30.0)
    assert memory.refusals() > 0
    assert torch.equal(with_less[0], nearest)
    assert with_less[1] == pytest.approx(value, abs=1e-6)
    torch.testing.assert_close(with_less[2], gradient, atol=1e-6, rtol=1e-4)


def test_a_gallery_search_out_of_memory_finds_the_same(monkeypatch, small_tiles, screened):
    gallery, points = random_points(300, 8, seed=1), random_points(100, 8, seed=2)
    expected = (points @ gallery.T).argmax(dim=1)
    memory = Memory(monkeypatch, 1500, ON_A_CPU)
    search = GallerySearch(gallery)
    assert torch.equal(search.nearest(points), expected)
    assert memory.refusals() == 2
    assert torch.equal(search.nearest(points), expected)
    assert search.searched == 100


def test_a_packing_learns_once_how_much_memory_there_is(monkeypatch, small_tiles):
    start = random_points(200, 8, seed=3)
    expected = [step.max_cosine for step in pack(start, gallery=start, steps=3)]
    memory = Memory(monkeypatch, 1200, ON_A_GPU)
    for _ in range(2):  # what one packing learnt is not the next one's
        steps = pack(start, gallery=start, steps=3)
        assert memory.refusals() == 2
        assert [step.max_cosine for step in steps] == pytest.approx(expected, abs=1e-4)
        assert memory.refusals() == 0


def test_the_smallest_tile_that_does_not_fit_is_told(monkeypatch, small_tiles):
    Memory(monkeypatch, 0, ON_A_GPU)
    with pytest.raises(DeviceError, match="not enough memory on 'cpu' for 300 points of 8 dimensions"):
        neighbors.nearest_points(random_points(300, 8, seed=9))


def test_other_errors_are_not_memorys(monkeypatch):
    Memory(monkeypatch, 0, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        neighbors.nearest_points(random_points(30, 8, seed=9))
