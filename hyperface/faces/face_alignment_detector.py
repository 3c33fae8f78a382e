"""The detectors of the package face-alignment (A. Bulat), with the 68 landmarks of its 2D-FAN reduced to five.

"How far are we from solving the 2D & 3D face alignment problem?", ICCV 2017. More robust than dlib's in profile and bad
light; on a CPU about a second for each face. Its weights are not part of the package: they are downloaded on first
use into torch's hub folder (TORCH_HOME), about 100 MB for the landmarks.
"""

import importlib
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from hyperface.errors import AssetError
from hyperface.faces.base import Detection, Detector
from hyperface.faces.template import ARCFACE_LANDMARKS, ARCFACE_TEMPLATE
from hyperface.faces.views import View, whole_view, without_repeats
from hyperface.faces.warp import warp
from hyperface.files import atomic_path

TIMEOUT_SECONDS = 15.0  # to connect, and between two pieces
LANDMARK_NETWORK = "2DFAN-4"

THUMBNAIL_SIZE = 224  # pixels, longest side of the whole-frame view: for faces that fill the photo
THUMBNAIL_MARGIN = 0.25  # of each side
WINDOW_SIZE = 256  # pixels of the square window of a photo that 2D-FAN is given
HEATMAP_SIZE = 64  # of its answer, one for each landmark


@dataclass(frozen=True)
class _Kind:
    """files: names in the hub folder and the keys of the package's addresses; "" where there is one address only.
    search_pixels: how many pixels of a photo are searched."""

    files: tuple[tuple[str, str], ...]
    search_pixels: int


KINDS = {
    "sfd": _Kind((("s3fd-619a316812.pth", "s3fd"),), 400_000),
    "blazeface": _Kind((("blazeface.pth", "blazeface_weights"), ("anchors.npy", "blazeface_anchors")), 1_000_000),
    "retinaface": _Kind((("retinaface_mobilenet0.25.pth", "retinaface_mobilenet0.25"),), 1_000_000),
    "yunet": _Kind((("face_detection_yunet_2023mar.onnx", ""),), 1_000_000),
}


class FaceAlignmentDetector(Detector):
    """`align(photo, detector="sfd")`, or "blazeface", "retinaface", "yunet".

    AssetError, saying what to do, if the package or its weights are not there and cannot be downloaded.
    """

    landmark_names = ARCFACE_LANDMARKS
    template = ARCFACE_TEMPLATE

    def __init__(self, kind: str) -> None:
        self.name = kind
        try:
            import face_alignment
            from face_alignment import api

            module = importlib.import_module(f"face_alignment.detection.{kind}.{kind}_detector")
        except ImportError as error:  # retinaface imports torchvision, too
            raise AssetError(
                f"The detector {kind!r} needs the package {error.name}, which is not installed. Install it, or use the "
                "detector 'dlib'."
            ) from error
        _weights(kind, Path(api.models_urls[LANDMARK_NETWORK]).name, api.models_urls[LANDMARK_NETWORK])
        paths = [_weights(kind, file, _address(module, key)) for file, key in KINDS[kind].files]
        # By path: what the package downloads itself, it would unpickle without restraint.
        options = dict(zip(("path_to_detector", "path_to_anchor"), map(str, paths), strict=False))
        try:
            self._network = face_alignment.FaceAlignment(
                face_alignment.LandmarksType.TWO_D,
                device="cpu",
                flip_input=False,  # the mean with the mirrored picture costs as much again
                face_detector=kind,
                face_detector_kwargs=options,
                compile=False,
            )
        except Exception as error:  # whatever a damaged file makes torch, NumPy or OpenCV say
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise AssetError(
                f"The weights of the detector {kind!r} in {_folder()} are damaged ({reason}). Delete them there, and "
                "they are downloaded again."
            ) from error
        self._lock = threading.Lock()  # some of these detectors keep the size of the photo at hand in themselves

    def detect(self, photo: np.ndarray) -> list[Detection]:
        height, width = photo.shape[:2]
        picture = Image.fromarray(photo)
        thumbnail = whole_view(picture, min(1.0, THUMBNAIL_SIZE / max(height, width)), THUMBNAIL_MARGIN)
        whole = whole_view(picture, min(1.0, (KINDS[self.name].search_pixels / (height * width)) ** 0.5))
        with self._lock, torch.inference_mode():
            found = without_repeats([*self._search(thumbnail), *self._search(whole)])
            return [self._with_landmarks(photo, box, score) for box, score in found]

    def _search(self, view: View) -> list[tuple[np.ndarray, float]]:
        """(box, score) of the faces in a view; boxes in the photo's pixel indices."""
        rows = [row[:5] for row in self._network.face_detector.detect_from_image(view.pixels)]
        # Their boxes are edges in continuous coordinates, in which the first pixel covers [0, 1].
        found = [(view.to_photo(np.reshape(row[:4], (2, 2)).astype(float) - 0.5), float(row[4])) for row in rows]
        return [(box.ravel(), score) for box, score in found if (box[1] > box[0] + 1).all()]

    def _with_landmarks(self, photo: np.ndarray, box: np.ndarray, score: float) -> Detection:
        """Find the 68 points in a window cut out of the photo itself, placed as the package places it."""
        width, height = box[2:] - box[:2]
        side = 200 * (width + height) / self._network.face_detector.reference_scale  # pixels of the photo
        center = (box[:2] + box[2:]) / 2 - (0, 0.12 * height)
        scale = WINDOW_SIZE / side
        offset = (WINDOW_SIZE - 1) / 2 - scale * center  # (2,)
        window = warp(photo, np.column_stack([scale * np.eye(2), offset]), WINDOW_SIZE)  # (3, 256, 256)
        heatmaps = self._network.face_alignment_net(window[None])[-1][0]  # (68, 64, 64), of the last of its stages
        return Detection(box, (five_of_68(_peaks(heatmaps.numpy())) - offset) / scale, score)


