"""The nearest gallery embedding of points that move, without comparing them with the whole gallery at each step."""

from dataclasses import dataclass

import torch

from hyperface.packing.rounding import is_screened, round_off, rounding_margin, sums_in_float32
from hyperface.packing.tiles import Tiling


@dataclass(frozen=True)
class _Lists:
    """candidates: (n, list_size) indices of the gallery. origin: (n, k), where each point was when its list was made.
    limit: (n,), the angle τ in radians that every gallery embedding off the list exceeded there."""

    candidates: torch.Tensor
    origin: torch.Tensor
    limit: torch.Tensor

    def copied(self) -> "_Lists":
        return _Lists(self.candidates.clone(), self.origin.clone(), self.limit.clone())


class GallerySearch:
    """The nearest gallery embedding of each moving point, from neighbour lists that certify themselves.

    The gallery never moves, so after a full search row i keeps its `list_size` best candidates and τ_i, the angle that
    every other gallery embedding exceeds. Once the point has moved by the angle m_i, every embedding off the list is
    farther than τ_i − m_i: the best one on the list is the nearest of all while its angle is at most that. Rows that
    fail this test are searched in full again, so the answer is always exact.
    """

    def __init__(self, gallery: torch.Tensor, *, list_size: int = 8, tiling: Tiling | None = None) -> None:
        """gallery: float32 (m, k), unit rows or, inside a span, the coordinates of unit rows. tiling: as in
        `neighbors.nearest_points`."""
        self.gallery = gallery
        self.list_size = min(list_size, len(gallery))
        self.searched = 0  # rows searched in full so far, for benchmarks and tests
        self._tiling = Tiling(gallery.device) if tiling is None else tiling
        self._lists: _Lists | None = None
        self._shown = False  # whether somebody else holds the lists' tensors
        self._rounded = round_off(gallery, self._tiling) if is_screened(gallery) else None

    def nearest(self, points: torch.Tensor) -> torch.Tensor:
        """Index (n,) of the nearest gallery embedding of each unit row of points (n, k); DeviceError as in
        `neighbors.nearest_points`."""
        if self._lists is None:
            n = len(points)
            self._lists = _Lists(
                torch.zeros(n, self.list_size, dtype=torch.long, device=points.device),
                points.clone(),
                torch.full((n,), -torch.inf, device=points.device),
            )
        lists = self._lists
        nearest = torch.empty(len(points), dtype=torch.long, device=points.device)
        best = torch.empty_like(lists.limit)
        for rows in self._tiling.rows(len(points), self.list_size * points.shape[1]):
            candidates = torch.nn.functional.embedding(lists.candidates[rows], self.gallery)  # (b, list_size, k)
            best[rows], position = (candidates * points[rows, None]).sum(dim=2).max(dim=1)
            nearest[rows] = lists.candidates[rows].gather(1, position[:, None])[:, 0]
        moved = 2 * ((points - lists.origin).norm(dim=1) / 2).clamp(max=1).asin()  # (n,)
        slack = 1e-3  # radians: far above the rounding of float32 arc cosines, also near 0, where it is worst
        failed = (best.clamp(-1, 1).acos() + moved + slack > lists.limit).nonzero()[:, 0]  # (f,)
        if len(failed):
            if self._shown:  # what `state` gave away stays as it is
                self._lists, self._shown = lists.copied(), False
            renewed = self._lists
            nearest[failed] = self._tiling.fit(lambda: self._search(points, failed, renewed), points)
            self.searched += len(failed)
        return nearest

    def _search(self, points: torch.Tensor, failed: torch.Tensor, lists: _Lists) -> torch.Tensor:
        """Search the rows `failed` (f,) of the points (n, k) in full and renew their lists; their nearest (f,)."""
        nearest = torch.empty_like(failed)
        for part in self._tiling.rows(len(failed), len(self.gallery)):
            rows = failed[part]  # (b,)
            lists.origin[rows] = here = points[rows]  # (b, k)
            nearest[part], lists.candidates[rows], lists.limit[rows] = self._listed(here)
        return nearest

    def _listed(self, here: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of points (b, k): nearest (b,), candidates (b, list_size) and the angle τ (b,) that all others exceed."""
        if self._rounded is None:
            return self._listed_exactly(here)
        gallery, gallery_lost = self._rounded
        rounded, lost = round_off(here, self._tiling)
        with sums_in_float32(here.device):
            values, candidates = (rounded @ gallery.T).topk(self.list_size + 1, dim=1)  # (b, list_size + 1)
        others = values[:, -1].float()  # (b,), the best off the list, as the screen sees it
        others += others.abs() * 2.0**-7 + rounding_margin(lost, gallery_lost, here.shape[1])
        candidates, limit = candidates[:, :-1], others.clamp(-1, 1).acos()
        best, position = torch.einsum("nk,nlk->nl", here, self.gallery[candidates]).max(dim=1)
        nearest = candidates.gather(1, position[:, None])[:, 0]
        unsure = (best < others).nonzero()[:, 0]  # the list may miss the nearest
        nearest[unsure], candidates[unsure], limit[unsure] = self._listed_exactly(here[unsure])
        return nearest, candidates, limit

    def _listed_exactly(self, here: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The same in float32."""
        cosines = here @ self.gallery.T  # (b, m)
        values, indices = cosines.topk(min(self.list_size + 1, len(self.gallery)), dim=1)
        everything = len(self.gallery) <= self.list_size
        limit = torch.full_like(values[:, 0], torch.inf) if everything else values[:, -1].clamp(-1, 1).acos()
        return indices[:, 0], indices[:, : self.list_size], limit

    def state(self) -> dict[str, torch.Tensor]:
        """The lists, so that a resumed search answers near-ties as this one would."""
        if self._lists is None:
            return {}
        self._shown = True
        return {"lists": self._lists.candidates, "origin": self._lists.origin, "limit": self._lists.limit}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Take up the lists of `state()`."""
        self._lists = _Lists(state["lists"], state["origin"], state["limit"])
        self._shown = True
