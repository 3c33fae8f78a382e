"""What the file of the head model must hold, checked before anything is made of it.

Compiled passes take its indices as they are: one that points nowhere would not be an error there, but a crash.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[np.generic]]


def check(tensors: Tensors, shapes: int) -> None:
    """ValueError, saying what is wrong, or KeyError for a tensor that is missing. shapes: how many have a name."""
    for name, values in tensors.items():
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            raise ValueError(f"{name} holds numbers that are none")
    (vertices, axes), (count, _) = _shape(tensors, "mean", 2), _shape(tensors, "triangles", 2)
    basis = _shape(tensors, "anchor_basis", 3)[0]
    moved = _shape(tensors, "shape_vertices", 1)[0]
    expected = {
        "mean": (vertices, 3), "triangles": (count, 3), "parts": (count,), "corner_uv": (count, 3, 2),
        "anchor_basis": (basis, vertices, axes), "anchor_steps": (basis,), "anchor_weights": (162, basis),
        "shape_vertices": (moved,), "shape_values": (moved, 3), "shape_steps": (shapes,), "shape_starts": (shapes + 1,),
    }  # fmt: skip
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ValueError(f"{name} has the shape {tensors[name].shape}, not {shape}")
    starts = tensors["shape_starts"]
    if starts[0] != 0 or starts[-1] != moved or (np.diff(starts.astype(np.int64)) < 0).any():
        raise ValueError("its shapes do not follow each other")
    for name in ("triangles", "shape_vertices", *(name for name in tensors if name.startswith("landmark_"))):
        index = tensors[name].astype(np.int64)
        if index.size == 0 or index.min() < 0 or index.max() >= vertices:
            raise ValueError(f"{name} points to a vertex that is not there")


def _shape(tensors: Tensors, name: str, axes: int) -> tuple[int, ...]:
    shape = tensors[name].shape
    if len(shape) != axes:
        raise ValueError(f"{name} has {len(shape)} axes, not {axes}")
    return shape