def _peaks(heatmaps: np.ndarray) -> np.ndarray:
    """Where each map (k, 64, 64) is highest: (k, 2), x and y, in pixel indices of the window.

    As the package does it: a quarter of a cell towards the higher neighbour, but without rounding to whole pixels.
    """
    maps = np.arange(len(heatmaps))
    y, x = np.divmod(heatmaps.reshape(len(heatmaps), -1).argmax(axis=1), HEATMAP_SIZE)  # (k,) each
    padded = np.pad(heatmaps, ((0, 0), (1, 1), (1, 1)), mode="edge")
    right, left = padded[maps, y + 1, x + 2], padded[maps, y + 1, x]
    below, above = padded[maps, y + 2, x + 1], padded[maps, y, x + 1]
    cells = np.stack([x, y], axis=1) + 0.25 * np.sign(np.stack([right - left, below - above], axis=1))
    points: np.ndarray = (cells + 0.5) * (WINDOW_SIZE / HEATMAP_SIZE) - 0.5
    return points


def five_of_68(points: np.ndarray) -> np.ndarray:
    """The 68 points of the iBUG 300-W scheme (68, 2) → eyes, nose tip and mouth corners (5, 2), in ArcFace's order.

    An eye is the mean of its six points. Left and right are as seen: the scheme's right eye comes first.
    """
    return np.stack([points[36:42].mean(axis=0), points[42:48].mean(axis=0), points[30], points[48], points[54]])


def _folder() -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints"


def _address(module: Any, key: str) -> str:
    address: str = module.models_urls[key] if key else module.model_url
    return address


def _weights(kind: str, file: str, address: str) -> Path:
    """A file of weights in torch's hub folder, downloaded if it is not there yet."""
    path = _folder() / file
    if path.is_file():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _download(address, path)
    except (OSError, ValueError) as error:  # URLError is an OSError
        reason = getattr(error, "reason", None) or error
        raise AssetError(
            f"The detector {kind!r} needs {file}, which is not in {path.parent} and cannot be downloaded ({reason}). "
            f"Connect to the network once, or put there what {address} gives; the detector 'dlib' needs nothing."
        ) from error
    return path


def _download(address: str, path: Path) -> None:
    """Whole or not at all; a bar where stderr is a terminal."""
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:
        size = int(answer.headers.get("Content-Length") or 0)
        with atomic_path(path, error=None) as temporary:
            with (
                temporary.open("wb") as file,
                tqdm(desc=path.name, total=size or None, unit="B", unit_scale=True, disable=None) as bar,
            ):
                while piece := answer.read(1 << 20):
                    file.write(piece)
                    bar.update(len(piece))
            if size and temporary.stat().st_size != size:
                raise OSError("the connection broke off")
