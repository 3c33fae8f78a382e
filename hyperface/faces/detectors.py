"""Face detectors by name. A new one is one file and one line here."""

import logging
from collections.abc import Callable
from functools import cache

from hyperface.errors import AssetError
from hyperface.faces.base import Detector
from hyperface.registry import Registry

log = logging.getLogger(__name__)

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
