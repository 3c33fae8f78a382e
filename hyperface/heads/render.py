"""One picture of one person: what belongs to the person is made once and kept (see parts), the rest is drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from hyperface.errors import require
from hyperface.heads.hair.strands import Strands
from hyperface.heads.identity.coordinates import Person
from hyperface.heads.kept import Kept
from hyperface.heads.light.shading import draw_strands, fill_background, shade_head, spread_normals, surface_of
from hyperface.heads.light.shadows import (
    DIRECTIONS,
    REACH,
    light_axes,
    shadow_map,
    shadow_taps,
    sphere_directions,
    surroundings,
)
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.numerics.noise import smooth_noise
from hyperface.heads.numerics.raster import normals_of, place, rasterize
from hyperface.heads.parts import KEPT_BYTES, Looks, looks_of
from hyperface.heads.photo.camera import crop_transform, develop, project, rotation
from hyperface.heads.photo.capture import Camera, Capture
from hyperface.heads.photo.scenes import paint_scene
from hyperface.heads.shape.model import load_head_model
from hyperface.heads.skin.chart import eyeballs
from hyperface.heads.worn.clothes import dressed, joined_to, neck_edge, neck_scale
from hyperface.heads.worn.solids import Solid, cast, draw
from hyperface.images import ALIGNED_SIZE

SMALLEST, LARGEST = 32, 1024  # pixels a side
_BEFORE = floats([0.0004, 0.0006])  # metres by which hair, and facial hair, count as nearer than they lie


class Studio:
    """Draws people, and keeps the parts of those it drew last. Several threads may draw in one at once."""

    def __init__(self, *, kept_bytes: int = KEPT_BYTES) -> None:
        """kept_bytes: of parts that are kept; those of the person being drawn are, in any case."""
        self.kept = Kept(kept_bytes)

    def photograph(
        self,
        z: Floats,
        capture: Capture,
        *,
        size: int = ALIGNED_SIZE,
        age: float | None = None,
        samples: int = 2,
        framing: float = 1.0,
        steady: bool = False,
    ) -> Floats:
        """One picture (size, size, 3), RGB in [0, 1], aligned to ArcFace's five points.

        z: (d,) identity coordinates within the bounds. age: in the phenotype's units (2/3 a young adult, 1 old); None
        for the person's own, moved by the capture. samples: per pixel along a side. framing: below 1 shows
        more around the face than the aligned crop does. steady: the head keeps its place and size however it is
        turned, as on a turntable, where the aligned crop follows the face.
        """
        require(
            isinstance(size, int | np.integer) and SMALLEST <= size <= LARGEST,
            f"A picture has {SMALLEST} to {LARGEST} pixels a side, and no part of one; {size} were asked for.",
        )
        detail = 1 if size <= 160 else 2 if size <= 256 else 3
        looks = looks_of(self.kept, z, capture, detail, age)
        return _drawn(looks, capture, size, samples, detail, framing, steady)


def _drawn(
    looks: Looks, capture: Capture, size: int, samples: int, detail: int, framing: float, steady: bool
) -> Floats:
    person, head, light, camera = looks.person, load_head_model(), capture.light, capture.camera
    turn = rotation(capture.yaw, capture.pitch, capture.roll)
    shaped = head.express(looks.vertices, capture.expression)
    if steady:
        transform = _turntable(shaped, turn, camera)
    else:
        five_points, _ = project(head.five_points(shaped) @ turn.T, camera.distance)
        transform = crop_transform(five_points, camera.jitter, capture.yaw)
    if framing != 1:
        transform *= np.float32(framing)
        transform[:, 2] += np.float32(ALIGNED_SIZE / 2 * (1 - framing)) * floats([1, 1.12])
    transform *= np.float32(samples * size / ALIGNED_SIZE)
    # Shadows are measured around the head's middle; the camera's own frame starts between the eyes.
    middle = floats(turn @ looks.middle)
    lens = floats([*middle, camera.distance])
    centered, screen, depth = place(shaped, turn, lens, transform)
    hairs = [looks.strands, *([] if looks.facial is None else [_carried(looks.facial, shaped - looks.vertices)])]
    threads = [place(hair.points.reshape(-1, 3), turn, lens, transform) for hair in hairs]

    arriving = surroundings(light, (sphere_directions() @ turn.T).astype(np.float32))  # (k, 3)
    arriving *= np.float32(4 / DIRECTIONS)  # irradiance is 1 in the open under radiance 1
    irradiance = floats(looks.visible @ arriving)  # (v, 3)
    normals = normals_of(centered, head.triangles)
    soft = spread_normals(spread_normals(normals, head.triangles), head.triangles)
    axes = light_axes(light)
    resolution = 256 if detail == 1 else 640
    shadow = shadow_map(centered, head.solid, threads[0][0].reshape(hairs[0].points.shape), axes, resolution)
    taps = shadow_taps(light.softness, resolution, (6, 14, 20)[detail - 1])
    worn = [looks.glasses.turned(turn).moved(-middle)] if looks.glasses else []
    for thing in worn:
        cast(thing, shadow, axes)

    side = size * samples
    index, weights, nearest = rasterize(screen, depth, head.triangles, side, side)
    image, face = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    distance = float(camera.distance + middle[1])
    shade_head(
        index, weights, head.triangles, _parts(),
        surface_of(centered, normals, soft, irradiance, axes), head.mean,
        looks.texels, looks.paint, _pores(), _eye_centers(), _colors(person), shadow, axes, taps, light.key,
        light.lobe_directions, light.lobe_sharpness, light.lobes, light.sky, light.ground,
        floats([distance, REACH, (0.0, 0.018, 0.028)[detail - 1] * person.pores, 1.5]), image, face,
    )  # fmt: skip
    rng = np.random.default_rng(capture.background)
    fill_background(nearest, paint_scene(capture.scene, capture.scene_stops, rng), image)
    body = _body_below(looks, capture, centered + middle, framing)
    _draw_thing(body.moved(-middle), middle, transform, capture, shadow, axes, taps, nearest, image)
    focal = float(np.hypot(transform[0, 0], transform[0, 1]))
    for hair, (points, plane, behind), before in zip(hairs, threads, _BEFORE, strict=False):
        lines = hair.inside.shape  # (n, k)
        behind = behind.reshape(lines) - before
        draw_strands(
            points.reshape(*lines, 3), hair.color, hair.inside, hair.nearest, irradiance, normals,
            plane.reshape(*lines, 2), behind, shadow, axes, taps[0], light.key, hair.width,
            np.argsort(-behind.mean(axis=1)).astype(np.int32), floats([distance, REACH, hair.shine, focal]),
            nearest, image,
        )  # fmt: skip
    for thing in worn:
        _draw_thing(thing, middle, transform, capture, shadow, axes, taps, nearest, image)
    return develop(image, face, person.skin, camera, size, rng)


def _draw_thing(
    thing: Solid, middle: Floats, transform: Floats, capture: Capture, shadow: Floats, axes: Floats, taps: Floats,
    nearest: Floats, image: Floats,
) -> None:  # fmt: skip
    """Draw a solid (around the head's middle, in the camera's frame), if any of it is in the picture."""
    distance = capture.camera.distance
    plane, depth = project(thing.vertices + middle, distance)
    screen = floats(plane @ transform[:, :2].T + transform[:, 2])
    if screen[:, 1].min() < len(image):
        draw(thing, screen, depth, capture.light, shadow, axes, taps[0], distance + float(middle[1]), nearest, image)


def _body_below(looks: Looks, capture: Capture, posed: Floats, framing: float) -> Solid:
    """Neck and shoulders below a posed head (v, 3): upright, and turned a part of the way that the head is."""
    edge = neck_edge()
    body = joined_to(dressed(looks.person, capture.clothes, neck_alone=framing >= 1), neck_scale(looks.vertices[edge]))
    way = rotation(capture.body_turn * capture.yaw, 0.15 * capture.pitch, 0.3 * capture.roll)
    return body.turned(way).moved(posed[edge].mean(axis=0))


def _turntable(vertices: Floats, turn: Floats, camera: Camera) -> Floats:
    """Like `crop_transform`, for a head (v, 3) that turns around its middle: size and place are the unturned one's."""
    axis = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    five_points, _ = project(load_head_model().five_points(vertices), camera.distance)
    transform = crop_transform(five_points, camera.jitter)
    there, _ = project(np.stack([axis, turn @ axis]), camera.distance)
    transform[:, 2] -= transform[:, :2] @ (there[1] - there[0])
    return transform


def _carried(hair: Strands, moved: Floats) -> Strands:
    """Facial hair that follows an expression, which moves the head's vertices so far (v, 3)."""
    return replace(hair, points=hair.points + moved[hair.nearest])


@lru_cache(maxsize=1)
def _parts() -> Indices:
    return load_head_model().parts.astype(np.int32)


@lru_cache(maxsize=1)
def _eye_centers() -> Floats:
    return np.stack([center for center, _ in eyeballs(load_head_model())])


@lru_cache(maxsize=1)
def _pores() -> Floats:
    """(1024, 1024, 2) small tilts of the skin."""
    rng = np.random.default_rng(3)
    field = np.stack([smooth_noise(rng, (512, 512), (200, 200)) + 0.6 * smooth_noise(rng, (512, 512), (400, 400))
                      for _ in range(2)], axis=-1)  # fmt: skip
    return np.ascontiguousarray(field, np.float32)


def _colors(person: Person) -> Floats:
    """Iris, white, teeth, mouth."""
    return np.stack([person.iris, floats([0.60, 0.56, 0.53]),
                     floats([0.62, 0.57, 0.48]) * np.float32(person.teeth), floats([0.28, 0.09, 0.08])])  # fmt: skip
