"""Hair: a cap grown outwards from the scalp, and for longer styles a curtain that hangs from it.

Both are ordinary triangles with an albedo and an opacity per chart texel; strands are streaks in the chart, and the
hairline is where the opacity ends. Positions are metres of the mean head (see head_model).
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import pchip_interpolate

from .chart import Chart
from .curtain import HEAD_AXIS_Y, curtain_noise, curtain_opacity, hang_curtain
from .head_model import SKIN, HeadModel
from .identities import Identity
from .noise import smooth_noise, smooth_step


@dataclass(frozen=True)
class HairStyle:
    """How hair is worn in one picture. Lengths in metres."""

    name: str
    top: float  # thickness on top of the head
    side: float  # thickness at the sides
    fringe: float = 0.0  # how far hair falls over the forehead
    curtain: float = 0.0  # how far it hangs below the eyes; 0 for none
    front: float = 82.0  # degrees from straight ahead at which the curtain begins
    density: float = 1.0  # opacity


STYLES = {
    style.name: style
    for style in (
        HairStyle("shaved", top=0.0010, side=0.0010, density=0.45),
        HairStyle("cropped", top=0.0035, side=0.0020, density=0.92),
        HairStyle("short", top=0.0120, side=0.0040),
        HairStyle("swept", top=0.0220, side=0.0060),
        HairStyle("forward", top=0.0120, side=0.0060, fringe=0.024),
        HairStyle("tied", top=0.0060, side=0.0045),
        HairStyle("bob", top=0.0120, side=0.0090, curtain=0.085, front=72.0),
        HairStyle("bob-fringe", top=0.0130, side=0.0100, fringe=0.032, curtain=0.080, front=68.0),
        HairStyle("long", top=0.0110, side=0.0080, curtain=0.190, front=80.0),
        HairStyle("long-forward", top=0.0120, side=0.0100, curtain=0.190, front=62.0),
    )
}
MALE_STYLES = ("shaved", "cropped", "cropped", "short", "short", "swept", "forward", "tied")
FEMALE_STYLES = ("cropped", "swept", "tied", "tied", "bob", "bob-fringe", "long", "long", "long-forward")


@dataclass(frozen=True)
class HairMesh:
    """Hair in the head's frame. v vertices, t triangles; the first `cap` triangles use the skin's chart."""

    vertices: np.ndarray  # (v, 3)
    triangles: np.ndarray  # (t, 3) int32
    corner_texels: np.ndarray  # (t, 3, 2) column and row in the cap's or the curtain's chart
    cap: int
    cap_paint: np.ndarray  # (h, w, 4) albedo and opacity
    curtain_paint: np.ndarray  # (h, w, 4)


def grow_hair(
    head: HeadModel,
    chart: Chart,
    vertices: np.ndarray,
    identity: Identity,
    style: HairStyle,
    color: np.ndarray,
    receding: float,
    rng: np.random.Generator,
) -> HairMesh:
    """Hair on one head.

    vertices: (v, 3) of the head, with its expression. colour: (3,) albedo. receding: how far the hairline has moved
    back, 0 … 1. rng: what differs from picture to picture.
    """
    p = head.mean
    line = _Hairline.of(identity, style, receding)
    outward = p - np.float32([0, HEAD_AXIS_Y, 0.01])
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    inside = line.above(p)  # metres
    rise = smooth_step(-0.002, 0.030, inside)
    upper = smooth_step(0.03, 0.10, p[:, 2])
    across = np.sin(p[:, 0] * 130 * rng.uniform(0.6, 1.2) + rng.uniform(0, 6))
    lumps = 1 + 0.25 * across * np.sin(p[:, 1] * 90 + rng.uniform(0, 6))
    thickness = 0.0008 + rise * ((1 - upper) * style.side + upper * style.top) * lumps * rng.uniform(0.8, 1.25)
    if style.fringe:
        thickness += 0.004 * smooth_step(0.0, 0.01, inside) * (p[:, 1] < 0.02)
    cap_vertices = (vertices + outward * thickness[:, None]).astype(np.float32)

    ear = _vertex_mask(head, chart.ears)
    grown = (inside > -0.012) & (ear < 0.5)
    cap_faces = np.flatnonzero((head.parts == SKIN) & grown[head.triangles].all(axis=1))
    cap_paint = _paint_cap(chart, style, line, color, rng)
    triangles, texels = [head.triangles[cap_faces]], [Chart.texel(head.corner_uv[cap_faces])]
    all_vertices, curtain_paint = [cap_vertices], np.zeros((1, 1, 4), np.float32)
    if style.curtain:
        scalp = grown & (p[:, 2] > -0.03)
        points, faces, places = hang_curtain(style.curtain, style.front, cap_vertices[scalp], rng)
        triangles.append(faces + len(cap_vertices))
        texels.append(places)
        all_vertices.append(points)
        strands, locks = curtain_noise(rng)
        curtain_paint = _hair_paint(color, strands, locks, curtain_opacity(strands, locks))
    return HairMesh(
        vertices=np.concatenate(all_vertices),
        triangles=np.concatenate(triangles).astype(np.int32),
        corner_texels=np.concatenate(texels).astype(np.float32),
        cap=len(cap_faces),
        cap_paint=cap_paint,
        curtain_paint=curtain_paint,
    )


@dataclass(frozen=True)
class _Hairline:
    """Where hair begins, as a height for every angle around the head."""

    angles: np.ndarray  # (k,) radians from straight ahead, 0 … π
    heights: np.ndarray  # (k,) metres

    @classmethod
    def of(cls, identity: Identity, style: HairStyle, receding: float) -> "_Hairline":
        forehead, temple, sideburn = identity.coloring.hairline
        recede = receding * (0.4 if identity.female else 1.0)
        front = 0.066 + forehead + 0.030 * recede
        corner = 0.064 + forehead + temple + (0.0 if identity.female else 0.008) + 0.040 * recede
        angles = np.deg2rad([0, 22, 40, 52, 62, 72, 84, 96, 125, 180])
        heights = np.array(
            [front, front, corner, 0.040 + 0.5 * temple, 0.018, 0.008, -0.022 + sideburn, -0.005, -0.055, -0.085]
        )
        fall = style.fringe * np.array([1, 1, 1.1, 0.8, 0.3, 0, 0, 0, 0, 0])
        fine = np.linspace(0, np.pi, 256)
        return cls(fine, pchip_interpolate(angles, heights - fall, fine))  # the polygon without its corners

    def above(self, p: np.ndarray) -> np.ndarray:
        """Metres by which positions (…, 3) lie above the line; negative where no hair grows."""
        angle = np.arctan2(np.abs(p[..., 0]), HEAD_AXIS_Y - p[..., 1])
        return p[..., 2] - np.interp(angle, self.angles, self.heights).astype(np.float32)


def _paint_cap(
    chart: Chart, style: HairStyle, line: _Hairline, color: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    p = chart.position
    around = np.arctan2(p[..., 0], HEAD_AXIS_Y + 0.02 - p[..., 1]) / (2 * np.pi)  # −½ … ½
    strands = _streaks(rng, around, p[..., 2], 260)
    locks = _streaks(rng, around, p[..., 2], 48)
    ragged = 0.0018 + 0.16 * style.fringe
    inside = line.above(p) + ragged * (0.6 * strands + 0.8 * locks)
    soft = 0.004 + (0.006 if style.top < 0.004 else 0.0)
    opacity = style.density * smooth_step(-0.5 * soft, soft, inside) * (chart.ears < 0.4)
    return _hair_paint(color, strands, locks, opacity)


def _hair_paint(color: np.ndarray, strands: np.ndarray, locks: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    brightness = np.exp(0.22 * strands + 0.20 * locks)[..., None]
    return np.concatenate([color * brightness, np.clip(opacity, 0, 1)[..., None]], axis=-1).astype(np.float32)


def _streaks(rng: np.random.Generator, around: np.ndarray, z: np.ndarray, count: int) -> np.ndarray:
    """Noise that changes fast around the head and slowly along the strands."""
    table = smooth_noise(rng, (24, 1024), (4, count))
    rows = np.clip((z + 0.15) / 0.32 * 23, 0, 23).astype(int)
    columns = np.clip((around + 0.5) * 1023, 0, 1023).astype(int)
    return table[rows, columns]


def _vertex_mask(head: HeadModel, mask: np.ndarray) -> np.ndarray:
    """Chart values (h, w) at the head's vertices (v,); 0 for vertices without skin."""
    values = np.zeros(len(head.mean), np.float32)
    skin = head.parts == SKIN
    texels = Chart.texel(head.corner_uv[skin]).reshape(-1, 2).astype(int)
    rows, columns = np.clip(texels[:, 1], 0, mask.shape[0] - 1), np.clip(texels[:, 0], 0, mask.shape[1] - 1)
    values[head.triangles[skin].ravel()] = mask[rows, columns]
    return values
