"""What is behind a head, far out of focus: walls, rooms, streets, greenery and sky, as small linear pictures."""

from __future__ import annotations

import numpy as np

from hyperface.heads.light.lamps import OUTDOORS
from hyperface.heads.numerics.arrays import Floats, floats
from hyperface.heads.numerics.compiled import kernel
from hyperface.heads.numerics.draws import Draws
from hyperface.heads.numerics.noise import smooth_noise

SCENES = ("plain", "room", "street", "greenery", "sky", "dark")
SIDE = 56  # pixels of a scene, which is stretched over the picture

_SHARES = {  # of SCENES, by where the light is met
    "studio": (1.0, 0, 0, 0, 0, 0),
    "indoors": (0.38, 0.50, 0.04, 0.02, 0, 0.06),
    "outdoors": (0.14, 0, 0.38, 0.36, 0.12, 0),
    "flash": (0.15, 0.40, 0, 0, 0, 0.45),
    "colored": (0.2, 0.3, 0, 0, 0, 0.5),
}


def scene_for(light_kind: str, draws: Draws) -> tuple[str, float]:
    """Where a kind of light is met: one of SCENES, and by how many stops it is brighter there than usual."""
    shares = _SHARES.get(light_kind) or _SHARES["outdoors" if light_kind in OUTDOORS else "indoors"]
    scene, stops = SCENES[draws.choice(shares)], draws.normal(0, 0.5)
    usual = {"backlight": 1.3, "sun": 0.3, "overcast": 0.4, "flash": -1.6, "colored": -1.2}.get(light_kind, 0.0)
    return scene, usual + stops if light_kind != "studio" else 0.0


def paint_scene(scene: str, stops: float, rng: np.random.Generator) -> Floats:
    """Linear RGB (SIDE, SIDE, 3)."""
    image, shapes = _PAINTERS[scene](rng)
    if shapes:
        _cover(image, floats(shapes))
    return np.ascontiguousarray(image * np.float32(2.0**stops), np.float32)


_Shapes = list[list[float]]  # each: x, y, half width, half height (shares of the picture), softness, r, g, b, round


def _plain(rng: np.random.Generator) -> tuple[Floats, _Shapes]:
    """A wall: soft gradients and a few soft boxes."""
    base = np.exp(rng.normal(-1.5, 0.7)) * np.exp(rng.normal(0, 0.12, 3))
    image = _gradient(rng, base, 0.35)
    shapes = []
    for _ in range(int(rng.integers(0, 4))):
        x, y, w, h = rng.uniform(0, 1, 4) * (1, 1, 0.25, 0.25) + (0, 0, 0.04, 0.04)
        color = base * np.exp(rng.normal(0.2, 0.6) + rng.normal(0, 0.15, 3))
        shapes.append([x, y, w, h, rng.uniform(0.05, 0.3), *color, 0])
    return image, shapes


def _room(rng: np.random.Generator) -> tuple[Floats, _Shapes]:
    """A wall with what stands before it: shelves, pictures, a window, a door, lamps."""
    base = np.exp(rng.normal(-1.3, 0.5)) * np.exp(rng.normal(0, 0.5) * 0.15 * floats([1, 0.1, -1.1]))
    image, soft, shapes = _gradient(rng, base, 0.25), rng.uniform(0.03, 0.09), []
    kind = rng.integers(0, 4)
    if kind == 0:  # shelves of books
        left, right = np.sort(rng.uniform(-0.1, 1.1, 2))
        for y in np.arange(rng.uniform(0, 0.2), 1, rng.uniform(0.17, 0.28)):
            x = left
            while x < right:
                width = rng.uniform(0.015, 0.05)
                shapes.append([x, y, width, rng.uniform(0.05, 0.09), soft, *_any_color(rng, base * 0.9), 0])
                x += 2 * width
            shapes.append([(left + right) / 2, y + 0.11, (right - left) / 2, 0.012, soft, *(0.5 * base), 0])
    elif kind == 1:  # a window, with bars
        x, y, w, h = rng.uniform(0.05, 0.95), rng.uniform(0.1, 0.5), rng.uniform(0.12, 0.3), rng.uniform(0.2, 0.4)
        bright = base * np.exp(rng.uniform(0.8, 2.0)) * floats([0.95, 1, 1.08])
        shapes += [[x, y, w, h, soft, *bright, 0], [x, y, 0.012, h, soft, *(0.6 * base), 0]]
        shapes.append([x - 1.3 * w, y, 0.3 * w, 1.3 * h, soft, *_any_color(rng, base), 0])
    for _ in range(int(rng.integers(1, 7))):  # pictures, a door, chairs, somebody's back
        w, h = rng.uniform(0.03, 0.20, 2)
        tall = rng.uniform() < 0.3
        shapes.append([rng.uniform(0, 1), rng.uniform(0.1, 1), w, 0.5 if tall else h, soft, *_any_color(rng, base), 0])
    shapes.append([0.5, rng.uniform(0.85, 1.3), 0.7, 0.2, 2 * soft, *(base * rng.uniform(0.3, 0.8)), 0])
    for _ in range(int(rng.integers(0, 5))):
        shapes.append(_lamp(rng, base, rng.uniform(0, 0.6)))
    return image, shapes


