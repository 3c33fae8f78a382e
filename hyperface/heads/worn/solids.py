"""Things beside the head, such as glasses: small meshes, shaded at their corners and drawn over a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hyperface.heads.light.lamps import Light
from hyperface.heads.light.shading import _lit
from hyperface.heads.light.shadows import REACH
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.numerics.compiled import kernel
from hyperface.heads.numerics.raster import cover_lines

f = np.float32


@dataclass(frozen=True)
class Solid:
    """A mesh. v corners, t triangles of either winding."""

    vertices: Floats  # (v, 3) metres
    normals: Floats  # (v, 3) unit; turned to the camera where they look away
    triangles: Indices  # (t, 3)
    albedo: Floats  # (v, 3) of diffuse light; of mirrored light where it is metal
    metal: Floats  # (v,) 0 or 1
    gloss: Floats  # (v,) 0 dull … 1 polished
    through: Floats  # (v, 3) share of the light behind that comes through
    threads: tuple[Floats, ...] = ()  # each (n, k, 3): lines that cast its shadow

    def turned(self, turn: Floats) -> Solid:
        """The same in another frame."""
        return Solid(
            self.vertices @ turn.T, self.normals @ turn.T, self.triangles, self.albedo, self.metal, self.gloss,
            self.through, tuple(threads @ turn.T for threads in self.threads),
        )  # fmt: skip

    def moved(self, by: Floats) -> Solid:
        """The same elsewhere."""
        threads = tuple(threads + by for threads in self.threads)
        return replace(self, vertices=self.vertices + by, threads=threads)


def joined(parts: list[Solid]) -> Solid:
    """Several meshes as one, drawn in order."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    triangles = np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)])
    threads = tuple(thread for part in parts for thread in part.threads)

    def all_of(name: str) -> Floats:
        return np.concatenate([getattr(part, name) for part in parts])

    return Solid(
        all_of("vertices"), all_of("normals"), triangles.astype(np.int32), all_of("albedo"), all_of("metal"),
        all_of("gloss"), all_of("through"), threads,
    )  # fmt: skip


def tube(
    line: Floats, sides: tuple[float, float], reference: Floats, *, closed: bool
) -> tuple[Floats, Floats, Indices]:
    """Corners (6 m, 3), normals and triangles of a bar along a line (m, 3).

    sides: half its size along `reference` (3,), as far as that lies across the line, and across both.
    """
    along = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0) if closed else np.gradient(line, axis=0)
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    first = reference - (along @ reference)[:, None] * along
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    angle = np.arange(6) * (np.pi / 3)
    ring = np.cos(angle)[None, :, None] * first[:, None], np.sin(angle)[None, :, None] * second[:, None]
    points = line[:, None] + sides[0] * ring[0] + sides[1] * ring[1]
    normals = ring[0] * sides[1] + ring[1] * sides[0]
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    count = len(line)
    here, place = np.meshgrid(np.arange(count if closed else count - 1), np.arange(6), indexing="ij")
    a, b = 6 * here + place, 6 * here + (place + 1) % 6
    c, d = 6 * ((here + 1) % count) + place, 6 * ((here + 1) % count) + (place + 1) % 6
    triangles = np.concatenate([np.stack(x, axis=-1).reshape(-1, 3) for x in ((a, c, b), (b, c, d))])
    return floats(points.reshape(-1, 3)), floats(normals.reshape(-1, 3)), triangles.astype(np.int32)


def cast(solid: Solid, shadow: Floats, axes: Floats) -> None:
    """Add what a solid (around the head's middle, in the camera's frame) hides to the key light's map of depths."""
    scale = np.float32(len(shadow) / (2 * REACH))
    for threads in solid.threads:
        seen = (threads.reshape(-1, 3) @ axes.T).reshape(threads.shape)
        places = np.ascontiguousarray((seen[..., :2] + np.float32(REACH)) * scale)
        cover_lines(places, np.ascontiguousarray(seen[..., 2]), len(threads), shadow)


def draw(
    solid: Solid, screen: Floats, depth: Floats, light: Light, shadow: Floats, axes: Floats, taps: Floats,
    distance: float, nearest: Floats, image: Floats,
) -> None:  # fmt: skip
    """Draw a solid (around the head's middle, in the camera's frame) over image (h, w, 3) where it is nearest (h, w).

    screen: (v, 2) samples; depth: (v,); distance: of the camera from the head's middle, metres.
    """
    radiance = _radiance(
        np.ascontiguousarray(solid.vertices), np.ascontiguousarray(solid.normals), solid.albedo, solid.metal,
        solid.gloss, shadow, axes, taps, light.key, light.lobe_directions, light.lobe_sharpness, light.lobes,
        light.sky, light.ground, floats([distance, REACH]),
    )  # fmt: skip
    _draw(np.ascontiguousarray(screen), np.ascontiguousarray(depth), solid.triangles, radiance, solid.through, nearest,
          image)  # fmt: skip


