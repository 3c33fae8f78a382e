"""The two compiled passes that make a picture: the head's surface, then its hair.

Light falls on skin a little round the edge of shadow, red light furthest; highlights have a broad and a narrow part;
hair is lit as threads are (Kajiya and Kay, 1989). All arrays are float32 unless said; colours are linear RGB.
"""

from __future__ import annotations

import numba
import numpy as np

from hyperface.heads.numerics.arrays import Floats, Indices
from hyperface.heads.numerics.compiled import kernel

IRIS_RADIUS, PUPIL_RADIUS = 0.0060, 0.0022  # metres
_SURFACE = 12  # numbers of a vertex: ten, and two that make it whole vectors
_SKIN, _EYE, _TONGUE, _CAVITY, _TEETH = 0, 1, 2, 3, 4

f = np.float32


@numba.njit(cache=True, fastmath=True, inline="always")
def _step(low, high, x):  # type: ignore[no-untyped-def]  # inlined: its callers have the types
    t = min(max((x - low) / (high - low), f(0)), f(1))
    return t * t * (f(3) - f(2) * t)


@numba.njit(cache=True, fastmath=True, inline="always")
def _lit(shadow, px, py, pz, axes, taps, reach, bias):  # type: ignore[no-untyped-def]  # as above
    """Share of the key light that reaches a point, by its shadow map."""
    size = shadow.shape[0]
    scale = f(size) / (f(2) * reach)
    x = (px * axes[0, 0] + py * axes[0, 1] + pz * axes[0, 2] + reach) * scale
    y = (px * axes[1, 0] + py * axes[1, 1] + pz * axes[1, 2] + reach) * scale
    depth = px * axes[2, 0] + py * axes[2, 1] + pz * axes[2, 2] - bias
    total = f(0)
    for tap in range(taps.shape[0]):
        column = min(max(int(x + taps[tap, 0]), 0), size - 1)
        row = min(max(int(y + taps[tap, 1]), 0), size - 1)
        gap = depth - shadow[row, column]
        if gap <= f(0):
            total += f(1)
        elif gap < f(0.002):
            total += f(1) - gap / f(0.002)
    return total / f(taps.shape[0])


@kernel
def spread_normals(normals: Floats, triangles: Indices) -> Floats:
    """Normals (v, 3) averaged with those of their neighbours: how light bleeds below the skin."""
    out = normals.copy()
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        for axis in range(3):
            total = normals[a, axis] + normals[b, axis] + normals[c, axis]
            out[a, axis] += total
            out[b, axis] += total
            out[c, axis] += total
    for v in range(out.shape[0]):
        x, y, z = out[v, 0], out[v, 1], out[v, 2]
        length = f(1) / (np.sqrt(x * x + y * y + z * z) + f(1e-9))
        out[v, 0], out[v, 1], out[v, 2] = x * length, y * length, z * length
    return out


@kernel
def surface_of(vertices: Floats, normals: Floats, soft: Floats, irradiance: Floats, axes: Floats) -> Floats:
    """What shading interpolates between vertices, side by side (v, _SURFACE).

    Position, normal, irradiance (three numbers each), and the cosine to the key light of the soft normal, which is
    averaged with those around it. vertices, normals, soft, irradiance: (v, 3) in the camera's frame. axes: of the
    shadow map.
    """
    out = np.zeros((vertices.shape[0], _SURFACE), np.float32)
    for v in range(vertices.shape[0]):
        for axis in range(3):
            out[v, axis] = vertices[v, axis]
            out[v, 3 + axis] = normals[v, axis]
            out[v, 6 + axis] = irradiance[v, axis]
        out[v, 9] = -(soft[v, 0] * axes[2, 0] + soft[v, 1] * axes[2, 1] + soft[v, 2] * axes[2, 2])
    return out


