"""Random faces of an unconditional generator, found and aligned."""

import itertools
import os
from collections.abc import Iterator

import numpy as np

from hyperface.faces import Face, largest_face
from hyperface.generators.base import GalleryGenerator
from hyperface.images import to_uint8
from hyperface.threads import map_ahead


def sample_faces(
    generator: GalleryGenerator, *, seed: int = 0, batch_size: int = 64, detector: str = "dlib"
) -> Iterator[tuple[str, Face | None]]:
    """Endless faces of a generator as (source, aligned face), None where the detector finds no face."""

    family = generator.name.partition(":")[0]  # without its weights: the gallery's card has them

    def pictures() -> Iterator[tuple[str, np.ndarray]]:
        for start in itertools.count(seed, batch_size):
            seeds = range(start, start + batch_size)
            for number, photo in zip(seeds, to_uint8(generator.sample(seeds)), strict=True):
                yield f"{family}:{number}", photo

    workers = os.cpu_count() or 1
    found = map_ahead(lambda picture: largest_face(picture[1], detector=detector), pictures(), workers=workers)
    for (source, _), face in found:
        yield source, face
