"""dlib's frontal face detector (D. King: HOG features, five linear filters of 80×80 pixels) and five-point predictor.

Three views of the photo are searched, because the detector sees neither faces under 80 pixels nor faces that touch
the border:
- the whole frame at thumbnail size with its border repeated outwards: faces that fill the photo;
- the photo at twice its size, or as large as a pixel budget allows: the others, from 40 pixels;
- if neither has a sure one, once more with four times the budget.
Landmarks are then found in the photo itself, not in the view that the face was found in.
"""

import dlib
import numpy as np
from PIL import Image

from hyperface.assets import find_model_file
from hyperface.faces.detectors import Detection, Detector
from hyperface.faces.template import DLIB_LANDMARKS, DLIB_TEMPLATE

PREDICTOR_FILE = "shape_predictor_5_face_landmarks.dat"  # CC0; the package's 68-point file is for research only

THUMBNAIL_SIZE = 224  # pixels, longest side of the whole-frame view
THUMBNAIL_MARGIN = 0.25  # of each side
SEARCH_PIXELS = 4_000_000  # budget of the second view: about 0.3 s on one core
LAST_SEARCH_PIXELS = 16_000_000
LARGEST_SCALE = 2.0  # enlarging further finds no more faces
LARGEST_THUMBNAIL_SCALE = 4.0
# Chance finds in texture score under 0.15 (faces mostly over 0.5): one is believed only if there is nothing better.
SURE_SCORE = 0.2
SAME_FACE_OVERLAP = 0.3  # intersection over union of two boxes

LANDMARK_FACE_SIZE = 400  # pixels of the box when landmarks are found: dlib rounds them to whole pixels
LANDMARK_MARGIN = 0.5  # of the box on each side, for the predictor to look at


class DlibDetector(Detector):
    """`align(photo, detector="dlib")`. AssetError if the predictor's file is not installed."""

    name = "dlib"
    landmark_names = DLIB_LANDMARKS
    template = DLIB_TEMPLATE

    def __init__(self) -> None:
        self._predictor = dlib.shape_predictor(str(find_model_file(PREDICTOR_FILE)))
        # dlib lets other threads run while it searches, but a search changes the detector: each search takes one
        # that is free, or makes one, which takes a moment.
        self._free_detectors = [dlib.get_frontal_face_detector()]

    def detect(self, photo: np.ndarray) -> list[Detection]:
        height, width = photo.shape[:2]
        picture = Image.fromarray(photo)
        thumbnail_scale = min(LARGEST_THUMBNAIL_SCALE, THUMBNAIL_SIZE / max(height, width))
        found = self._search(picture, thumbnail_scale, THUMBNAIL_MARGIN)
        scale = thumbnail_scale
        for budget in (SEARCH_PIXELS, LAST_SEARCH_PIXELS):
            finer = min(LARGEST_SCALE, (budget / (height * width)) ** 0.5)
            if finer > scale and (budget == SEARCH_PIXELS or not _sure(found)):
                scale = finer
                found += self._search(picture, scale)
        found = _without_repeats(found)
        return [self._with_landmarks(picture, box, score) for box, score in _sure(found) or found[:1]]

    def _search(self, picture: Image.Image, scale: float, margin: float = 0.0) -> list[tuple[np.ndarray, float]]:
        """(box, score) of the faces in a rescaled, outward continued copy; boxes in the photo's pixel indices."""
        size = np.maximum(1, np.rint(np.multiply(picture.size, scale))).astype(int)  # (2,) width, height
        view = np.asarray(picture.resize(tuple(size.tolist()), Image.Resampling.BILINEAR, reducing_gap=2.0))
        across, down = np.rint(margin * size).astype(int).tolist()
        view = np.ascontiguousarray(np.pad(view, ((down, down), (across, across), (0, 0)), mode="edge"))
        detector = self._take_detector()
        try:
            rectangles, scores, _ = detector.run(view, 0, 0.0)
        finally:
            self._free_detectors.append(detector)
        boxes = np.array([(r.left(), r.top(), r.right(), r.bottom()) for r in rectangles]).reshape(-1, 2, 2)
        boxes = (boxes - (across, down) + 0.5) * (np.array(picture.size) / size) - 0.5  # (faces, 2, 2)
        return list(zip(boxes.reshape(-1, 4), scores, strict=True))

    def _take_detector(self) -> "dlib.fhog_object_detector":
        try:
            return self._free_detectors.pop()
        except IndexError:
            return dlib.get_frontal_face_detector()

    def _with_landmarks(self, picture: Image.Image, box: np.ndarray, score: float) -> Detection:
        """Find the five points in a copy of the face's surroundings, resized to a fixed size of face."""
        box_size = box[2] - box[0] + 1
        margin = LANDMARK_MARGIN * box_size
        wanted = np.rint([*(box[:2] - margin), *(box[2:] + margin + 1)]).astype(int)  # (4,) edges, whole pixels
        limits = np.tile(picture.size, 2)
        inside = np.clip(wanted, 0, limits)
        size = np.maximum(1, np.rint((inside[2:] - inside[:2]) * (LANDMARK_FACE_SIZE / box_size))).astype(int)
        scale = size / (inside[2:] - inside[:2])  # (2,) view pixels per photo pixel
        view = np.asarray(
            picture.resize(
                tuple(size.tolist()), Image.Resampling.BILINEAR, box=tuple(inside.tolist()), reducing_gap=2.0
            )
        )
        # Beyond the photo its border is repeated, as in the search.
        missing = np.rint(np.abs(wanted - inside) * np.tile(scale, 2)).astype(int).tolist()
        view = np.ascontiguousarray(
            np.pad(view, ((missing[1], missing[3]), (missing[0], missing[2]), (0, 0)), mode="edge")
        )
        origin = inside[:2] - missing[:2] / scale - 0.5  # (2,) photo index of the view's outer corner
        rectangle = np.rint((box.reshape(2, 2) - origin) * scale - 0.5).astype(int).ravel().tolist()
        shape = self._predictor(view, dlib.rectangle(*rectangle))
        points = np.array([(part.x, part.y) for part in shape.parts()])  # (5, 2) view pixels
        return Detection(box, (points + 0.5) / scale + origin, float(score))


def _sure(found: list[tuple[np.ndarray, float]]) -> list[tuple[np.ndarray, float]]:
    return [(box, score) for box, score in found if score >= SURE_SCORE]


def _without_repeats(found: list[tuple[np.ndarray, float]]) -> list[tuple[np.ndarray, float]]:
    """Of boxes that overlap, the one with the highest score: the views share faces."""
    kept: list[tuple[np.ndarray, float]] = []
    for box, score in sorted(found, key=lambda face: -face[1]):
        if all(_overlap(box, other) < SAME_FACE_OVERLAP for other, _ in kept):
            kept.append((box, score))
    return kept


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (4,)."""
    common = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return float(common / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - common))
