"""A photo with what the detector found drawn over it: boxes, the five landmarks, the detector's score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from hyperface.drawing import data_url
from hyperface.ui.parts.pictures import escape

if TYPE_CHECKING:
    from hyperface.faces import Face

SHOWN_SIZE = 960  # pixels, longest side: what a page can show; the analysis used the photo at full size


def reduced(photo: np.ndarray, longest: int = SHOWN_SIZE) -> np.ndarray:
    """The photo with its longest side at most `longest` pixels; the same array if it is already."""
    height, width = photo.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return photo
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS))


def annotated_photo(photo: np.ndarray, faces: Sequence[Face], *, title: str, first_number: int = 1) -> str:
    """HTML of the photo with its faces marked and numbered from `first_number`.

    photo: uint8 (h, w, 3). The marks are vectors over the reduced photo, so they stay crisp at any size.
    """
    height, width = photo.shape[:2]
    marks = "".join(_marks(face, first_number + i, width, height) for i, face in enumerate(faces))
    found = f"{len(faces)} face" + ("" if len(faces) == 1 else "s")
    return (
        f'<figure class="hf-photo"><div class="hf-photo-frame" style="aspect-ratio:{width}/{height};'
        f'--ratio:{width / height:.4f};--width:{width}px">'
        f'<img src="{data_url(reduced(photo))}" alt="{escape(title)}: {found} found" width="{width}" height="{height}">'
        f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">{marks}</svg></div>'
        f"<figcaption>{escape(title)} · {width} × {height} pixels · {found}</figcaption></figure>"
    )


def _marks(face: Face, number: int, width: int, height: int) -> str:
    # The drawing's origin is the corner of the first pixel, the face's is its centre.
    left, top, right, bottom = (float(value) + 0.5 for value in face.box)
    # Sizes follow the face, within limits set by the photo, so that marks suit a crowd and a portrait alike.
    unit = min(max((right - left) / 100, max(width, height) / 900), max(width, height) / 250)  # photo pixels
    points = "".join(
        f'<circle cx="{x + 0.5:.1f}" cy="{y + 0.5:.1f}" r="{2.2 * unit:.2f}" stroke-width="{0.8 * unit:.2f}">'
        f"<title>{escape(name)}</title></circle>"
        for name, (x, y) in zip(face.landmark_names, face.landmarks.tolist(), strict=True)
    )
    label = f"{number} · {face.confidence:.2f}"
    font = 8.5 * unit
    tag_width, tag_height = font * 0.58 * len(label) + font * 0.8, font * 1.5
    # Inside the photo even if the face touches its upper or left edge.
    tag_left, tag_top = max(left, 0.0), top - tag_height if top >= tag_height else max(top, 0.0)
    return (
        f'<g class="hf-mark"><rect class="hf-box" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}" rx="{2 * unit:.2f}" stroke-width="{1.4 * unit:.2f}"/>{points}'
        f'<rect class="hf-tag" x="{tag_left:.1f}" y="{tag_top:.1f}" width="{tag_width:.1f}" '
        f'height="{tag_height:.1f}" rx="{2 * unit:.2f}"/>'
        f'<text x="{tag_left + font * 0.4:.1f}" y="{tag_top + font * 1.1:.1f}" font-size="{font:.1f}">'
        f"{label}</text></g>"
    )