def _street(rng: np.random.Generator) -> tuple[Floats, _Shapes]:
    """Houses with rows of windows, sky above them, a road below, cars and lights."""
    base = np.exp(rng.normal(-1.2, 0.4)) * np.exp(rng.normal(0, 0.06, 3))
    sky = base * np.exp(rng.uniform(0.4, 1.6)) * floats([0.9, 1, 1.15])
    image, soft, shapes = _gradient(rng, sky, 0.12), rng.uniform(0.025, 0.07), []
    x = rng.uniform(-0.2, 0)
    while x < 1.1:
        width, top = rng.uniform(0.08, 0.28), rng.uniform(-0.4, 0.5)
        wall = _any_color(rng, base * rng.uniform(0.5, 1.3), 0.09)
        shapes.append([x + width / 2, top + 1.0, width / 2, 1.0, soft, *wall, 0])
        step, tint = rng.uniform(0.07, 0.12), np.exp(rng.normal(-0.5, 0.6))
        for row in np.arange(max(top, -0.1) + 0.06, 0.85, step):
            for column in np.arange(x + 0.04, x + width - 0.02, step):
                shapes.append([column, row, 0.25 * step, 0.3 * step, 0.7 * soft, *(wall * tint), 0])
        x += width
    shapes.append([0.5, 1.2, 0.8, rng.uniform(0.2, 0.4), soft, *(base * rng.uniform(0.5, 1.0)), 0])
    for _ in range(int(rng.integers(0, 4))):
        shapes.append(
            [
                rng.uniform(0, 1),
                rng.uniform(0.7, 0.95),
                rng.uniform(0.06, 0.16),
                rng.uniform(0.03, 0.07),
                soft,
                *_any_color(rng, base, 0.4),
                0,
            ]
        )
    for _ in range(int(rng.integers(0, 6))):
        shapes.append(_lamp(rng, base, rng.uniform(0.3, 0.9)))
    return image, shapes


def _greenery(rng: np.random.Generator) -> tuple[Floats, _Shapes]:
    """Leaves far behind: patches of greens, gaps of sky, trunks, grass."""
    green = np.exp(rng.normal(-1.5, 0.4)) * np.exp(rng.normal(0, 0.12, 3)) * floats([0.75, 1.1, 0.38])
    image, soft = _gradient(rng, green, 0.45), rng.uniform(0.04, 0.10)
    shapes = []
    for _ in range(int(rng.integers(0, 4))):
        bark = green * floats([0.7, 0.45, 0.8])
        shapes.append([rng.uniform(0, 1), 0.4, rng.uniform(0.01, 0.05), 0.8, soft, *bark, 0])
    for _ in range(int(rng.integers(25, 70))):
        size = rng.uniform(0.02, 0.09)
        leaf = green * np.exp(rng.normal(0, 0.5) + rng.normal(0, 0.1, 3))
        shapes.append([*rng.uniform(0, 1, 2), size, size * rng.uniform(0.6, 1.3), soft, *leaf, 1])
    for _ in range(int(rng.integers(0, 14))):
        size, gap = rng.uniform(0.01, 0.05), green.mean() * np.exp(rng.uniform(0.8, 2.2)) * floats([0.95, 1, 1.05])
        shapes.append([rng.uniform(0, 1), rng.uniform(0, 0.6), size, size, 0.5 * soft, *gap, 1])
    if rng.uniform() < 0.5:
        grass = green * np.exp(rng.uniform(0.1, 0.7)) * floats([1.1, 1, 0.9])
        shapes.append([0.5, 1.2, 0.8, rng.uniform(0.25, 0.6), 2 * soft, *grass, 0])
    return image, shapes


