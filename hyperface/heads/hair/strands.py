"""Wearing hair: a style's strands carried to a person's head, with the person's hairline, curl and colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hyperface.heads.hair.growing import CROWN, STRANDS, grow
from hyperface.heads.hair.hairline import AXIS_Y, TABLE, hairline, mean_line
from hyperface.heads.hair.hairstyles import HairStyle
from hyperface.heads.identity.colors import GRAY_HAIR
from hyperface.heads.identity.coordinates import Person
from hyperface.heads.numerics.arrays import Floats, Indices, floats
from hyperface.heads.numerics.noise import smooth_noise, smooth_step
from hyperface.heads.shape.model import load_head_model
from hyperface.heads.skin.chart import Chart, chart_of
from hyperface.heads.skin.paint import gray_share

_WIDTH, _BULK = 0.00042, 0.0030  # metres across a thread when all are drawn, and across one that fills the inside


@dataclass(frozen=True)
class Strands:
    """A person's hair in one style, in the head's frame."""

    points: Floats  # (n, k, 3)
    nearest: Indices  # (n, k)
    inside: Floats  # (n, k)
    color: Floats  # (n, 3) albedo
    width: Floats  # (n,) metres
    shine: float  # about 1


def wear(person: Person, vertices: Floats, style: HairStyle, age: float, count: int) -> Strands:
    """A style on a person's neutral head (v, 3): at most `count` strands."""
    growth, head = grow(style), load_head_model()
    line, (usual, crown) = hairline(person, age), _places(style)
    recede = growth.hairline - (np.interp(growth.angle, line[0], line[1]) - usual)
    ragged = 0.012 * (growth.kind * 53 % 1) ** 2 - (0.0 if style.comb == "out" else 0.003)
    kept = np.flatnonzero((recede > ragged) & (growth.kind < style.density * _thinning(person, age, crown)))[:count]
    points, nearest, kind = growth.points[kept], growth.nearest[kept], growth.kind[kept]
    points = points + (vertices - head.mean)[nearest]
    inside, bulk = growth.inside[kept], growth.bulk[kept]
    waves = style.comb not in ("out", "tied") and person.curl > 0.15 and style.top > 0.03
    large = count > 4000
    if style.top > 0.1 and (waves or large):
        times = 2 if not waves else 4 if large and person.curl > 0.35 else 3
        points, nearest, inside = _finer(points, nearest, inside, times)
    if waves:
        points = _curled(points, person.curl, growth.lock[kept], kind)
    if style.comb == "out" and not large:
        points, nearest, inside = points[:, ::2], nearest[:, ::2], inside[:, ::2]
    bulk = bulk * smooth_step(0.006, 0.026, recede[kept])  # a hairline is of fine hairs
    long = _steps(points).sum(axis=1)
    thread = np.minimum(_WIDTH * np.sqrt(STRANDS / count), 0.03 * long)
    if style.comb == "out":
        few = (STRANDS / count) ** 0.3  # fewer coils are drawn larger, so that they still make a surface
        width = 1.6 * thread + 1.4 * _BULK * few * bulk
        middle = points.mean(axis=1, keepdims=True)
        points = middle + np.where(bulk > 0, 1, few)[:, None, None] * (points - middle)
    else:
        width = thread + np.minimum(_BULK, 0.10 * long) * bulk * (style.top > 0.015)
    width = width * (0.75 + 0.5 * (kind * 19 % 1))
    shine = 0.25 if style.comb == "out" else 1 - 0.5 * float(smooth_step(0.2, 0.7, person.curl))
    # In one layout for straight hair and for curls, as a kernel is compiled for each.
    return Strands(
        np.ascontiguousarray(points, np.float32),
        np.ascontiguousarray(nearest, np.int32),
        np.ascontiguousarray(inside, np.float32),
        _colors(person, age, kind, growth.lock[kept], growth.bulk[kept]),
        floats(width),
        shine,
    )


def _colors(person: Person, age: float, kind: Floats, lock: Floats, bulk: Floats) -> Floats:
    """Albedo (n, 3) of threads. A thread stands for a few dozen hairs, some grey and some not."""
    own = 1 - bulk  # what fills the inside is nobody's lock
    dark = np.exp(own * (0.32 * (kind * 37 % 1 - 0.5) + 0.20 * (lock - 0.5)))
    gray = gray_share(person, age) + own * (0.22 * (kind * 91 % 1 - 0.5) + 0.25 * (lock * 17 % 1 - 0.5))
    gray = np.clip(gray, 0, 1)
    gray = gray * smooth_step(0.0, 0.12, np.float32(gray_share(person, age)))
    return floats(person.hair * (dark * (1 - gray))[:, None] + GRAY_HAIR * (gray * (0.85 + 0.3 * kind))[:, None])


