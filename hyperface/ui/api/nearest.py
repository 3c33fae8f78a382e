"""/nearest: who of a packing is most like a face."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict

from hyperface.errors import InputError, NoFaceError
from hyperface.ui.api import asked
from hyperface.ui.api.answering import answering
from hyperface.ui.api.seen import embeddings_of, faces_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import Packed, load_packed
from hyperface.ui.photos.comparing import zones_of

if TYPE_CHECKING:
    import torch

MOST = 100  # identities of one answer


class Neighbor(TypedDict):
    """An identity of the packing, `angle` degrees away."""

    identity: int
    angle: float
    cosine: float


class NearestOfFace(TypedDict):
    """box: where the face is in the photo; None of an embedding. nearest: the closest first."""

    box: list[float] | None
    nearest: list[Neighbor]


class Nearest(TypedDict):
    """same_angle, alike_angle: up to so many degrees two faces pass as one person, and are look-alikes."""

    run: str
    recognizer: str
    same_angle: float | None
    alike_angle: float | None
    faces: list[NearestOfFace]


def nearest_endpoint(context: AppContext) -> Callable[..., Nearest]:
    """The function behind /nearest."""

    @answering(context)
    def nearest(run: str, photo: str | None = None, embedding: list[float] | None = None, k: int = 5) -> Nearest:
        """Look for somebody in a packing: its people who are nearest to the faces of a photo, or to an embedding.

        Give either a photo or an embedding. A photo is read in memory and dropped.

        Args:
            run: Name of a packing, as /pack gave it or /runs lists it; pack-demo is ready-made.
            photo: An image file (JPEG, PNG, WebP, ...) in base64, as a data: URL or alone, up to 25 MB.
            embedding: A face as /embed gives it, by the packing's own recogniser (/identities names it).
            k: How many people for each face, 1 to 100.

        Returns:
            A dict: run, recognizer, same_angle (up to so many degrees two faces pass as one person, for one in 1,000
                pairs of strangers too) and alike_angle (they are look-alikes), faces, a list of dicts: box (left, top,
                right, bottom; None of an embedding), nearest, a list of dicts: identity, angle (degrees), cosine.
        """
        packed = load_packed(context, asked.run_name(run))
        count = asked.whole(k, "k", 1, MOST)
        boxes, rows = _looked_for(context, packed, photo, embedding)
        zones = zones_of(context, packed)
        return {
            "run": packed.run.name,
            "recognizer": packed.recognizer,
            "same_angle": None if zones is None else zones.same,
            "alike_angle": None if zones is None else zones.alike,
            "faces": _faces(packed, boxes, rows, count),
        }

    return nearest


def _looked_for(
    context: AppContext, packed: Packed, photo: object, embedding: object
) -> tuple[list[list[float] | None], "torch.Tensor"]:
    """Where each face is, and embeddings (m, d). InputError unless one of the two is given, NoFaceError for none."""
    if (photo is None) == (embedding is None):
        raise InputError("Give either a photo or an embedding.")
    if photo is None:
        return [None], asked.embedding(embedding, packed.embeddings.shape[1], packed.recognizer)
    faces, note = faces_of(photo)
    if not faces:
        raise NoFaceError(note)
    return [face.box.tolist() for face in faces], embeddings_of(context.recognizer(packed.recognizer), faces)


def _faces(packed: Packed, boxes: list[list[float] | None], rows: "torch.Tensor", count: int) -> list[NearestOfFace]:
    from hyperface import sphere

    cosines, numbers = packed.most_alike(rows, count)  # (m, k) each
    return [
        {
            "box": box,
            "nearest": [
                {"identity": number, "angle": float(sphere.angle_degrees(cosine)), "cosine": cosine}
                for number, cosine in zip(numbers[face].tolist(), cosines[face].tolist(), strict=True)
            ],
        }
        for face, box in enumerate(boxes)
    ]
