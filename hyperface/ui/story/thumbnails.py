"""Small pictures of each stage of a story, as HTML: faces, the sphere, a curve, bars."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.runs import Run, names
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import gallery_of, load_packed
from hyperface.ui.parts.pictures import picture

if TYPE_CHECKING:
    import numpy as np

FACES = 4
POINTS = 160  # of the sphere at most
SIZE = 48  # of a drawing, in its own units
CURVE_POINTS = 40


def start_faces(context: AppContext, packing: Run) -> str:
    """The gallery faces that the first people started from."""

    def draw() -> list[np.ndarray]:
        from hyperface.array_files import read_array

        origin = read_array(packing.file(names.ORIGIN))
        return [gallery_of(context, packing).thumbnails[place] for place in origin[:FACES]]

    return _faces(context, ("start", packing.name), draw, packing.path / names.ORIGIN)


def packed_faces(context: AppContext, packing: Run) -> str:
    """The first people as they are drawn once packed; nothing while the work goes on."""
    if packing.status().active:
        return ""

    def draw() -> list[np.ndarray]:
        from hyperface.images import to_uint8

        packed = load_packed(context, packing.name)
        few = packed.embeddings[:FACES]
        return list(to_uint8(context.artist(packed.space).generate(few, [0] * len(few))))

    return _faces(context, ("packed", packing.name), draw, packing.path / names.EMBEDDINGS)


def _faces(context: AppContext, key: tuple[str, str], draw: Callable[[], list[np.ndarray]], source: Path) -> str:
    """Drawn once while the file that they are of stays as it is, in the background; nothing until they are."""
    try:
        modified = source.stat().st_mtime_ns
    except OSError:
        return ""
    found = context.once_there(("thumbnails", *key, modified), draw)
    pictures = "".join(picture(image, "") for image in found or ())
    return f'<span class="hf-chapter-faces">{pictures}</span>' if pictures else ""


def sphere(packing: Run, number: int) -> str:
    """SVG of a frame of the packing's picture, seen from one side; an empty ball before there is one."""
    from hyperface.projection.frames import RADIUS, read_frames

    frames = read_frames(packing.path / names.FRAMES)
    dots = ""
    if frames is not None and len(frames):
        frame = frames[number]
        every = max(1, len(frame["angles"]) // POINTS)
        points = frame["points"][::every].astype(float) / RADIUS  # (k, 3), on the unit sphere
        half = SIZE / 2
        dots = "".join(
            f'<circle cx="{half + 21 * y:.1f}" cy="{half - 21 * z:.1f}" r="1.3"/>'
            for x, y, z in points.tolist()
            if x > 0
        )
    return (
        f'<svg class="hf-chapter-sphere hf-chapter-{"first" if number == 0 else "last"}" viewBox="0 0 {SIZE} {SIZE}" '
        f'aria-hidden="true"><circle class="hf-chapter-ball" cx="24" cy="24" r="22"/>{dots}</svg>'
    )


def curve(training: Run | None) -> str:
    """SVG of how well a training tells strangers apart over its steps, from chance to all."""
    rows = [] if training is None else training.metrics()
    values = [row["validation"] for row in rows if isinstance(row.get("validation"), float)]
    every = max(1, len(values) // CURVE_POINTS)
    kept = values[::every]
    path = " ".join(
        f"{4 + 40 * i / max(len(kept) - 1, 1):.1f},{42 - 72 * (min(max(value, 0.5), 1) - 0.5):.1f}"
        for i, value in enumerate(kept)
    )
    return (
        f'<svg class="hf-chapter-curve" viewBox="0 0 {SIZE} {SIZE}" aria-hidden="true"><path d="M4 4V44H44"/>'
        f'<polyline points="{html.escape(path)}"/></svg>'
    )


def bars(shares: list[float]) -> str:
    """SVG of a bar for each share, from chance to all."""
    width = 40 / max(len(shares), 1)
    drawn = "".join(
        f'<rect x="{4 + i * width:.1f}" y="{44 - 76 * (min(max(share, 0.5), 1) - 0.5):.1f}" width="{0.7 * width:.1f}" '
        f'height="{76 * (min(max(share, 0.5), 1) - 0.5):.1f}"/>'
        for i, share in enumerate(shares)
    )
    return (
        f'<svg class="hf-chapter-bars" viewBox="0 0 {SIZE} {SIZE}" aria-hidden="true"><path d="M4 44H44"/>{drawn}</svg>'
    )
