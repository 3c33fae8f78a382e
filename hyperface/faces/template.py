"""Where the landmarks of a face lie in the aligned 112×112 crop.

Landmark positions are pixel indices, as detectors and OpenCV give them: (0, 0) is the centre of the upper left pixel.
Rectangles are edges in continuous coordinates, in which that pixel covers [0, 1] and its centre is (0.5, 0.5).

Two detectors, two sets of points. ArcFace's five are the eyes, the nose tip and the mouth corners. dlib's five are
the corners of the eyes and the base of the nose, placed so that both put the eyes at the same pixels of the crop.
"""

import numpy as np


def _constant(values: np.ndarray | list[tuple[float, float]]) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    array.setflags(write=False)
    return array


# Left and right are as seen in the picture, not the person's own.
ARCFACE_LANDMARKS = ("left eye", "right eye", "nose", "left mouth corner", "right mouth corner")
ARCFACE_TEMPLATE = _constant(  # (5, 2) pixels; InsightFace's arcface_dst
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)

DLIB_LANDMARKS = (
    "right eye, outer corner",
    "right eye, inner corner",
    "left eye, outer corner",
    "left eye, inner corner",
    "nose base",
)
# The mean face of dlib's get_face_chip_details (dlib/image_transforms/interpolation.h), in units of an unpadded chip.
_DLIB_MEAN_FACE = _constant(  # (5, 2)
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)
DLIB_CHIP_SIZE = 150  # pixels, square: the input of dlib's recogniser
DLIB_CHIP_PADDING = 0.25  # of an unpadded chip, on every side


def _dlib_frame() -> tuple[float, np.ndarray, np.ndarray]:
    """Scale and offset from dlib's chip to the aligned crop, and the five points in the chip, all continuous.

    dlib's eye centres go onto the ArcFace template's by scale and translation alone. The 0.3° by which the ArcFace
    eye line tilts is left out, so that dlib's upright chip is an upright rectangle of the crop; it moves the eyes by
    less than a tenth of a pixel.
    """
    chip = DLIB_CHIP_SIZE * (DLIB_CHIP_PADDING + _DLIB_MEAN_FACE) / (2 * DLIB_CHIP_PADDING + 1)  # (5, 2)
    chip_eyes = np.stack([chip[2:4].mean(axis=0), chip[0:2].mean(axis=0)])  # (2, 2) left, right
    eyes = ARCFACE_TEMPLATE[:2] + 0.5  # pixel indices → continuous
    scale = np.linalg.norm(eyes[1] - eyes[0]) / np.linalg.norm(chip_eyes[1] - chip_eyes[0])
    return float(scale), eyes.mean(axis=0) - scale * chip_eyes.mean(axis=0), chip


_scale, _offset, _chip = _dlib_frame()

DLIB_TEMPLATE = _constant(_scale * _chip + _offset - 0.5)  # (5, 2) pixels
# (left, top, right, bottom) of dlib's 150×150 chip in the aligned crop, about (6.8, 20.5, 107.4, 121.1): dlib frames
# a face lower, so that the chip ends 9.1 pixels below the crop.
DLIB_CHIP_BOX: tuple[float, float, float, float] = (
    *_offset.tolist(),
    *(_offset + _scale * DLIB_CHIP_SIZE).tolist(),
)
