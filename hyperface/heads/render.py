"""One picture of one person: what belongs to the person is made once and kept, the rest is drawn.

A `Studio` keeps the parts of the last people it drew (skin, what each point of the head sees of its surroundings,
hair), so that twenty pictures of a person make them once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np

from hyperface.errors import require
from hyperface.heads import coordinates
from hyperface.heads.arrays import Floats, floats
from hyperface.heads.camera import crop_transform, develop, project, rotation
from hyperface.heads.capture import Capture
from hyperface.heads.chart import chart_of, eyeballs
from hyperface.heads.coordinates import Person
from hyperface.heads.facial_hair import facial_hair
from hyperface.heads.growing import grow
from hyperface.heads.hair import Strands, root_opacity, wear
from hyperface.heads.hairstyles import HairStyle, style_for
from hyperface.heads.light import (
    DIRECTIONS,
    REACH,
    hollowness,
    light_axes,
    shadow_map,
    shadow_taps,
    sphere_directions,
    surroundings,
    visibility,
)
from hyperface.heads.model import Phenotype, load_head_model
from hyperface.heads.noise import smooth_noise
from hyperface.heads.raster import normals_of, rasterize
from hyperface.heads.scenes import paint_scene
from hyperface.heads.shading import draw_strands, fill_background, shade_head, spread_normals
from hyperface.heads.skin import paint_person, paint_picture
from hyperface.images import ALIGNED_SIZE

SMALLEST, LARGEST = 32, 1024  # pixels a side
KEPT = 24  # people, and looks of people, whose parts are kept: about 5 MB each at 112 pixels, 40 at 448
_AGE_STEP = 0.05  # in which pictures shift a person's age

T = TypeVar("T")


@dataclass(frozen=True)
class _Looks:
    """What of a person changes with age, beard, make-up or hair, and is kept as well."""

    vertices: Floats  # (v, 3) neutral head
    middle: Floats  # (3,) of the head, which light and shadows are measured around
    visible: Floats  # (v, k) what each vertex sees of each direction around the head
    strands: Strands
    facial: Strands | None  # brows, lashes and beard, where pictures are large enough to show hairs
    paint: Floats  # (h, w, 4)
    texels: Floats  # (t, 3, 2) of the paint


@dataclass(frozen=True)
class _Body:
    """What of a person stays in all pictures of one detail."""

    person: Person
    visible: Floats  # (v, k) what each vertex of the bare head sees of each direction around it
    paint: Floats  # (h, w, 4) without hair, beard and make-up


class Studio:
    """Draws people, and keeps the parts of those it drew last. Not shared between threads."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._bodies: _Kept[_Body] = _Kept(kept)
        self._looks: _Kept[_Looks] = _Kept(kept)

    def photograph(
        self,
        z: Floats,
        capture: Capture,
        *,
        size: int = ALIGNED_SIZE,
        age: float | None = None,
        samples: int = 2,
        framing: float = 1.0,
    ) -> Floats:
        """One picture (size, size, 3), RGB in [0, 1], aligned to ArcFace's five points.

        z: (d,) identity coordinates within the bounds. age: in the phenotype's units (2/3 a young adult, 1 old); None
        for the person's own, moved by the capture. samples: per pixel along a side. framing: below 1 shows
        more around the face than the aligned crop does.
        """
        require(
            SMALLEST <= size <= LARGEST, f"A picture has {SMALLEST} to {LARGEST} pixels a side; {size} were asked for."
        )
        detail = 1 if size <= 160 else 2 if size <= 256 else 3
        who = (np.ascontiguousarray(z, np.float32).tobytes(), detail)
        body = self._bodies.get(who, lambda: _body(np.asarray(z, np.float32), detail))
        person = body.person
        shift = round(capture.age_shift / _AGE_STEP) * _AGE_STEP
        years = float(np.clip(person.phenotype.age + shift if age is None else age, 0.5, 1.0))
        style = style_for(person, capture.hair_style)
        beard = capture.beard if person.beard_density > 0.02 else 0.0
        makeup = round(2 * capture.makeup) / 2 if person.male < 0.5 else 0.0
        name = (*who, style.name, beard, makeup, years)
        looks = self._looks.get(name, lambda: _made(body, style, years, detail, beard, makeup))
        return _drawn(person, looks, capture, size, samples, detail, framing)


