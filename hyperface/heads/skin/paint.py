"""Painting a person's skin: albedo over the chart, from lips and brows to stubble and age lines.

Colours are linear RGB. Positions are those of the mean head in metres (see model): x to the person's left, z up, the
eyes at z = 0. What is the same for all people (where cheeks redden, where lids end) is made once for a chart.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from hyperface.heads.identity.colors import GRAY_HAIR, Color
from hyperface.heads.identity.coordinates import Person
from hyperface.heads.numerics.arrays import Floats, floats
from hyperface.heads.numerics.compiled import kernel
from hyperface.heads.numerics.noise import bump, smooth_noise, smooth_step
from hyperface.heads.skin.chart import Chart, chart_of

ADULT_AGE, OLD_AGE = 2 / 3, 1.0
_CHANNELS = (  # how much red, green and blue light mottling, blood, shadow around the eyes, lines and spots take
    (0.6, 1.0, 1.1),
    (-0.06, -0.50, -0.40),
    (0.75, 1.0, 0.85),
    (0.7, 1.0, 1.1),
    (0.55, 0.9, 1.15),
)
_BANK = 6  # noise fields that people share, each seen turned and weighted in a person's own way


@dataclass(frozen=True)
class _Fields:
    """What painting needs and no person changes, (h, w) each unless said."""

    side: Floats  # |x|
    front: Floats  # 1 where the face is, 0 behind
    cheeks: Floats
    nose: Floats
    hollow: Floats  # below the eyes
    socket: Floats  # the upper lid's skin
    vermilion: Floats  # the lips, redder towards the seam than at their border
    seam: Floats  # where the lips meet
    nostril: Floats
    around_mouth: Floats  # where darker skin is darker still
    lid_edge: Floats  # lid margins, where lashes grow
    lid_skin: Floats
    gloss: Floats
    coarse: tuple[Floats, ...]
    fine: tuple[Floats, ...]
    grain: tuple[Floats, ...]
    stubble: Floats  # about 1: how thick a beard is from place to place


@lru_cache(maxsize=2)
def _fields(detail: int) -> _Fields:
    chart = chart_of(detail)
    x, y, z = np.moveaxis(chart.position, -1, 0)
    side = np.abs(x)
    rng = np.random.default_rng(7)
    height, width = chart.shape

    def noises(rows: float) -> tuple[Floats, ...]:
        return tuple(smooth_noise(rng, chart.shape, (rows, rows * width / height)) for _ in range(_BANK))

    coarse, fine, grain = noises(26), noises(190), noises(min(height / 2.2, 420))
    lip_line = z + 0.0735 - 6.0 * side * side
    return _Fields(
        side=side,
        front=smooth_step(0.035, 0.015, y),
        cheeks=bump(side - 0.040, 0.016) * bump(z + 0.036, 0.014)
        + 0.5 * bump(side, 0.014) * bump(z + 0.105, 0.010)
        + 0.7 * chart.ears,
        nose=bump(side, 0.012) * bump(z + 0.038, 0.010) * (y < -0.015),
        hollow=bump(side - 0.030, 0.013) * bump(z + 0.018, 0.006) * (y < 0.02),
        socket=bump(side - 0.032, 0.014) * bump(z - 0.009, 0.006) * (y < 0.02),
        vermilion=_vermilion(chart),
        seam=bump(lip_line, 0.0009) * smooth_step(0.025, 0.022, side) * (y < -0.003),
        around_mouth=bump(side, 0.030) * bump(z + 0.078, 0.020) * (y < 0.02),
        nostril=bump(side - 0.0068, 0.0026) * bump(z + 0.0478, 0.0020) * (y < -0.010),
        lid_edge=smooth_step(0.0020, 0.0006, chart.lid_gap) * (y < 0.012),
        lid_skin=smooth_step(0.007, 0.002, chart.lid_gap) * (z > 0.001) * (y < 0.02),
        gloss=0.55
        + 0.45 * bump(side, 0.013) * bump(z + 0.025, 0.035)
        + 0.25 * bump(side, 0.035) * bump(z - 0.045, 0.02)
        + 0.15 * bump(side - 0.045, 0.015) * bump(z + 0.025, 0.015)
        + 0.35 * chart.lips
        - 0.35 * chart.ears,
        coarse=coarse,
        fine=fine,
        grain=grain,
        stubble=np.float32(1) + np.float32(0.22) * grain[3] + np.float32(0.05) * fine[3],
    )


def _vermilion(chart: Chart) -> Floats:
    """Strength of the lips' colour (h, w): it fades over their last millimetre and a half."""
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(chart.lips, 2.2 * chart.detail)
    return np.asarray(smooth_step(0.25, 0.95, soft) * (0.72 + 0.28 * smooth_step(0.6, 1.0, soft)), np.float32)


