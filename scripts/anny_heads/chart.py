"""The chart in which skin is painted: an image over part of anny's texture square.

Every texel knows where it lies on the mean head, so that features are painted in metres of the mean head and stretch
with each person's shape.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates

from .head_model import SKIN, HeadModel
from .raster import BACKGROUND, rasterize

# The part of the texture square that holds the head's skin, and the resolution there.
_LEFT, _BOTTOM, _RIGHT, _TOP = 0.62, 0.14, 1.0, 0.86
TEXELS_PER_UNIT = 720


@dataclass(frozen=True)
class Chart:
    """Precomputed maps of the chart, all (h, w) float32 unless said. Positions as in head_model."""

    position: np.ndarray  # (h, w, 3) on the mean head, metres
    lips: np.ndarray  # 0 … 1
    ears: np.ndarray  # 0 … 1
    lid_gap: np.ndarray  # metres between the skin and the eyeball: about 0 on the lid margins

    @property
    def shape(self) -> tuple[int, int]:
        return self.lips.shape

    @staticmethod
    def texel(uv: np.ndarray) -> np.ndarray:
        """Texture coordinates (…, 2) → chart column and row (…, 2), continuous, texel centres at + 0.5."""
        columns = (uv[..., 0] - _LEFT) * TEXELS_PER_UNIT
        rows = (_TOP - uv[..., 1]) * TEXELS_PER_UNIT
        return np.stack([columns, rows], axis=-1).astype(np.float32)


def make_chart(head: HeadModel) -> Chart:
    """Lay the mean head out in its chart."""
    height, width = round((_TOP - _BOTTOM) * TEXELS_PER_UNIT), round((_RIGHT - _LEFT) * TEXELS_PER_UNIT)
    skin = np.flatnonzero(head.parts == SKIN)
    corners = Chart.texel(head.corner_uv[skin]).reshape(-1, 2)  # (3 t, 2)
    flat = np.arange(len(corners), dtype=np.int32).reshape(-1, 3)
    ones = np.ones(len(corners), np.float32)
    index, weights = rasterize(corners, ones, ones, flat, height, width)
    position = np.einsum("hwc,hwcx->hwx", weights, head.mean[head.triangles[skin[index]]])
    # Texels outside the mesh take the nearest one inside, so that bilinear look-ups have no dark seams.
    rows, columns = distance_transform_edt(index == BACKGROUND, return_distances=False, return_indices=True)
    position = position[rows, columns].astype(np.float32)

    row, column = np.mgrid[0:height, 0:width]
    square = head.masks["lips"].shape[0]
    at = ((1 - _TOP + (row + 0.5) / TEXELS_PER_UNIT) * square, (_LEFT + (column + 0.5) / TEXELS_PER_UNIT) * square)
    masks = {name: map_coordinates(head.masks[name], at, order=1, mode="nearest") for name in ("lips", "ears")}
    gaps = []
    for eyeball in head.eyeballs:
        front = head.mean[eyeball]
        center, radius = fit_sphere(front)
        gaps.append(np.linalg.norm(position - center, axis=-1) - radius)
    return Chart(position, masks["lips"], masks["ears"], np.minimum(*gaps).astype(np.float32))


def fit_sphere(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Least-squares sphere through points (n, 3): |p|² = 2 p·c + (r² − |c|²) is linear in c and the bracket."""
    origin = points.mean(axis=0)
    local = (points - origin).astype(np.float64)
    system = np.column_stack([2 * local, np.ones(len(local))])
    solution = np.linalg.lstsq(system, (local**2).sum(axis=1), rcond=None)[0]
    center, constant = solution[:3], solution[3]
    return (center + origin).astype(np.float32), float(np.sqrt(constant + center @ center))
