"""Face detectors: pixels in, boxes and five landmarks out. A new one is one file and one line here."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from hyperface.errors import AssetError
from hyperface.registry import Registry

log = logging.getLogger(__name__)


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


REGISTRY: Registry[Detector] = Registry("detector")


@REGISTRY.register("dlib")
def _dlib() -> Detector:
    from hyperface.faces.dlib_detector import DlibDetector

    return DlibDetector()


def _face_alignment(kind: str) -> Callable[[], Detector]:
    def load_kind() -> Detector:
        from hyperface.faces.face_alignment_detector import FaceAlignmentDetector

        return FaceAlignmentDetector(kind)

    return load_kind


for _kind in ("sfd", "blazeface", "retinaface", "yunet"):
    REGISTRY.register(_kind)(_face_alignment(_kind))


@REGISTRY.register("auto")
def _auto() -> Detector:
    """The most robust that is quick on any machine; dlib's where its weights cannot be had."""
    try:
        return load_detector("yunet")
    except AssetError as error:
        log.warning("Faces are looked for with dlib's detector instead of YuNet. %s", error)
        return load_detector("dlib")


@cache
def load_detector(name: str) -> Detector:
    """The detector of that name, loaded once and then shared. UnknownNameError lists the names that exist."""
    return REGISTRY.load(name)
