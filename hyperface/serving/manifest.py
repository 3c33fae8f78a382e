"""What a browser needs to install the app like a program: its name, its colors, and icons, drawn when first asked for.

The web framework's own manifest has one icon without a size, and no colors; browsers that install apps want 192 and 512
pixels, and one that may be cut to any shape ("maskable": what matters lies in the middle four fifths,
https://www.w3.org/TR/appmanifest/#icon-masks).
"""

from __future__ import annotations

import functools
import io
import json
from typing import Any

from PIL import Image, ImageDraw
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hyperface.drawing import COLORS

SIZES = (192, 512)  # pixels
MASKABLE = 512
GROUND = "#f7f8fa"  # of the page, in the light look
FINER = 4  # drawn so much larger, then made smaller: edges without steps
UNITS = 32  # the drawing is as wide, as docs/logo.svg is
RINGS = ((13.0, 13.0), (13.0, 5.0), (5.0, 13.0))  # half widths and heights of the ellipses
POINTS = ((16.0, 11.0), (21.0, 16.0), (11.0, 20.0))
KEPT = {"Cache-Control": "max-age=86400"}


def manifest() -> dict[str, Any]:
    """What is served as /manifest.json."""
    icons = [_icon(f"icon-{size}.png", size, "any") for size in SIZES]
    return {
        "id": "./",
        "name": "HyperFace",
        "short_name": "HyperFace",
        "description": "Synthetic people for face recognition, by packing identities on a hypersphere",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "theme_color": COLORS[0],
        "background_color": GROUND,
        "icons": [*icons, _icon(f"icon-maskable-{MASKABLE}.png", MASKABLE, "maskable")],
    }


@functools.cache
def icon(size: int, *, maskable: bool = False) -> bytes:
    """The logo as a PNG of size × size pixels; maskable: on a full ground, smaller, so that its rim may be cut off."""
    wide = size * FINER
    image = Image.new("RGBA", (wide, wide), GROUND if maskable else (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    unit = wide / UNITS * (0.75 if maskable else 1.0)
    middle = wide / 2
    stroke = round(1.6 * unit)
    for across, up in RINGS:
        box = (middle - across * unit, middle - up * unit, middle + across * unit, middle + up * unit)
        draw.ellipse([side + sign * stroke / 2 for side, sign in zip(box, (-1, -1, 1, 1), strict=True)],
                     outline=COLORS[0], width=stroke)  # fmt: skip
    for x, y in POINTS:
        left, top, radius = middle + (x - UNITS / 2) * unit, middle + (y - UNITS / 2) * unit, 2.6 * unit
        draw.ellipse((left - radius, top - radius, left + radius, top + radius), fill=COLORS[1])
    file = io.BytesIO()
    image.resize((size, size), Image.Resampling.LANCZOS).save(file, format="PNG", optimize=True)
    return file.getvalue()


def manifest_routes() -> list[Route]:
    """Where the manifest and its icons are served."""

    async def tell(_: Request) -> Response:
        return Response(json.dumps(manifest()), media_type="application/manifest+json", headers=KEPT)

    def drawn(size: int, maskable: bool) -> Route:
        def show(_: Request) -> Response:
            return Response(icon(size, maskable=maskable), media_type="image/png", headers=KEPT)

        return Route(f"/hyperface/icon-{'maskable-' if maskable else ''}{size}.png", show)

    return [Route("/manifest.json", tell), *(drawn(size, False) for size in SIZES), drawn(MASKABLE, True)]


def _icon(name: str, size: int, purpose: str) -> dict[str, str]:
    return {"src": f"hyperface/{name}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
