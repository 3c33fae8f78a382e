"""Faces in, a gallery out: kept where there is one, embedded, and made small."""

import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from hyperface.errors import InputError, NoFaceError
from hyperface.faces import Face
from hyperface.gallery.base import Gallery
from hyperface.gallery.thumbnails import shrink
from hyperface.generators.base import GalleryGeneratorCard
from hyperface.recognizers.base import Recognizer


@dataclass(frozen=True)
class GalleryStep:
    """Progress of a gallery being made."""

    step: int  # faces kept so far
    total: int  # faces wanted
    tried: int  # pictures looked at; the rest had no detectable face or could not be read
    seconds_left: float


def build(
    faces: Iterable[tuple[str, Face | None]],
    recognizer: Recognizer,
    *,
    count: int,
    name: str,
    generator: str,
    generator_card: GalleryGeneratorCard | None = None,
    batch_size: int = 64,
) -> Generator[GalleryStep, None, Gallery]:
    """Keep the first `count` detectable faces and embed them: progress after each batch, in the end the gallery.

    `steps.finish(build(…))` runs it to its end.

    Args:
        faces: (source, face or None where there is none), as `sample_faces(...)` or `folder_faces(...)` give them.
            Fewer than `count` in them make a smaller gallery.
        recognizer: what embeds them, where it is; the embeddings come to the CPU.
        count: how many to keep, ≥ 1.
        name: what the gallery is called.
        generator: where the faces are from, for the gallery's record.
        generator_card: of what drew them, None of photos.
        batch_size: faces embedded at a time, and kept between two steps.

    Returns:
        The gallery.

    Raises:
        InputError: A count below 1; on the way, as is the other.
        NoFaceError: No picture has a face.
    """
    if count < 1:
        raise InputError(f"A gallery needs at least one face; {count} were asked for.")
    started = time.monotonic()
    waiting: list[torch.Tensor] = []
    embeddings: list[torch.Tensor] = []
    lengths: list[torch.Tensor] = []
    thumbnails: list[np.ndarray] = []
    sources: list[str] = []
    tried = 0

    def flush() -> GalleryStep:
        images = torch.stack(waiting)  # (b, 3, 112, 112)
        waiting.clear()
        with torch.inference_mode():
            features = recognizer.features(images).float()
        lengths.append(features.norm(dim=1))
        embeddings.append(F.normalize(features, dim=1))
        thumbnails.append(shrink(images))
        elapsed = time.monotonic() - started
        return GalleryStep(len(sources), count, tried, elapsed / len(sources) * (count - len(sources)))

    for source, face in faces:
        tried += 1
        if face is None:
            continue
        sources.append(source)
        waiting.append(face.image)
        if len(waiting) == batch_size and len(sources) < count:
            yield flush()
        if len(sources) == count:
            break
    if waiting:
        flush()
    if not sources:
        raise NoFaceError(f"No face was found in {tried} pictures, so there is no gallery to make.")
    yield GalleryStep(len(sources), len(sources), tried, 0.0)
    return Gallery(
        name,
        recognizer.name,
        generator,
        torch.cat(embeddings).cpu().clone(),
        np.concatenate(thumbnails),
        tuple(sources),
        recognizer.card,
        generator_card,
        float(torch.cat(lengths).mean()),
    )
