"""What every face detector offers: pixels in, boxes and five landmarks out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Detection:
    """One face, in pixel indices of the photo: (0, 0) is the centre of its upper left pixel.

    box: (4,) float64, left, top, right, bottom; it may reach outside the photo. landmarks: (5, 2) float64, x and y.
    confidence: the detector's own score; higher is surer, the scale differs from detector to detector.
    """

    box: np.ndarray
    landmarks: np.ndarray
    confidence: float


class Detector(ABC):
    """Finds faces. A detector's landmarks are its own; `template` says where they go in the aligned crop."""

    name: str
    landmark_names: tuple[str, ...]  # 5, left and right as seen
    template: np.ndarray  # (5, 2) pixels of the 112×112 crop

    @abstractmethod
    def detect(self, photo: np.ndarray) -> list[Detection]:
        """All faces of a photo, uint8 (h, w, 3) RGB of any size, in any order. Safe to call from several threads."""