class _Kept(Generic[T]):
    """The last few things that were made, by name."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[object, T] = OrderedDict()

    def get(self, name: object, make: Callable[[], T]) -> T:
        if name not in self._things:
            self._things[name] = make()
            while len(self._things) > self._most:
                self._things.popitem(last=False)
        self._things.move_to_end(name)
        return self._things[name]

    def __len__(self) -> int:
        return len(self._things)


@lru_cache(maxsize=32)
def hair_shade(style: HairStyle) -> Floats:
    """Share (v, k) of what the mean head's vertices see of each direction that a style leaves to see."""
    head = load_head_model()
    middle = head.mean.mean(axis=0)
    normals, directions = normals_of(head.mean, head.triangles), sphere_directions()
    strands = np.ascontiguousarray(grow(style).points[:1800] - middle)
    hidden = visibility(head.mean - middle, normals, head.solid, strands, directions)
    open_ = visibility(head.mean - middle, normals, head.solid, strands[:0], directions)
    return np.asarray(np.where(open_ > 0, hidden / np.maximum(open_, 1e-6), 1), np.float32)


def neutral_head(person: Person, age: float) -> Floats:
    """A person's head (v, 3) without an expression, its lids as far open as the person's are."""
    head, own = load_head_model(), person.phenotype
    phenotype = Phenotype(age, own.gender, own.muscle, own.weight, own.ancestry)
    vertices = head.shape(phenotype, dict(person.changes))
    openings = head.lid_openings(vertices)
    wanted = person.lid_opening - 0.0008 * max(0.0, (age - 0.75) / 0.25)
    for side, name in enumerate(("Right", "Left")):
        for action in (f"eyeWide{name}", f"eyeBlink{name}"):
            moved = head.lid_openings(head.express(vertices, {action: 0.25}))[side] - openings[side]
            need = float(wanted - openings[side])
            if moved * need > 0:
                vertices = head.express(vertices, {action: min(0.25 * need / float(moved), 1.5)})
                break
    return vertices


def _body(z: Floats, detail: int) -> _Body:
    head, person = load_head_model(), coordinates.person(z)
    vertices = neutral_head(person, person.phenotype.age)
    normals = normals_of(vertices, head.triangles)
    bare = np.zeros((0, 2, 3), np.float32)
    visible = visibility(vertices - vertices.mean(axis=0), normals, head.solid, bare, sphere_directions())
    visible *= hollowness(vertices, normals, head.triangles)[:, None]
    return _Body(person, visible, paint_person(person, detail, person.phenotype.age))


def _made(body: _Body, style: HairStyle, age: float, detail: int, beard: float, makeup: float) -> _Looks:
    person = body.person
    vertices = neutral_head(person, age)
    count = 1500 if detail == 1 else 5000 if detail == 2 else 9000
    return _Looks(
        vertices=vertices,
        middle=vertices.mean(axis=0),
        visible=body.visible * hair_shade(style),
        strands=wear(person, vertices, style, age, count),
        facial=facial_hair(person, vertices, age, beard) if detail > 1 else None,
        paint=paint_picture(
            person, body.paint, detail, age=age, beard=beard, makeup=makeup,
            hair=root_opacity(person, chart_of(detail), style, age),
        ),
        texels=_texels(detail),
    )  # fmt: skip


