"""Faces: a photo in, aligned 112×112 faces out.

photo = load_photo("group.jpg")
for face in align(photo):
    face.image  # (3, 112, 112)
"""

from hyperface.faces.alignment import Face, align, largest_face
from hyperface.faces.base import Detection, Detector
from hyperface.faces.crops import ALIGNED, faces_in, is_aligned
from hyperface.faces.detectors import REGISTRY
from hyperface.faces.photos import load_photo

__all__ = [
    "ALIGNED",
    "REGISTRY",
    "Detection",
    "Detector",
    "Face",
    "align",
    "faces_in",
    "is_aligned",
    "largest_face",
    "load_photo",
]
