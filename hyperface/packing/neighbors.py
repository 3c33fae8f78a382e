"""Exact nearest neighbours by cosine, without ever holding the whole matrix of cosines.

Searches screen in float32 row tiles; the cosines they report are computed again for the winning pairs in float64.
"""

import torch

TILE_ELEMENTS = 1 << 21  # cosines held at a time: 8 MB, which stays in the caches of a core or two


def tiles(rows: int, columns: int) -> list[slice]:
    """Row ranges such that a tile of cosines has about TILE_ELEMENTS."""
    height = max(1, TILE_ELEMENTS // max(columns, 1))
    return [slice(start, min(start + height, rows)) for start in range(0, rows, height)]


def exclude_self(cosines: torch.Tensor, rows: slice) -> None:
    """Write −inf where a tile (b, n) of the cosines among points compares a point with itself."""
    cosines.diagonal(offset=rows.start).fill_(-torch.inf)


def nearest_points(points: torch.Tensor) -> torch.Tensor:
    """For each row of points (n, d) the index (n,) of the nearest other one; −1 if there is no other."""
    n = len(points)
    nearest = torch.full((n,), -1, dtype=torch.long, device=points.device)
    if n > 1:
        for rows in tiles(n, n):
            cosines = points[rows] @ points.T  # (b, n)
            exclude_self(cosines, rows)
            nearest[rows] = cosines.argmax(dim=1)
    return nearest


def pair_cosines(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Cosines (n,) in float64 of rows a and b (n, d), as 1 − |a − b|²/2, which keeps small angles."""
    a = torch.nn.functional.normalize(a.double(), dim=1)
    b = torch.nn.functional.normalize(b.double(), dim=1)
    return 1 - (a - b).square().sum(dim=1) / 2


class GallerySearch:
    """The nearest gallery embedding of each moving point, from neighbour lists that certify themselves.

    The gallery never moves, so after a full search row i keeps its `list_size` best candidates and τ_i, the angle that
    every other gallery embedding exceeds. Once the point has moved by the angle m_i, every embedding off the list is
    farther than τ_i − m_i: the best one on the list is the nearest of all while its angle is at most that. Rows that
    fail this test are searched in full again, so the answer is always exact.
    """

    def __init__(self, gallery: torch.Tensor, *, list_size: int = 8) -> None:
        """gallery: float32 (m, k), unit rows or, inside a span, the coordinates of unit rows."""
        self.gallery = gallery
        self.list_size = min(list_size, len(gallery))
        self.searched = 0  # rows searched in full so far, for benchmarks and tests
        self._lists: torch.Tensor | None = None  # (n, list_size) indices
        self._origin: torch.Tensor | None = None  # (n, k) where the points were when their list was made
        self._limit: torch.Tensor | None = None  # (n,) τ_i, radians

    def nearest(self, points: torch.Tensor) -> torch.Tensor:
        """Index (n,) of the nearest gallery embedding of each unit row of points (n, k)."""
        if self._lists is None:
            n = len(points)
            self._lists = torch.zeros(n, self.list_size, dtype=torch.long, device=points.device)
            self._origin = points.clone()
            self._limit = torch.full((n,), -torch.inf, device=points.device)
        candidates = self.gallery[self._lists]  # (n, list_size, k)
        cosines = torch.einsum("nk,nlk->nl", points, candidates)
        best, position = cosines.max(dim=1)  # (n,)
        moved = 2 * ((points - self._origin).norm(dim=1) / 2).clamp(max=1).asin()  # (n,)
        nearest = self._lists.gather(1, position[:, None])[:, 0]
        slack = 1e-3  # radians: far above the rounding of float32 arc cosines, also near 0, where it is worst
        failed = (best.clamp(-1, 1).acos() + moved + slack > self._limit).nonzero()[:, 0]  # (f,)
        for rows in tiles(len(failed), len(self.gallery)):
            nearest[failed[rows]] = self._search(points, failed[rows])
        return nearest

    def _search(self, points: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Search the given rows (f,) in full and renew their lists; their nearest (f,)."""
        self.searched += len(rows)
        cosines = points[rows] @ self.gallery.T  # (f, m)
        values, indices = cosines.topk(min(self.list_size + 1, len(self.gallery)), dim=1)
        self._lists[rows] = indices[:, : self.list_size]
        self._origin[rows] = points[rows]
        everything = len(self.gallery) <= self.list_size
        self._limit[rows] = torch.inf if everything else values[:, -1].clamp(-1, 1).acos()
        return indices[:, 0]

    def state(self) -> dict[str, torch.Tensor]:
        """The lists, so that a resumed search answers near-ties as this one would."""
        if self._lists is None:
            return {}
        return {"lists": self._lists.clone(), "origin": self._origin.clone(), "limit": self._limit.clone()}

    def state_shapes(self, points: torch.Tensor) -> dict[str, tuple[int, ...]]:
        """Shapes of `state()` for so many points."""
        n = len(points)
        return {"lists": (n, self.list_size), "origin": tuple(points.shape), "limit": (n,)}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Take up the lists of `state()`."""
        self._lists = state["lists"].clone()
        self._origin = state["origin"].clone()
        self._limit = state["limit"].clone()