def _drawn(
    person: Person, looks: _Looks, capture: Capture, size: int, samples: int, detail: int, framing: float
) -> Floats:
    head, light, camera = load_head_model(), capture.light, capture.camera
    turn = rotation(capture.yaw, capture.pitch, capture.roll)
    shaped = head.express(looks.vertices, capture.expression)
    posed = (shaped @ turn.T).astype(np.float32)
    strands = _turned(looks.strands.points, turn)  # (n, k, 3)

    plane, depth = project(posed, camera.distance)
    five_points, _ = project(head.five_points(posed), camera.distance)
    transform = crop_transform(five_points, camera.jitter, capture.yaw)
    if framing != 1:
        transform *= np.float32(framing)
        transform[:, 2] += np.float32(ALIGNED_SIZE / 2 * (1 - framing)) * floats([1, 1.12])
    transform *= np.float32(samples * size / ALIGNED_SIZE)
    screen = plane @ transform[:, :2].T + transform[:, 2]
    strand_plane, strand_depth = project(strands, camera.distance)
    strand_screen = _placed(strand_plane, transform)

    arriving = surroundings(light, (sphere_directions() @ turn.T).astype(np.float32))  # (k, 3)
    irradiance = looks.visible @ arriving * np.float32(4 / DIRECTIONS)  # (v, 3), 1 in the open under radiance 1
    normals = normals_of(posed, head.triangles)
    middle = turn @ looks.middle
    # Shadows are measured around the head's middle; the camera's own frame starts between the eyes.
    centered, centered_strands = posed - middle, strands - middle
    axes = light_axes(light)
    resolution = 256 if detail == 1 else 640
    shadow = shadow_map(centered, head.solid, centered_strands, axes, resolution)
    taps = shadow_taps(light.softness, resolution, 8 if detail == 1 else 24)

    side = size * samples
    index, weights, nearest = rasterize(screen, depth, head.triangles, side, side)
    image, face = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    distance = float(camera.distance + middle[1])
    shade_head(
        index, weights, head.triangles, head.parts.astype(np.int32), centered, normals,
        spread_normals(spread_normals(normals, head.triangles), head.triangles), irradiance, head.mean,
        looks.texels, looks.paint, _pores(), _eye_centers(), _colors(person), shadow, axes, taps, light.key,
        light.lobe_directions, light.lobe_sharpness, light.lobes, light.sky, light.ground,
        floats([distance, REACH, 0.0 if detail == 1 else 0.045 * person.pores, 1.0]), image, face,
    )  # fmt: skip
    rng = np.random.default_rng(capture.background)
    fill_background(nearest, paint_scene(capture.scene, capture.scene_stops, rng), image)
    focal = float(np.hypot(transform[0, 0], transform[0, 1]))
    for hair, points, plane_, behind in (
        (looks.strands, centered_strands, strand_screen, strand_depth - np.float32(0.0004)),
        *_facial(looks, shaped, turn, middle, transform, camera.distance),
    ):
        draw_strands(
            points, hair.color, hair.inside, hair.nearest, irradiance, normals, plane_, behind, shadow, axes,
            taps[::2], light.key, hair.width, np.argsort(-behind.mean(axis=1)),
            floats([distance, REACH, hair.shine, focal]), nearest, image,
        )  # fmt: skip
    return develop(image, face, person.skin, camera, size, rng)


def _facial(
    looks: _Looks, shaped: Floats, turn: Floats, middle: Floats, transform: Floats, distance: float
) -> list[tuple[Strands, Floats, Floats, Floats]]:
    """Facial hair moved by the expression (shaped: (v, 3)) and turned: itself, points, screen, depth."""
    if looks.facial is None:
        return []
    facial = _turned(looks.facial.points + (shaped - looks.vertices)[looks.facial.nearest], turn)
    plane, depth = project(facial, distance)
    return [(looks.facial, facial - middle, _placed(plane, transform), depth - np.float32(0.0006))]


@lru_cache(maxsize=3)
def _texels(detail: int) -> Floats:
    return chart_of(detail).corner_texels()


def _turned(points: Floats, turn: Floats) -> Floats:
    """(n, k, 3) turned; as one product, which is much faster than n small ones."""
    return np.asarray(points.reshape(-1, 3) @ turn.T, np.float32).reshape(points.shape)


def _placed(plane: Floats, transform: Floats) -> Floats:
    """Image plane (n, k, 2) → samples (n, k, 2)."""
    return (plane.reshape(-1, 2) @ transform[:, :2].T + transform[:, 2]).reshape(plane.shape)


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
    return np.stack([person.iris, floats([0.66, 0.62, 0.59]),
                     floats([0.62, 0.57, 0.48]) * np.float32(person.teeth), floats([0.28, 0.09, 0.08])])  # fmt: skip
