"""What belongs to a person in all pictures, or in all of one age or one hair style: shape, paint, hair, occlusion.

Each part is made when it is first needed and kept under what it follows from, so that twenty pictures of a person who
is shaved in some and older in others share all but what differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hyperface.heads.hair.facial_hair import facial_hair
from hyperface.heads.hair.growing import grow
from hyperface.heads.hair.hairstyles import HairStyle, style_for
from hyperface.heads.hair.strands import Strands, root_opacity, wear
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.coordinates import Person
from hyperface.heads.kept import Kept
from hyperface.heads.light.shadows import hollowness, sphere_directions, visibility
from hyperface.heads.numerics.arrays import Floats
from hyperface.heads.numerics.raster import normals_of
from hyperface.heads.photo.capture import Capture
from hyperface.heads.shape.model import Phenotype, load_head_model
from hyperface.heads.skin.chart import chart_of
from hyperface.heads.skin.paint import beard_region, paint_person, paint_picture
from hyperface.heads.worn.glasses import fitted, frames_for
from hyperface.heads.worn.solids import Solid

KEPT_BYTES = 128 * 2**20  # of parts that a studio keeps: those of about four people with all their looks at 112 pixels
_AGE_STEP = 0.05  # in which pictures shift a person's age


@dataclass(frozen=True)
class Looks:
    """What a person looks like in one picture, but for pose, expression and light."""

    person: Person
    vertices: Floats  # (v, 3) neutral head
    middle: Floats  # (3,) of the head, which light and shadows are measured around
    visible: Floats  # (v, k) what each vertex sees of each direction around the head
    strands: Strands
    facial: Strands | None  # brows, lashes and beard, where pictures are large enough to show hairs
    paint: Floats  # (h, w, 4)
    texels: Floats  # (t, 3, 2) of the paint
    glasses: Solid | None  # in the head's frame


@dataclass(frozen=True)
class _Body:
    """What of a person stays in all pictures of one detail."""

    person: Person
    changed: Floats  # (u, 3) how the person's own shape moves the vertices of a head
    visible: Floats  # (v, k) as in Looks, of the bare head
    paint: Floats  # (h, w, 4) without hair, beard and make-up
    beard: Floats | None  # (h, w) where facial hair grows, of those who have any


def looks_of(kept: Kept, z: Floats, capture: Capture, detail: int, age: float | None) -> Looks:
    """The looks of a person (d,) in a picture. age: in the phenotype's units; None for the person's own, moved by the
    capture."""
    row = np.ascontiguousarray(z, np.float32)
    who = (row.tobytes(), detail)
    body = kept.get(who, lambda: _body(row, detail))
    person = body.person
    shift = round(capture.age_shift / _AGE_STEP) * _AGE_STEP
    years = float(np.clip(person.phenotype.age + shift if age is None else age, 0.5, 1.0))
    style = style_for(person, capture.hair_style)
    grown = person.beard_length if capture.beard is None else capture.beard
    beard = grown if person.beard_density > 0.02 else 0.0
    made_up = person.makeup if capture.makeup is None else capture.makeup
    makeup = round(2 * made_up) / 2 if person.male < 0.5 else 0.0
    vertices = kept.get((who, years), lambda: _aged(person, body.changed, years))
    strands, roots = kept.get((who, years, style.name), lambda: _hair(person, vertices, style, years, detail))
    facial = None
    if detail > 1:
        facial = kept.get((who, years, "hairs", beard), lambda: facial_hair(person, vertices, years, beard))
    bare = body.paint  # a picture's small shift of age does not show on the skin
    if age is not None:
        bare = kept.get((who, "skin", years), lambda: paint_person(person, detail, years))
    paint = kept.get(
        (who, years, style.name, beard, makeup, age is None),
        lambda: paint_picture(
            person,
            bare,
            detail,
            age=years,
            beard=beard,
            makeup=makeup,
            hair=roots,
            root=0.26 if style.comb == "out" else 0.42,
            region=body.beard,
        ),
    )
    frames = frames_for(row, capture.glasses, capture.sunglasses)
    glasses = kept.get((who, years, frames), lambda: fitted(frames, vertices)) if frames else None
    visible = kept.get((who, style.name), lambda: body.visible * hair_shade(style))
    return Looks(person, vertices, vertices.mean(axis=0), visible, strands, facial, paint, _texels(detail), glasses)


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
    return _aged(person, load_head_model().changed(dict(person.changes)), age)


def _aged(person: Person, changed: Floats, age: float) -> Floats:
    head, own = load_head_model(), person.phenotype
    vertices = head.shaped(Phenotype(age, own.gender, own.muscle, own.weight, own.ancestry), changed)
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
    head, person = load_head_model(), coordinates.person(coordinates.check(z[None])[0])
    changed = head.changed(dict(person.changes))
    vertices = _aged(person, changed, person.phenotype.age)
    normals = normals_of(vertices, head.triangles)
    bare = np.zeros((0, 2, 3), np.float32)
    visible = visibility(vertices - vertices.mean(axis=0), normals, head.solid, bare, sphere_directions())
    visible *= hollowness(vertices, normals, head.triangles)[:, None]
    region = beard_region(person, chart_of(detail)) if person.beard_density > 0.02 else None
    return _Body(person, changed, visible, paint_person(person, detail, person.phenotype.age), region)


def _hair(person: Person, vertices: Floats, style: HairStyle, age: float, detail: int) -> tuple[Strands, Floats]:
    """The strands of a style, and how much of the scalp (h, w) their roots hide."""
    count = 1800 if detail == 1 else 5000 if detail == 2 else 9000
    return wear(person, vertices, style, age, count), root_opacity(person, chart_of(detail), style, age)


@lru_cache(maxsize=3)
def _texels(detail: int) -> Floats:
    return chart_of(detail).corner_texels()
