"""The chart in which skin is painted: an image over part of the texture square.

Every texel knows where it lies on the mean head, so that features are painted in metres of the mean head and stretch
with each person's shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hyperface.heads.numerics.arrays import Floats
from hyperface.heads.numerics.raster import BACKGROUND, rasterize
from hyperface.heads.shape.model import SKIN, HeadModel, load_head_model

# The part of the texture square that holds the head's skin, and the resolution there at detail 1.
_LEFT, _BOTTOM, _RIGHT, _TOP = 0.62, 0.14, 1.0, 0.86
_TEXELS_PER_UNIT = 720


@dataclass(frozen=True)
class Chart:
    """Precomputed maps of the chart, (h, w) float32 unless said. Positions as in model."""

    detail: int  # how many times finer than the coarsest
    position: Floats  # (h, w, 3) on the mean head, metres
    lips: Floats  # 0 … 1
    ears: Floats  # 0 … 1
    lid_gap: Floats  # metres between the skin and the eyeball: about 0 on the lid margins

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.lips.shape
        return height, width

    def corner_texels(self) -> Floats:
        """Column and row (t, 3, 2) at the corners of the head's triangles.

        Corners that lie elsewhere in the texture square, on the neck, take the texel of the nearest that does not.
        """
        from scipy.spatial import KDTree

        head = load_head_model()
        texels = self.texel(head.corner_uv)
        height, width = self.shape
        inside = ((texels > 1) & (texels < (width - 1, height - 1))).all(axis=2) & (head.parts == SKIN)[:, None]
        outside = ~inside & (head.parts == SKIN)[:, None]
        places = head.mean[head.triangles]  # (t, 3, 3)
        texels[outside] = texels[inside][KDTree(places[inside]).query(places[outside])[1]]
        return texels

    def texel(self, uv: Floats) -> Floats:
        """Texture coordinates (…, 2) → chart column and row (…, 2), continuous, texel centres at + 0.5."""
        scale = _TEXELS_PER_UNIT * self.detail
        return np.stack([(uv[..., 0] - _LEFT) * scale, (_TOP - uv[..., 1]) * scale], axis=-1).astype(np.float32)


@lru_cache(maxsize=3)
def chart_of(detail: int) -> Chart:
    """The chart at one detail, made once for a process."""
    from scipy.ndimage import distance_transform_edt, map_coordinates

    head = load_head_model()
    scale = _TEXELS_PER_UNIT * detail
    height, width = round((_TOP - _BOTTOM) * scale), round((_RIGHT - _LEFT) * scale)
    skin = np.flatnonzero(head.parts == SKIN)
    empty = Chart(detail, *(np.zeros((1, 1), np.float32),) * 4)
    corners = empty.texel(head.corner_uv[skin]).reshape(-1, 2)  # (3 t, 2)
    flat = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    flat = _facing(corners, flat)
    ones = np.ones(len(corners), np.float32)
    index, weights, _ = rasterize(corners, ones, flat, height, width)
    share = np.concatenate([weights, 1 - weights.sum(axis=-1, keepdims=True)], axis=-1)
    rest = head.mean[head.triangles[skin]].reshape(-1, 3)
    position = np.einsum("hwc,hwcx->hwx", share, rest[flat[index]])
    # Texels outside the mesh take the nearest one inside, so that bilinear look-ups have no dark seams.
    rows, columns = distance_transform_edt(index == BACKGROUND, return_distances=False, return_indices=True)
    position = position[rows, columns].astype(np.float32)

    row, column = np.mgrid[0:height, 0:width].astype(np.float32)
    at = ((row + 0.5) / detail - 0.5, (column + 0.5) / detail - 0.5)
    masks = [
        map_coordinates(mask.astype(np.float32) / 255, at, order=1, mode="nearest", output=np.float32)
        for mask in (head.lips, head.ears)
    ]
    gaps = []
    for center, radius in eyeballs(head):
        gaps.append(np.linalg.norm(position - center, axis=-1) - radius)
    return Chart(detail, position, masks[0], masks[1], np.minimum(*gaps).astype(np.float32))


def eyeballs(head: HeadModel) -> list[tuple[Floats, float]]:
    """Centre (3,) and radius of the mean head's right and left eyeball, metres."""
    return [fit_sphere(head.mean[head.landmarks[f"eyeball_{side}"]]) for side in ("right", "left")]


def fit_sphere(points: NDArray[np.floating]) -> tuple[Floats, float]:
    """Least-squares sphere through points (n, 3): |p|² = 2 p·c + (r² − |c|²) is linear in c and the bracket."""
    origin = points.mean(axis=0)
    local = (points - origin).astype(np.float64)
    system = np.column_stack([2 * local, np.ones(len(local))])
    solution = np.linalg.lstsq(system, (local**2).sum(axis=1), rcond=None)[0]
    center, constant = solution[:3], solution[3]
    return (center + origin).astype(np.float32), float(np.sqrt(constant + center @ center))


def _facing(points: Floats, triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """The triangles wound so that the rasteriser sees all of them."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (c - a)[:, 0] * (b - a)[:, 1]
    return np.where((area > 0)[:, None], triangles[:, [0, 2, 1]], triangles).astype(np.int32)