def age_share(age: float) -> float:
    """0 for a young adult … 1 for an old one."""
    return float(np.clip((age - ADULT_AGE) / (OLD_AGE - ADULT_AGE), 0, 1))


def gray_share(person: Person, age: float) -> float:
    """How much of the hair is grey at an age: a logistic curve around the person's own grey age."""
    return float(1 / (1 + np.exp(-(age - person.gray_age) / 0.03)))


def hair_color(person: Person, age: float) -> Color:
    """Mean hair colour (3,) at an age."""
    gray = 0.9 * gray_share(person, age)
    return (person.hair * (1 - gray) + GRAY_HAIR * gray).astype(np.float32)


def paint_person(person: Person, detail: int, age: float) -> Floats:
    """Albedo (3 channels) and gloss over the chart, (h, w, 4), of a person without hair, beard or make-up."""
    chart, fields = chart_of(detail), _fields(detail)
    old = age_share(age)
    rng = np.random.default_rng(_own_seed(person))
    albedo = _complexion(person, chart, fields, old, rng)
    _cover(albedo, person.lip, fields.vermilion * np.float32(0.88 - 0.3 * old) * (1 + 0.07 * fields.fine[0]))
    albedo *= (1 - 0.55 * fields.seam - 0.78 * fields.nostril).clip(0.05, 1)[..., None]
    upper = np.where(chart.position[..., 2] > -0.0015, 0.86, 0.34).astype(np.float32)
    _cover(albedo, floats([0.03, 0.020, 0.016]), fields.lid_edge * upper * np.float32(min(person.lashes, 1.1)))
    own = hair_color(person, age)
    brows = brow_opacity(person, chart, fields.grain[1], old) * np.float32(1.0 if detail == 1 else 0.55)
    _cover(albedo, own * np.float32(0.62), brows)
    gloss = fields.gloss * np.float32(person.shine) * (1 + 0.10 * fields.fine[2])
    return np.concatenate([albedo, np.maximum(gloss, 0.02)[..., None]], axis=-1).astype(np.float32)


def paint_picture(
    person: Person, bare: Floats, detail: int, *, age: float, beard: float, makeup: float, hair: Floats,
    root: float, region: Floats | None,
) -> Floats:  # fmt: skip
    """The paint (h, w, 4) of a person, with what changes from picture to picture.

    bare: of `paint_person`. beard: length of facial hair, 0 shaved … 1 full. makeup: 0 none … 1 strong (lips, lids).
    hair: opacity (h, w) of the hair's roots on the scalp. root: how dark they are, as a share of the hair's colour.
    region: of `beard_region`, None of those who have no beard.
    """
    chart, fields = chart_of(detail), _fields(detail)
    own = hair_color(person, age)
    colors = np.stack([own * np.float32(root), own * np.float32(0.8), _lipstick(person)])
    region = np.zeros_like(hair) if region is None else region
    tones = floats([makeup, _beard_opacity(person, beard)])
    return _composed(bare, hair, region, fields.stubble, chart.lips, fields.lid_skin, colors, tones)


@kernel
def _composed(
    bare: Floats, hair: Floats, beard: Floats, grain: Floats, lips: Floats, lids: Floats, colors: Floats, tones: Floats
) -> Floats:
    """Hair, beard and make-up (h, w) over paint (h, w, 4).

    beard: where it grows. colors: (3, 3) of hair, beard, lipstick. tones: strength of make-up, opacity of the beard.
    """
    out = np.empty_like(bare)
    one, strength, opacity = np.float32(1), tones[0], tones[1]
    for row in range(bare.shape[0]):
        for column in range(bare.shape[1]):
            scalp = hair[row, column]
            chin = min(max(beard[row, column] * opacity * grain[row, column], np.float32(0)), np.float32(0.93))
            lip = np.float32(0.48) * strength * lips[row, column]
            shadow = one - np.float32(0.45) * strength * lids[row, column]
            for channel in range(3):
                value = bare[row, column, channel] * shadow
                value += lip * (colors[2, channel] - value)
                value += chin * (colors[1, channel] - value)
                out[row, column, channel] = value + scalp * (colors[0, channel] - value)
            out[row, column, 3] = bare[row, column, 3] * (one - np.float32(0.9) * scalp)
    return out


