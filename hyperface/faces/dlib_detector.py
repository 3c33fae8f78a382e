"""dlib's frontal face detector (D. King: HOG features, five linear filters of 80×80 pixels) and five-point predictor.

Three views of the photo are searched, because the detector sees neither faces under 80 pixels nor faces that touch
the border:
- the whole frame at thumbnail size with its border repeated outwards: faces that fill the photo;
- the photo at six times its size, or as large as a pixel budget allows: the others, from about 25 pixels;
- if neither has a sure one, once more with four times the budget.
A picture that is no larger than an aligned face shows one: it is enlarged beyond the first view only if that has no
sure one.
Landmarks are then found in the photo itself, not in the view that the face was found in.
"""

import dlib
import numpy as np
from PIL import Image

from hyperface.assets import find_model_file
from hyperface.faces.base import Detection, Detector
from hyperface.faces.template import DLIB_LANDMARKS, DLIB_TEMPLATE
from hyperface.faces.views import face_view, whole_view, without_repeats
from hyperface.images import ALIGNED_SIZE

PREDICTOR_FILE = "shape_predictor_5_face_landmarks.dat"  # CC0; the package's 68-point file is for research only

THUMBNAIL_SIZE = 224  # pixels, longest side of the whole-frame view
THUMBNAIL_MARGIN = 0.25  # of each side
SEARCH_PIXELS = 4_000_000  # budget of the second view: about 0.3 s on one core
LAST_SEARCH_PIXELS = 16_000_000
FINER = 1.1  # times as large: less shows nothing that the view before did not
LARGEST_SCALE = 6.0  # benchmarks/photos.py --recall counts what half as much misses
LARGEST_THUMBNAIL_SCALE = 4.0
# Chance finds in texture score under 0.15 (faces mostly over 0.5): one is believed only if there is nothing better.
SURE_SCORE = 0.2

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
        one_face = max(height, width) <= ALIGNED_SIZE
        for budget in (SEARCH_PIXELS, LAST_SEARCH_PIXELS):
            finer = min(LARGEST_SCALE, (budget / (height * width)) ** 0.5)
            enough = (one_face or budget != SEARCH_PIXELS) and bool(_sure(found))
            if finer > FINER * scale and not enough:
                scale = finer
                found += self._search(picture, scale)
        found = without_repeats(found)
        return [self._with_landmarks(picture, box, score) for box, score in _sure(found) or found[:1]]

    def _search(self, picture: Image.Image, scale: float, margin: float = 0.0) -> list[tuple[np.ndarray, float]]:
        """(box, score) of the faces in a rescaled, outward continued copy; boxes in the photo's pixel indices."""
        view = whole_view(picture, scale, margin)
        detector = self._take_detector()
        try:
            rectangles, scores, _ = detector.run(view.pixels, 0, 0.0)
        finally:
            self._free_detectors.append(detector)
        boxes = np.array([(r.left(), r.top(), r.right(), r.bottom()) for r in rectangles]).reshape(-1, 2, 2)
        return list(zip(view.to_photo(boxes).reshape(-1, 4), scores, strict=True))

    def _take_detector(self) -> "dlib.fhog_object_detector":
        try:
            return self._free_detectors.pop()
        except IndexError:
            return dlib.get_frontal_face_detector()

    def _with_landmarks(self, picture: Image.Image, box: np.ndarray, score: float) -> Detection:
        """Find the five points in a copy of the face's surroundings, resized to a fixed size of face."""
        view = face_view(picture, box, LANDMARK_FACE_SIZE, LANDMARK_MARGIN)
        rectangle = np.rint(view.from_photo(box.reshape(2, 2))).astype(int).ravel().tolist()
        shape = self._predictor(view.pixels, dlib.rectangle(*rectangle))
        points = np.array([(part.x, part.y) for part in shape.parts()])  # (5, 2) view pixels
        return Detection(box, view.to_photo(points), float(score))


def _sure(found: list[tuple[np.ndarray, float]]) -> list[tuple[np.ndarray, float]]:
    return [(box, score) for box, score in found if score >= SURE_SCORE]