@kernel
def shade_head(
    index: Indices, weights: Floats, triangles: Indices, parts: Indices, surface: Floats,
    rest: Floats, texels: Floats, paint: Floats, pores: Floats,
    eyes: Floats, colors: Floats, shadow: Floats, axes: Floats, taps: Floats, key: Floats,
    lobe_directions: Floats, lobe_sharpness: Floats, lobes: Floats, sky: Floats, ground: Floats,
    settings: Floats, image: Floats, face: Floats,
) -> None:  # fmt: skip
    """Shade every sample that the head covers, into image (h, w, 3); face (h, w) becomes 1 where its skin is.

    index, weights: of the rasteriser. surface: of `surface_of`. rest: (v, 3) mean head.
    texels: (t, 3, 2). paint: (h', w', 4). pores: (h'', w'', 2) tilts of the skin, repeated. eyes: (2, 3) centres on
    the mean head. colors: (4, 3) iris, white, teeth, mouth. axes, taps (16, k, 2): of the shadow map.
    settings: camera's distance, reach, pore strength, pore texels a chart texel.
    """
    distance, reach, tilt, pore_scale = settings[0], settings[1], settings[2], settings[3]
    bleed = (f(0.30), f(0.13), f(0.07))
    soften = (f(0.75), f(0.35), f(0.15))
    albedo, lobe = np.empty(3, np.float32), np.empty(lobes.shape[0], np.float32)
    here, ambient = np.empty(_SURFACE, np.float32), np.empty(3, np.float32)
    high, wide = paint.shape[0], paint.shape[1]
    lx, ly, lz = -axes[2, 0], -axes[2, 1], -axes[2, 2]
    per_sky = f(1) / ((sky[0] + sky[1] + sky[2] + ground[0] + ground[1] + ground[2]) * f(0.5) + f(0.15))
    for row in range(index.shape[0]):
        for column in range(index.shape[1]):
            t = index[row, column]
            if t < 0:
                continue
            wa, wb = weights[row, column, 0], weights[row, column, 1]
            wc = f(1) - wa - wb
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            part = parts[t]
            for entry in range(_SURFACE):
                here[entry] = wa * surface[a, entry] + wb * surface[b, entry] + wc * surface[c, entry]
            px, py, pz, nx, ny, nz = here[0], here[1], here[2], here[3], here[4], here[5]
            ambient[0], ambient[1], ambient[2] = here[6], here[7], here[8]
            gloss, narrow = f(0.02), f(0.0)
            shade = f(1)
            if part == _SKIN:
                x = wa * texels[t, 0, 0] + wb * texels[t, 1, 0] + wc * texels[t, 2, 0] - f(0.5)
                y = wa * texels[t, 0, 1] + wb * texels[t, 1, 1] + wc * texels[t, 2, 1] - f(0.5)
                x, y = min(max(x, f(0)), f(wide - 1.001)), min(max(y, f(0)), f(high - 1.001))
                left, top = int(x), int(y)
                across, down = x - f(left), y - f(top)
                for channel in range(3):
                    upper = paint[top, left, channel] * (f(1) - across) + paint[top, left + 1, channel] * across
                    lower = paint[top + 1, left, channel] * (f(1) - across) + paint[top + 1, left + 1, channel] * across
                    albedo[channel] = upper * (f(1) - down) + lower * down
                gloss = f(0.034) * paint[top, left, 3]
                narrow = f(0.45)
                if tilt > 0:
                    i, j = int(y * pore_scale), int(x * pore_scale)
                    down, across = y * pore_scale - f(i), x * pore_scale - f(j)
                    i, j = i % (pores.shape[0] - 1), j % (pores.shape[1] - 1)
                    for channel in range(2):
                        upper = pores[i, j, channel] * (f(1) - across) + pores[i, j + 1, channel] * across
                        lower = pores[i + 1, j, channel] * (f(1) - across) + pores[i + 1, j + 1, channel] * across
                        slant = tilt * (upper * (f(1) - down) + lower * down)
                        if channel == 0:
                            nx += slant
                        else:
                            nz += slant
                face[row, column] = f(1)
            elif part == _EYE:
                rx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0]
                rz = wa * rest[a, 2] + wb * rest[b, 2] + wc * rest[c, 2]
                side = 1 if rx > 0 else 0
                dx, dz = rx - eyes[side, 0], rz - eyes[side, 2]
                away = np.sqrt(dx * dx + dz * dz)
                corner = _step(f(0.0062), f(0.0135), away)
                rim = _step(f(0.80 * IRIS_RADIUS), f(0.98 * IRIS_RADIUS), away)
                edge = _step(f(0.93 * IRIS_RADIUS), f(1.07 * IRIS_RADIUS), away)
                pupil = _step(f(PUPIL_RADIUS - 0.0003), f(PUPIL_RADIUS + 0.0003), away)
                angle = np.arctan2(dz, dx)
                fiber = f(1) + f(0.16) * np.sin(angle * f(23)) * np.sin(angle * f(37) + f(2)) * pupil
                bright = (f(0.62) + f(0.75) * _step(f(0.0018), f(0.0056), away)) * fiber
                for channel in range(3):
                    white = colors[1, channel] * (f(1) - corner * (f(0.10) if channel == 0 else f(0.28)))
                    iris = colors[0, channel] * bright * (f(1) - f(0.72) * rim) * pupil + f(0.004)
                    albedo[channel] = iris * (f(1) - edge) + white * edge
                # The cornea bulges over the iris, so that it turns faster than the eyeball.
                bulge = (f(1) - _step(f(0.0050), f(0.0068), away)) * f(38)
                nx += bulge * dx
                nz += bulge * dz
                shade = f(0.95) - f(0.50) * _step(f(-0.0008), f(0.0034), dz) - f(0.18) * corner
                gloss, narrow = f(0.030), f(1)
            elif part == _TEETH:
                rx = wa * rest[a, 0] + wb * rest[b, 0] + wc * rest[c, 0]
                place = abs(rx) / f(0.0072)
                gap = abs(place - np.floor(place) - f(0.5)) - f(0.5)
                line = np.exp(-(gap * gap) / f(0.0018))
                dark = (f(1) - f(0.35) * line) * min(max(f(1.2) - abs(rx) / f(0.026), f(0.15)), f(1))
                for channel in range(3):
                    albedo[channel] = colors[2, channel] * dark
                gloss, narrow = f(0.03), f(0.6)
            else:
                for channel in range(3):
                    albedo[channel] = colors[3, channel] * (f(1) if part == _TONGUE else f(0.16))
                if part == _TONGUE:
                    gloss = f(0.03)
            length = f(1) / (np.sqrt(nx * nx + ny * ny + nz * nz) + f(1e-9))
            nx, ny, nz = nx * length, ny * length, nz * length
            cosine = nx * lx + ny * ly + nz * lz
            softened = cosine
            if part == _SKIN:
                softened = here[9]
            lit = f(0)
            if max(cosine, softened) > f(-0.31):  # else the surface faces away from the light
                lit = _lit(shadow, px, py, pz, axes, taps[(row & 3) * 4 + (column & 3)], reach, f(0.0045))
            # To the camera, the mirrored view and the half-way vector.
            vx, vy, vz = -px, -distance - py, -pz
            length = f(1) / np.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx * length, vy * length, vz * length
            facing = max(nx * vx + ny * vy + nz * vz, f(0))
            hx, hy, hz = vx + lx, vy + ly, vz + lz
            length = f(1) / (np.sqrt(hx * hx + hy * hy + hz * hz) + f(1e-6))
            half = max((nx * hx + ny * hy + nz * hz) * length, f(0))
            graze = f(1) - facing
            graze = graze * graze * graze * graze * graze
            fresnel = gloss + (f(1) - gloss) * f(0.22) * graze * min(gloss * f(40), f(1))
            if part == _EYE:
                peak = half ** f(220) * f(46)
            else:
                h4 = half * half * half * half
                h12 = h4 * h4 * h4
                h48 = h12 * h12 * h12 * h12
                peak = (f(1) - narrow * f(0.5)) * h12 * f(2.4) + narrow * f(0.5) * h48 * f(7.0)
            mx, my, mz = f(2) * facing * nx - vx, f(2) * facing * ny - vy, f(2) * facing * nz - vz
            up = f(0.5) + f(0.5) * mz
            open_ = min((ambient[0] + ambient[1] + ambient[2]) * per_sky, f(1))
            for k in range(lobes.shape[0]):
                toward = mx * lobe_directions[k, 0] + my * lobe_directions[k, 1] + mz * lobe_directions[k, 2]
                # exp(−x) as (1 + x/4)^−4, which is cheaper and as round.
                falls = f(1) + lobe_sharpness[k] * (f(1.5) if part == _EYE else f(0.375)) * (f(1) - toward)
                falls *= falls
                lobe[k] = f(1) / (falls * falls)
            reddened = np.sqrt(lit * np.sqrt(lit))
            front = max(cosine * f(4), f(0))
            front = min(front, f(1))
            for channel in range(3):
                around = ground[channel] * (f(1) - up) + sky[channel] * up
                for k in range(lobes.shape[0]):
                    around += lobes[k, channel] * lobe[k]
                wrap = bleed[channel] if part == _SKIN else f(0.05)
                blend = soften[channel] if part == _SKIN else f(0)
                turned = cosine + blend * (softened - cosine)
                diffuse = max((turned + wrap) / (f(1) + wrap), f(0))
                arriving = lit if channel > 0 or part != _SKIN else reddened
                # In hollows light comes from other skin, and takes on its colour.
                bounced = f(1) + (f(0.9) * albedo[channel] * (f(1) - open_) if part == _SKIN else f(0))
                flat = (
                    bounced * ambient[channel]
                    + key[channel] * arriving * diffuse
                )  # fmt: skip
                if part == _TEETH:  # thin things that light goes through hide them: lips, and the cheeks
                    flat += f(0.30) * (sky[channel] + ground[channel])
                mirrored = key[channel] * lit * front * peak * fresnel + f(0.55) * around * fresnel * open_
                image[row, column, channel] = albedo[channel] * flat * shade + mirrored