def _own_seed(person: Person) -> int:
    """Speckles that follow from the person alone, and change when the person does."""
    return zlib.crc32(f"{person.freckles:.2f} {person.under_eye:.2f} {person.pores:.2f}".encode())


def _complexion(person: Person, chart: Chart, fields: _Fields, old: float, rng: np.random.Generator) -> Floats:
    """Albedo (h, w, 3) of bare skin: blood, hollows, lines and spots darken the person's own tone."""
    pick, shift = int(rng.integers(_BANK)), int(rng.integers(200))
    mottling = np.float32(0.030 * person.pores) * np.roll(fields.coarse[pick], shift, 0)
    mottling += np.float32(0.012 * person.pores) * fields.grain[pick]
    mottling += np.float32(0.018 * person.pores + 0.02 * old) * np.roll(fields.fine[pick], shift, 0)
    z = chart.position[..., 2]
    pale = 1 - 0.45 * person.melanin  # blood shows less through dark skin
    blood = 1 + 0.35 * np.roll(fields.coarse[(pick + 1) % _BANK], shift, 0)
    red = np.float32(0.34 * person.redness * pale) * fields.cheeks * blood + np.float32(0.022) * (blood - 1)
    red += np.float32(0.34 * person.nose_redness * pale) * fields.nose
    around_eyes = np.float32((0.26 + 0.22 * old) * person.under_eye) * fields.hollow
    around_eyes += np.float32(0.10 + 0.10 * person.melanin) * fields.socket
    around_eyes += np.float32(0.16 * person.melanin) * fields.around_mouth
    dark = _age_lines(person, fields, z) * np.float32(old)
    spots = _spots(person, chart, old, rng)
    log_albedo = np.empty((*chart.shape, 3), np.float32)
    for channel, (base, m, r, e, d, s) in enumerate(zip(np.log(person.skin), *_CHANNELS, strict=True)):
        log_albedo[..., channel] = (
            base + np.float32(m) * mottling + np.float32(r) * red
            - np.float32(e) * around_eyes - np.float32(d) * dark - np.float32(s) * spots
        )  # fmt: skip
    return np.exp(log_albedo)


def brow_opacity(person: Person, chart: Chart, grain: Floats, old: float) -> Floats:
    """Opacity of the eyebrows (h, w): an arch that is soft at its edges and thins towards both ends."""
    along, across = brow_frame(person, chart.position)
    density = person.brow[4]
    inside = smooth_step(1.35, 0.25, np.abs(across) + 0.20 * grain)
    ends = smooth_step(-0.12, 0.30, along + 0.05 * grain) * smooth_step(1.06, 0.70, along)
    strongest = np.clip(0.78 + 0.11 * density, 0.45, 0.97) * (1 - 0.25 * old)
    return np.float32(strongest) * inside * ends * (chart.position[..., 1] < 0.025)


def brow_frame(person: Person, position: Floats) -> tuple[Floats, Floats]:
    """Places (…, 3) of the mean head, told along the brow (0 inner end … 1 outer) and across it (±1 at its edges)."""
    height, arch, thickness, length, _, gap, tilt = person.brow
    side, z = np.abs(position[..., 0]), position[..., 2]
    along = (side - (0.0115 + 0.0018 * gap)) / (0.039 + 0.0022 * length)
    peak = (along - 0.62) / 0.62
    middle = 0.0175 + 0.0011 * height + (0.0042 + 0.0016 * arch) * (1 - peak * peak) + 0.0013 * tilt * (along - 0.4)
    middle = middle - 0.030 * np.clip(along - 0.62, 0, None) ** 2
    fullness = 0.82 + 0.36 * person.male
    half = (0.0041 + 0.0007 * thickness) * fullness * np.clip(1.08 - 0.72 * np.clip(along, 0, 1), 0.1, 1)
    return along.astype(np.float32), ((z - middle) / half).astype(np.float32)


