"""/embed: the faces of a photo, as embeddings; nothing is kept."""

from collections.abc import Callable
from typing import Any, Literal, TypedDict

from hyperface.defaults import RECOGNIZER
from hyperface.ui.api.answering import answering
from hyperface.ui.api.seen import embeddings_of, faces_of, known_recognizer
from hyperface.ui.parts.context import AppContext


class EmbeddedFace(TypedDict):
    """box: left, top, right, bottom, in pixels of the photo. confidence: the detector's. embedding: a unit vector."""

    box: list[float]
    confidence: float
    embedding: list[float]


class Embedded(TypedDict):
    """recognizer: its card. faces: the largest first. note: why there are none, or no more; usually empty."""

    recognizer: dict[str, Any]
    faces: list[EmbeddedFace]
    note: str


def embed_endpoint(context: AppContext) -> Callable[..., Embedded]:
    """The function behind /embed."""

    @answering(context)
    def embed(
        photo: str,
        recognizer: str = RECOGNIZER,
        aligned: Literal["auto", "yes", "no"] = "auto",
        detector: Literal["dlib", "yunet", "sfd", "blazeface", "auto"] = "dlib",
    ) -> Embedded:
        """Find the faces in a photo and embed each: a unit vector by which faces can be compared.

        The photo is read in memory and dropped: never written to disk, logged or shown to anybody else.

        Args:
            photo: An image file (JPEG, PNG, WebP, ...) in base64, as a data: URL or alone, up to 25 MB.
            recognizer: What embeds: dlib, dlib-heads, rendered-heads, the name of a run of `train`, or what
                /identities says of a packing. Only embeddings of one recogniser can be compared.
            aligned: Whether the picture is an aligned face already: auto (if it has 112 x 112 pixels), yes or no.
            detector: What finds faces: dlib comes with the app; the others fetch their weights the first time.

        Returns:
            A dict: recognizer (its card: name, training data, licence, ...), faces, the largest first, a list of dicts:
                box (left, top, right, bottom in pixels), confidence, embedding (a list of numbers, length 1); note (why
                there are no faces, else empty).
        """
        loaded = known_recognizer(context, recognizer)
        faces, note = faces_of(photo, aligned, detector)
        rows = embeddings_of(loaded, faces).tolist() if faces else []
        return {
            "recognizer": loaded.card.to_json(),
            "faces": [
                {"box": face.box.tolist(), "confidence": float(face.confidence), "embedding": row}
                for face, row in zip(faces, rows, strict=True)
            ],
            "note": note,
        }

    return embed