def _finer(points: Floats, nearest: Indices, inside: Floats, times: int) -> tuple[Floats, Indices, Floats]:
    """Strands with `times` corners for one, so that they can wave."""
    last = points.shape[1] - 1
    fine = np.linspace(0, last, times * last + 1, dtype=np.float32)
    index = np.minimum(fine.astype(np.int32), last - 1)
    share = (fine - index)[None, :]
    before, after = points.take(np.maximum(index - 1, 0), axis=1), points.take(np.minimum(index + 2, last), axis=1)
    begin, end, t = points.take(index, axis=1), points.take(index + 1, axis=1), share[..., None]
    # Catmull and Rom's curve through the corners.
    smooth = begin + 0.5 * t * (
        end - before + t * (2 * before - 5 * begin + 4 * end - after + t * (3 * (begin - end) + after - before))
    )
    return (
        smooth,
        nearest.take(np.rint(fine).astype(np.int32), axis=1),
        inside.take(index, axis=1) * (1 - share) + inside.take(index + 1, axis=1) * share,
    )


def _steps(points: Floats) -> Floats:
    """Lengths (n, k − 1) of the pieces of strands (n, k, 3); several times faster than NumPy's norm along so few."""
    x, y, z = np.moveaxis(np.diff(points, axis=1), -1, 0)
    return np.asarray(np.sqrt(x * x + y * y + z * z))


@lru_cache(maxsize=32)
def _places(style: HairStyle) -> tuple[NDArray[np.float64], Floats]:
    """Of a style's roots (n,): the mean hairline's height at their angle, and metres from the crown."""
    growth = grow(style)
    crown = np.linalg.norm(growth.points[:, 0] - CROWN, axis=1)
    return np.interp(growth.angle, *mean_line()), crown


def _thinning(person: Person, age: float, crown: Floats) -> Floats:
    """Share of strands left where hair thins with age: on the crown of those whose hairline recedes. crown: (n,) metres
    from it."""
    thin = np.clip(person.receding * np.clip((age - 0.72) / 0.28, 0, 1) - 0.35, 0, 0.8)
    return np.asarray(1 - thin * smooth_step(0.075, 0.03, crown), np.float32)


def _curled(points: Floats, curl: float, lock: Floats, kind: Floats) -> Floats:
    """Waves to curls: strands of a lock wind around their lines together."""
    strength = float(smooth_step(0.15, 0.6, curl))
    steps = _steps(points)
    along = np.concatenate([np.zeros((len(points), 1), np.float32), np.cumsum(steps, axis=1)], axis=1)
    wavelength = np.maximum(0.058 * (1 - curl) + 0.008, 4.2 * steps.mean(axis=1, keepdims=True))
    phase = 2 * np.pi * (along / wavelength + lock[:, None]) + kind[:, None] * (0.4 + 0.7 * curl)
    reach = strength * (0.075 + 0.025 * np.sin(40 * lock[:, None])) * wavelength * np.minimum(1, along / 0.03)
    out = points.copy()
    out[..., 0] += reach * np.cos(phase)
    out[..., 1] += reach * np.sin(phase + 0.7)
    out[..., 2] += 0.5 * reach * np.sin(phase)
    return out


def root_opacity(person: Person, chart: Chart, style: HairStyle, age: float) -> Floats:
    """How much of the scalp (h, w) is hidden by the roots of hair."""
    place, ragged, clear = _scalp(chart.detail)
    _, heights = hairline(person, age)
    above = chart.position[..., 2] - heights[place]
    soft = 0.012 if style.top < 0.02 else 0.010
    strength = style.density * (0.93 if style.comb != "out" and style.top < 0.02 else 0.975)
    return np.float32(strength) * smooth_step(-0.25 * soft, soft, above + ragged) * clear


@lru_cache(maxsize=3)
def _scalp(detail: int) -> tuple[Indices, Floats, Floats]:
    """Of a chart's texels (h, w): entry of the hairline's table, metres by which it is ragged, 0 on the ears."""
    chart = chart_of(detail)
    angle = np.arctan2(np.abs(chart.position[..., 0]), AXIS_Y - chart.position[..., 1])
    rng = np.random.default_rng(5)
    height, width = chart.shape
    ragged = smooth_noise(rng, chart.shape, (70, 70 * width / height))
    ragged = ragged + smooth_noise(rng, chart.shape, (260, 260 * width / height))
    place = np.rint(angle * ((TABLE - 1) / np.pi)).astype(np.int32)
    return place, np.float32(0.0016) * ragged, smooth_step(0.5, 0.2, chart.ears)