@kernel
def _radiance(
    points: Floats, normals: Floats, albedo: Floats, metal: Floats, gloss: Floats, shadow: Floats, axes: Floats,
    taps: Floats, key: Floats, lobe_directions: Floats, lobe_sharpness: Floats, lobes: Floats, sky: Floats,
    ground: Floats, settings: Floats,
) -> Floats:  # fmt: skip
    """Light (v, 3) that leaves each corner towards the camera: diffuse, mirrored, and the key light's highlight."""
    distance, reach = settings[0], settings[1]
    lx, ly, lz = -axes[2, 0], -axes[2, 1], -axes[2, 2]
    out = np.empty_like(points)
    for v in range(len(points)):
        px, py, pz = points[v, 0], points[v, 1], points[v, 2]
        vx, vy, vz = -px, -distance - py, -pz
        length = f(1) / np.sqrt(vx * vx + vy * vy + vz * vz)
        vx, vy, vz = vx * length, vy * length, vz * length
        nx, ny, nz = normals[v, 0], normals[v, 1], normals[v, 2]
        facing = nx * vx + ny * vy + nz * vz
        if facing < f(0):
            nx, ny, nz, facing = -nx, -ny, -nz, -facing
        lit = _lit(shadow, px, py, pz, axes, taps, reach, f(0.005))
        cosine = max(nx * lx + ny * ly + nz * lz, f(0))
        hx, hy, hz = vx + lx, vy + ly, vz + lz
        length = f(1) / (np.sqrt(hx * hx + hy * hy + hz * hz) + f(1e-6))
        half = max((nx * hx + ny * hy + nz * hz) * length, f(0))
        power = f(8) + f(240) * gloss[v]
        peak = half**power * (power + f(8)) / f(8)
        mx, my, mz = f(2) * facing * nx - vx, f(2) * facing * ny - vy, f(2) * facing * nz - vz
        graze = f(1) - facing
        graze = graze * graze * graze * graze * graze
        up, mirrored_up = f(0.5) + f(0.5) * nz, f(0.5) + f(0.5) * mz
        for channel in range(3):
            arriving = ground[channel] * (f(1) - up) + sky[channel] * up
            around = ground[channel] * (f(1) - mirrored_up) + sky[channel] * mirrored_up
            for k in range(lobes.shape[0]):
                dx, dy, dz = lobe_directions[k, 0], lobe_directions[k, 1], lobe_directions[k, 2]
                arriving += lobes[k, channel] * max(nx * dx + ny * dy + nz * dz, f(0)) * f(2) / lobe_sharpness[k]
                toward = mx * dx + my * dy + mz * dz
                around += lobes[k, channel] * np.exp(f(1.5) * lobe_sharpness[k] * (toward - f(1)))
            own = albedo[v, channel]
            mirror = f(0.04) + f(0.96) * graze
            if metal[v] > f(0.5):
                mirror, own = own + (f(1) - own) * graze, f(0)
            strength = mirror * (f(0.15) + f(0.85) * gloss[v])
            out[v, channel] = own * (arriving + key[channel] * lit * cosine) + strength * (
                around + key[channel] * lit * peak * (f(1) if cosine > f(0) else f(0))
            )
    return out


@kernel
def _draw(
    screen: Floats, depth: Floats, triangles: Indices, radiance: Floats, through: Floats, nearest: Floats, image: Floats
) -> None:
    """Triangles with the light and the transparency of their corners; one that lets little through is nearest then."""
    high, wide = nearest.shape[0], nearest.shape[1]
    one, half = f(1), f(0.5)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if depth[a] < f(0.05) or depth[b] < f(0.05) or depth[c] < f(0.05):
            continue
        ax, ay, bx, by, cx, cy = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < f(1e-6):
            continue
        inverse = one / area
        left, right = max(0, int(np.ceil(min(ax, bx, cx) - half))), min(wide - 1, int(np.floor(max(ax, bx, cx) - half)))
        top, bottom = max(0, int(np.ceil(min(ay, by, cy) - half))), min(high - 1, int(np.floor(max(ay, by, cy) - half)))
        for row in range(top, bottom + 1):
            y = f(row) + half
            for column in range(left, right + 1):
                x = f(column) + half
                u = ((bx - x) * (cy - y) - (cx - x) * (by - y)) * inverse
                v = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) * inverse
                w = one - u - v
                if u < f(0) or v < f(0) or w < f(0):
                    continue
                z = u * depth[a] + v * depth[b] + w * depth[c]
                if z >= nearest[row, column]:
                    continue
                clear = f(0)
                for channel in range(3):
                    passing = u * through[a, channel] + v * through[b, channel] + w * through[c, channel]
                    own = u * radiance[a, channel] + v * radiance[b, channel] + w * radiance[c, channel]
                    image[row, column, channel] = image[row, column, channel] * passing + own
                    clear += passing
                if clear < f(0.3):
                    nearest[row, column] = z
