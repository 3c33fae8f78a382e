"""How far the identities of a dataset are apart in its images, as recognisers see them."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import torch

from hyperface.datasets.labeled import LabeledImages
from hyperface.images import from_uint8
from hyperface.packing.neighbors import nearest_points
from hyperface.recognizers.base import Recognizer
from hyperface.sphere import angles

MOST_IDENTITIES = 200  # about five seconds for two recognisers
IMAGES = 2  # of each


def separation_seen(images: LabeledImages, recognizers: Sequence[Recognizer]) -> dict[str, dict[str, float]]:
    """Angles in degrees between the first images of the first identities, by the name of each recogniser.

    min_angle, mean_nearest_angle: to the nearest other identity. mean_own_angle: between two images of one identity.
    Identities with a single image are left out; with fewer than two others there is nothing to say: {}. PhotoError for
    an image that cannot be read.
    """
    rows = (np.flatnonzero(images.labels == identity)[:IMAGES] for identity in range(images.identities))
    chosen = list(islice((row for row in rows if len(row) == IMAGES), MOST_IDENTITIES))
    if len(chosen) < 2:
        return {}
    pixels = np.stack([images[index][0] for index in np.concatenate(chosen).tolist()])  # (2n, h, w, 3)
    faces = from_uint8(pixels)  # (2n, 3, h, w)
    return {recognizer.name: _figures(recognizer, faces) for recognizer in recognizers}


def _figures(recognizer: Recognizer, faces: torch.Tensor) -> dict[str, float]:
    with torch.inference_mode():
        first, second = recognizer.embed(faces).cpu().reshape(-1, IMAGES, recognizer.dimension).unbind(dim=1)  # (n, d)
    nearest = torch.rad2deg(angles(first, first[nearest_points(first)]))  # (n,)
    figures = {
        "min_angle": nearest.min(),
        "mean_nearest_angle": nearest.mean(),
        "mean_own_angle": torch.rad2deg(angles(first, second)).mean(),
    }
    # The last bits depend on how many threads compute; a dataset's card shall not.
    return {"identities": len(first), **{name: round(float(angle), 2) for name, angle in figures.items()}}