@kernel
def draw_strands(
    points: Floats, color: Floats, inside: Floats, ambient: Indices, irradiance: Floats, normals: Floats,
    screen: Floats, depth: Floats, shadow: Floats, axes: Floats, taps: Floats, key: Floats, width: Floats,
    order: Indices, settings: Floats, nearest: Floats, image: Floats,
) -> None:  # fmt: skip
    """Shade threads and draw them over image (h, w, 3) where they are in front of `nearest` (h, w), which they update.

    A thread hides as much of a sample as it covers, so that hairs much thinner than a sample are seen as a tint.

    points: (n, k, 3) in the camera's frame. color: (n, 3). inside, ambient (vertex below), depth: (n, k).
    screen: (n, k, 2) samples. width: (n,) metres. order: (n,) the furthest first. settings: camera's distance, reach,
    shine, samples across what is as wide as it is far.
    """
    distance, reach, shine, focal = settings[0], settings[1], settings[2], settings[3]
    lx, ly, lz = -axes[2, 0], -axes[2, 1], -axes[2, 2]
    high, wide = nearest.shape[0], nearest.shape[1]
    corners = points.shape[1]
    lit_color = np.empty((corners, 3), np.float32)
    for n in order:
        seen = False
        for k in range(corners):
            x, y = screen[n, k, 0], screen[n, k, 1]
            if f(0) <= x < f(wide) and f(0) <= y < f(high) and depth[n, k] < nearest[int(y), int(x)] + f(0.004):
                seen = True
                break
        if not seen:
            continue
        lit = f(1)
        for k in range(corners):
            before, after = max(k - 1, 0), min(k + 1, corners - 1)
            tx = points[n, after, 0] - points[n, before, 0]
            ty = points[n, after, 1] - points[n, before, 1]
            tz = points[n, after, 2] - points[n, before, 2]
            length = f(1) / (np.sqrt(tx * tx + ty * ty + tz * tz) + f(1e-9))
            tx, ty, tz = tx * length, ty * length, tz * length
            px, py, pz = points[n, k, 0], points[n, k, 1], points[n, k, 2]
            v = ambient[n, k]
            if k % 3 == 0 or k == corners - 1:
                lit = _lit(shadow, px, py, pz, axes, taps, reach, f(0.004))
            vx, vy, vz = -px, -distance - py, -pz
            length = f(1) / np.sqrt(vx * vx + vy * vy + vz * vz)
            vx, vy, vz = vx * length, vy * length, vz * length
            tl = tx * lx + ty * ly + tz * lz
            tv = tx * vx + ty * vy + tz * vz
            sin_l = np.sqrt(max(f(1) - tl * tl, f(0)))
            round_ = max(f(0.25) + f(0.75) * (normals[v, 0] * lx + normals[v, 1] * ly + normals[v, 2] * lz), f(0))
            hx, hy, hz = lx + vx, ly + vy, lz + vz
            length = f(1) / (np.sqrt(hx * hx + hy * hy + hz * hz) + f(1e-6))
            th = (tx * hx + ty * hy + tz * hz) * length
            first = max(f(1) - (th + f(0.08)) * (th + f(0.08)), f(0))
            first = first * first * first
            first = first * first * first * first  # to the 12th, then to the 48th
            first = first * first * first * first
            second = max(f(1) - (th - f(0.12)) * (th - f(0.12)), f(0))
            second = second * second * second
            second = second * second * second  # to the 9th
            deep = f(1) - f(0.55) * inside[n, k]
            rim = f(1) - abs(tv)
            for channel in range(3):
                a = color[n, channel]
                body = a * (irradiance[v, channel] * f(1.05) * deep + key[channel] * lit * sin_l * round_ * deep)
                sheen = (f(0.030) * first + f(0.42) * a * second) * round_ * deep * shine
                image_ = (
                    body + key[channel] * lit * sheen + irradiance[v, channel] * deep * (f(0.010) + f(0.10) * a) * rim
                )
                lit_color[k, channel] = image_
        for k in range(corners - 1):
            x0, y0 = screen[n, k, 0], screen[n, k, 1]
            dx, dy = screen[n, k + 1, 0] - x0, screen[n, k + 1, 1] - y0
            z0, dz = depth[n, k], depth[n, k + 1] - depth[n, k]
            steep = abs(dy) > abs(dx)
            if steep:  # from here on x runs along the longer way
                x0, y0, dx, dy = y0, x0, dy, dx
            if abs(dx) < f(1e-4) or abs(dx) > f(4000):
                continue
            slope = dy / dx
            # Each sample along the way belongs to one segment: to that which holds its middle.
            begin, end = int(np.ceil(min(x0, x0 + dx) - f(0.5))), int(np.ceil(max(x0, x0 + dx) - f(0.5)))
            limit = high if steep else wide
            side = wide if steep else high
            slant = np.sqrt(f(1) + slope * slope)
            for along in range(max(begin, 0), min(end, limit)):
                share = (f(along) + f(0.5) - x0) / dx
                z = z0 + share * dz
                tip = f(k) + share
                across = (
                    width[n]
                    * focal
                    / z
                    * slant
                    * min(
                        f(1), (f(corners - 1) - tip) * f(2.5) / f(corners) + f(0.2), tip * f(6) / f(corners) + f(0.35)
                    )
                )
                middle = y0 + share * dy
                low, top = middle - f(0.5) * across, middle + f(0.5) * across
                for w in range(max(int(np.floor(low)), 0), min(int(np.floor(top)), side - 1) + 1):
                    row, column = (along, w) if steep else (w, along)
                    if z >= nearest[row, column]:
                        continue
                    thin = f(0.95) * (min(top, f(w) + f(1)) - max(low, f(w)))
                    if thin > f(0.6):
                        nearest[row, column] = z
                    for channel in range(3):
                        own = lit_color[k, channel] + share * (lit_color[k + 1, channel] - lit_color[k, channel])
                        image[row, column, channel] += thin * (own - image[row, column, channel])


@kernel
def fill_background(nearest: Floats, scene: Floats, image: Floats) -> None:
    """Where nothing is in front, the scene behind (m, m, 3), stretched over image (h, w, 3)."""
    size = scene.shape[0]
    scale = f(size - 1) / f(image.shape[0])
    for row in range(image.shape[0]):
        y = f(row) * scale
        top = min(int(y), size - 2)
        down = y - f(top)
        for column in range(image.shape[1]):
            if nearest[row, column] < f(1e30):
                continue
            x = f(column) * scale
            left = min(int(x), size - 2)
            across = x - f(left)
            for channel in range(3):
                upper = scene[top, left, channel] * (f(1) - across) + scene[top, left + 1, channel] * across
                lower = scene[top + 1, left, channel] * (f(1) - across) + scene[top + 1, left + 1, channel] * across
                image[row, column, channel] = upper * (f(1) - down) + lower * down
