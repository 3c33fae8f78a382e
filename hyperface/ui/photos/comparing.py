"""Faces found in photos beside the identities of a packing and the faces of its gallery."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hyperface.errors import HyperFaceError, InputError
from hyperface.ui.parts.balls import Ball
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import Packed, gallery_of
from hyperface.ui.photos.matches import Match, MatchedFace, Zones, matched_face, similarity_table
from hyperface.ui.photos.sphere import sphere_with_faces

if TYPE_CHECKING:
    import torch

    from hyperface.faces import Face

MATCHES = 5  # nearest identities and gallery faces shown for a face
FALSE_MATCHES = 0.001  # share of pairs of strangers that the threshold of the similarity matrix lets pass
ALIKE = 0.05  # share of pairs of strangers that are called look-alikes


@dataclass(frozen=True)
class SeenFaces:
    """What a visitor's session remembers: aligned faces (m, 3, 112, 112) and detector scores (m)."""

    images: torch.Tensor
    confidences: tuple[float, ...]


def seen_faces(faces: Sequence[Face]) -> SeenFaces:
    """What a session remembers of these faces, of which there is at least one."""
    import torch

    images = torch.stack([face.image for face in faces])  # (m, 3, 112, 112)
    return SeenFaces(images, tuple(float(face.confidence) for face in faces))


def embed(context: AppContext, packed: Packed, seen: SeenFaces) -> torch.Tensor:
    """The faces' embeddings (m, d) by the recogniser of the packing: those of another could not be compared with it."""
    import torch

    try:
        recognizer = context.recognizer(packed.recognizer)
    except HyperFaceError as error:
        raise InputError(
            f"This packing is made of embeddings of the recogniser {packed.recognizer!r}, which cannot be loaded here: "
            f"faces cannot be compared with it. {error}"
        ) from error
    with torch.inference_mode():
        return recognizer.embed(seen.images)


def cards_text(context: AppContext, packed: Packed, seen: SeenFaces, embeddings: torch.Tensor) -> str:
    """HTML: every face with its nearest identities and gallery faces, then how alike the faces are."""
    from hyperface import sphere

    gallery = gallery_of(context, packed.run)
    cosines, numbers = packed.most_alike(embeddings, MATCHES)  # (m, k) each
    gallery_cosines, places = gallery.nearest(embeddings, MATCHES, recognizer=packed.recognizer)  # (m, k) each
    drawn, zones = _drawn(context, packed, numbers), zones_of(context, packed)
    cards = []
    for i, (image, confidence) in enumerate(zip(seen.images, seen.confidences, strict=True)):
        identities = [
            Match("identity", number, drawn[i][k], float(cosines[i, k]), float(sphere.angle_degrees(cosines[i, k])))
            for k, number in enumerate(numbers[i].tolist())
        ]
        neighbors = [
            Match(
                "gallery face",
                place,
                gallery.thumbnails[place],
                float(gallery_cosines[i, k]),
                float(sphere.angle_degrees(gallery_cosines[i, k])),
            )
            for k, place in enumerate(places[i].tolist())
        ]
        cards.append(matched_face(MatchedFace(i + 1, image, confidence, identities, neighbors), zones))
    threshold = context.cached(
        ("threshold", packed.run.options["gallery"]), lambda: gallery.stranger_threshold(FALSE_MATCHES)
    )
    table = similarity_table((embeddings @ embeddings.T).tolist(), threshold, FALSE_MATCHES)
    return f'<div class="hf-cards">{"".join(cards)}</div>{table}'


def zones_of(context: AppContext, packed: Packed) -> Zones | None:
    """Where one person ends and strangers begin, as the packing's gallery has it; None where it is too small to say."""
    from hyperface import sphere

    gallery = gallery_of(context, packed.run)
    same, alike = (
        context.cached(
            ("zone", packed.run.options["gallery"], rate), functools.partial(gallery.stranger_threshold, rate)
        )
        for rate in (FALSE_MATCHES, ALIKE)
    )
    if same is None or alike is None:
        return None
    return Zones(float(sphere.angle_degrees(same)), float(sphere.angle_degrees(alike)))


def _drawn(context: AppContext, packed: Packed, numbers: torch.Tensor) -> Sequence[Sequence[torch.Tensor | np.ndarray]]:
    """A picture of each of these identities (m, k); a blank one if the generator draws another recogniser's."""
    generator = context.artist(packed.space)
    if not generator.space.same(packed.space):
        return [[np.full((48, 48, 3), 128, np.uint8)] * numbers.shape[1]] * len(numbers)
    wanted = packed.embeddings[numbers.flatten()]  # (m·k, d)
    drawn = generator.generate(wanted, [0] * len(wanted))  # (m·k, 3, h, w)
    return [list(row) for row in drawn.reshape(*numbers.shape, *drawn.shape[1:])]


def sphere_with(packed: Packed, seen: SeenFaces, embeddings: torch.Tensor) -> Ball:
    """The sphere with the faces on it, as the run's own picture shows it where it has one."""
    from hyperface.projection import SphereProjection

    projection = SphereProjection.from_picture(packed.embeddings, packed.points)
    return sphere_with_faces(packed, projection.place(embeddings), embeddings, seen.images)
