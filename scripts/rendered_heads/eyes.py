"""Painting the eyeballs: white, iris, pupil."""

from dataclasses import dataclass

import numpy as np

from .chart import fit_sphere
from .head_model import HeadModel
from .identities import Identity
from .noise import smooth_step

IRIS_RADIUS = 0.0060  # metres
PUPIL_RADIUS = 0.0022
_WHITE = np.float32([0.70, 0.66, 0.63])


@dataclass(frozen=True)
class EyePaint:
    """A person's eyes, painted on the eyeballs of the mean head looking straight ahead."""

    centers: np.ndarray  # (2, 3) metres, right and left
    iris: np.ndarray  # (3,) linear RGB

    @classmethod
    def of(cls, head: HeadModel, identity: Identity) -> "EyePaint":
        centers = np.stack([fit_sphere(head.mean[eyeball])[0] for eyeball in head.eyeballs])
        return cls(centers, identity.coloring.iris)

    def albedo(self, position: np.ndarray) -> np.ndarray:
        """(n, 3) at positions (n, 3) of the mean head: white, redder at the corners; iris with a dark rim; pupil."""
        offset = position - self.centers[(position[:, 0] > 0).astype(int)]
        distance = np.hypot(offset[:, 0], offset[:, 2])[:, None]  # from the line of sight
        redness = smooth_step(IRIS_RADIUS, 0.014, distance)
        white = _WHITE * (1 - redness * np.float32([0.05, 0.20, 0.20]))
        iris = self.iris * (0.7 + 0.7 * smooth_step(0.0, IRIS_RADIUS, distance))
        iris = iris * (1 - 0.75 * smooth_step(0.82 * IRIS_RADIUS, 0.98 * IRIS_RADIUS, distance))
        iris = iris * smooth_step(PUPIL_RADIUS - 0.0003, PUPIL_RADIUS + 0.0003, distance) + 0.004
        edge = smooth_step(0.96 * IRIS_RADIUS, 1.06 * IRIS_RADIUS, distance)
        return (iris * (1 - edge) + white * edge).astype(np.float32)