def _age_lines(person: Person, fields: _Fields, z: Floats) -> Floats:
    """Darkness of nose-to-mouth folds, crow's feet, forehead lines and frown lines at full age."""
    side, (fold, feet, forehead, frown) = fields.side, person.lines
    fold_x = 0.017 + 0.30 * np.clip(-0.036 - z, 0, 0.05)
    folds = bump(side - fold_x, 0.0016) * smooth_step(-0.034, -0.042, z) * smooth_step(-0.085, -0.068, z)
    rays = bump(np.sin((z + 0.001) / (side - 0.030 + 1e-6) * 7), 0.35) * bump(side - 0.056, 0.005) * bump(z, 0.010)
    waves = bump(np.sin((z - 0.040 - 0.003 * np.cos(side * 60)) * 700), 0.28) * bump(z - 0.050, 0.010)
    between = bump(side - 0.008, 0.0012) * bump(z - 0.018, 0.006)
    lines = 0.42 * fold * folds + 0.30 * feet * rays + 0.24 * forehead * waves * (side < 0.04) + 0.2 * frown * between
    return np.asarray(lines * fields.front, np.float32)


def _spots(person: Person, chart: Chart, old: float, rng: np.random.Generator) -> Floats:
    """Moles, freckles and age spots: darkness (h, w). Moles and freckles keep their place for life."""
    darkness = np.zeros(chart.shape, np.float32)
    kinds = [(round(220 * person.freckles), 0.6, 0.35), (14, 1.8, 0.22 * old)]  # number, texels, depth
    for count, radius, depth in kinds:
        rows = rng.uniform(0.36, 0.64, count) * chart.shape[0]
        columns = rng.uniform(0.40, 0.95, count) * chart.shape[1]
        for row, column, size in zip(rows, columns, rng.uniform(0.7, 1.5, count) * radius * chart.detail, strict=True):
            reach = int(np.ceil(3 * size))
            top, left = max(0, int(row) - reach), max(0, int(column) - reach)
            window = darkness[top : int(row) + reach + 1, left : int(column) + reach + 1]
            r, c = np.mgrid[0 : window.shape[0], 0 : window.shape[1]]
            window += np.float32(depth) * bump(np.hypot(r + top - row, c + left - column), size)
    x, z = chart.position[..., 0], chart.position[..., 2]
    for mole in person.moles:
        if mole.size > 2e-4:
            near = (np.abs(x - mole.side) < 0.004) & (np.abs(z - mole.height) < 0.004) & (chart.position[..., 1] < 0.04)
            apart = np.hypot(x[near] - mole.side, z[near] - mole.height)
            darkness[near] += np.float32(1.0) * smooth_step(1.25 * mole.size, 0.6 * mole.size, apart)
    return darkness


def beard_region(person: Person, chart: Chart) -> Floats:
    """Where facial hair grows (h, w): jaw, chin and upper lip, clear of the lips and the cheeks."""
    x, y, z = np.moveaxis(chart.position, -1, 0)
    side = np.abs(x)
    moustache, line, _ = person.beard
    cheek_line = -0.062 + 0.003 * line + 0.9 * np.clip(side - 0.035, 0, 0.03) + 0.004 * (side < 0.02)
    region = smooth_step(0.009, -0.009, z - cheek_line) * smooth_step(-0.13, -0.10, z)
    upper_lip = bump(z + 0.0585, 0.0055) * smooth_step(0.030, 0.020, side) * (y < 0)
    region = np.maximum(region * smooth_step(0.085, 0.055, y), upper_lip * np.clip(0.8 + 0.25 * moustache, 0.2, 1.1))
    bare = bump(side - 0.016, 0.006) * bump(z + 0.088, 0.004)  # beside the soul patch
    return np.asarray(region * (1 - chart.lips) * (1 - 0.5 * bare) * (1 - chart.ears), np.float32)


def _beard_opacity(person: Person, length: float) -> float:
    """Of stubble or beard, where it grows thickest."""
    shade = 0.12 + 0.03 * person.beard[2]
    return person.beard_density * (shade + 0.72 * float(smooth_step(0.15, 0.8, length)))


def _lipstick(person: Person) -> Color:
    strong, warm = np.random.default_rng(_own_seed(person) ^ 1).random(2)
    color = np.array([0.40, 0.05, 0.065]) * (0.6 + 0.7 * strong) + np.array([0.02, 0.06, 0.05]) * warm
    return np.asarray(color * (1.05 - 0.72 * person.melanin), np.float32)


@kernel
def _cover(albedo: Floats, color: Color, opacity: Floats) -> None:
    """Paint over `albedo` (h, w, 3) in place. color: (3,). opacity: (h, w)."""
    for row in range(albedo.shape[0]):
        for column in range(albedo.shape[1]):
            share = opacity[row, column]
            if share > np.float32(1e-3):
                for channel in range(3):
                    albedo[row, column, channel] += share * (color[channel] - albedo[row, column, channel])