def _sky(rng: np.random.Generator) -> tuple[Floats, _Shapes]:
    """Sky with clouds, perhaps hills or the sea below."""
    blue = np.exp(rng.normal(-0.7, 0.3)) * np.exp(rng.uniform(0, 0.5) * floats([-1, -0.15, 0.5]))
    image, shapes = _gradient(rng, blue, 0.15), []
    for _ in range(int(rng.integers(0, 9))):
        white = blue.max() * np.exp(rng.uniform(-0.1, 0.3)) * floats([1, 1, 1.02])
        shapes.append([*rng.uniform(0, 1, 2), rng.uniform(0.08, 0.3), rng.uniform(0.03, 0.10), 0.15, *white, 1])
    if rng.uniform() < 0.6:
        far = blue * np.exp(rng.normal(-0.9, 0.3)) * np.exp(rng.normal(0, 0.15, 3))
        shapes.append([0.5, 1.3, 0.9, rng.uniform(0.35, 0.8), 0.05, *far, 0])
    return image, shapes


def _dark(rng: np.random.Generator) -> tuple[Floats, _Shapes]:
    """Night, or a dark room: a few lights."""
    base = np.exp(rng.normal(-3.2, 0.6)) * np.exp(rng.normal(0, 0.2, 3))
    shapes = [_lamp(rng, 4 * base, rng.uniform(0.2, 1.0)) for _ in range(int(rng.integers(0, 9)))]
    return _gradient(rng, base, 0.5), shapes


_PAINTERS = {
    "plain": _plain,
    "room": _room,
    "street": _street,
    "greenery": _greenery,
    "sky": _sky,
    "dark": _dark,
}


def _gradient(rng: np.random.Generator, base: Floats, spread: float) -> Floats:
    """A colour that changes softly over the picture (SIDE, SIDE, 3), in strength and a little in hue."""
    field = np.stack([smooth_noise(rng, (SIDE, SIDE), (3, 3)) for _ in range(2)])
    tint = rng.normal(0, 0.08, 3)
    return np.asarray(base * np.exp(spread * field[0][..., None] + 0.8 * field[1][..., None] * tint), np.float32)


def _any_color(rng: np.random.Generator, base: Floats, spread: float = 0.16) -> Floats:
    """A thing's colour beside that of its surroundings."""
    return np.asarray(base * np.exp(rng.normal(-0.1, 0.6) + rng.normal(0, spread, 3)), np.float32)


def _lamp(rng: np.random.Generator, base: Floats, height: float) -> list[float]:
    """A light out of focus: a bright disc."""
    size = rng.uniform(0.015, 0.05)
    color = base.max() * np.exp(rng.uniform(1.0, 2.6)) * np.exp(rng.normal(0.15, 0.2) * floats([1, 0.1, -1.1]))
    return [rng.uniform(0, 1), height, size, size, 0.02, *color, 1]


@kernel
def _cover(image: Floats, shapes: Floats) -> None:
    """Lay boxes and ellipses with soft edges over image (n, n, 3), one after the other."""
    size = image.shape[0]
    one, half = np.float32(1), np.float32(0.5)
    for n in range(shapes.shape[0]):
        cx, cy, w, h, soft = shapes[n, 0], shapes[n, 1], shapes[n, 2], shapes[n, 3], max(shapes[n, 4], np.float32(0.02))
        rounded = shapes[n, 8] > half
        left, right = max(int((cx - w - soft) * size), 0), min(int((cx + w + soft) * size) + 1, size)
        top, bottom = max(int((cy - h - soft) * size), 0), min(int((cy + h + soft) * size) + 1, size)
        for row in range(top, bottom):
            y = abs((np.float32(row) + half) / np.float32(size) - cy)
            down = min(max((h - y) / soft + half, np.float32(0)), one)
            for column in range(left, right):
                x = abs((np.float32(column) + half) / np.float32(size) - cx)
                if rounded:
                    inside = (one - np.sqrt((x / w) ** 2 + (y / h) ** 2)) * min(w, h) / soft + half
                else:
                    inside = min((w - x) / soft + half, one) * down
                inside = min(max(inside, np.float32(0)), one)
                inside = inside * inside * (np.float32(3) - np.float32(2) * inside)
                for channel in range(3):
                    image[row, column, channel] += inside * (shapes[n, 5 + channel] - image[row, column, channel])
