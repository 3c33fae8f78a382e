"""Painting a person's skin: albedo over the chart, from lips and brows to stubble and age lines.

Colours are linear RGB. Positions p are those of the mean head in metres (see head_model): x to the person's left,
z up, the eyes at z = 0.
"""

import numpy as np

from .chart import Chart
from .identities import Coloring, Identity
from .noise import bump, smooth_noise, smooth_step

OLD_AGE = 1.0
ADULT_AGE = 2 / 3


def age_share(age: float) -> float:
    """0 for a young adult … 1 for an old one."""
    return float(np.clip((age - ADULT_AGE) / (OLD_AGE - ADULT_AGE), 0, 1))


def hair_color_at(coloring: Coloring, age: float) -> np.ndarray:
    """Hair colour (3,) at an age: greying follows a logistic curve around the person's own grey age."""
    gray = 1 / (1 + np.exp(-(age - coloring.gray_age) / 0.03))
    return coloring.hair * (1 - 0.85 * gray) + np.array([0.40, 0.39, 0.37]) * 0.85 * gray


def paint_skin(chart: Chart, identity: Identity, *, age: float, beard: float, makeup: float) -> np.ndarray:
    """Albedo (h, w, 3) float32 and gloss in the fourth channel: (h, w, 4).

    beard: length of facial hair in this picture, 0 shaved … 1 full. makeup: 0 none … 1 strong (lips, lids).
    """
    colors = identity.coloring
    x, y, z = np.moveaxis(chart.position, -1, 0)
    side = np.abs(x)
    old = age_share(age)
    albedo = _complexion(chart, identity, old)

    lips = chart.lips * (0.75 + 0.25 * (1 - old))
    lip_color = colors.lip * (1 - 0.5 * makeup) + 0.5 * makeup * _lipstick(identity)
    _cover(albedo, lip_color * (1 + 0.12 * _grain(identity, "lip grain", chart, 160)[..., None]), lips)
    seam = bump(z + 0.0735 - 6.0 * side * side, 0.0009) * (side < 0.024) * (y < -0.003)
    albedo *= (1 - 0.5 * seam)[..., None]

    nostril = bump(side - 0.0068, 0.0026) * bump(z + 0.0478, 0.0020) * (y < -0.010)
    albedo *= (1 - 0.75 * nostril)[..., None]

    hair = hair_color_at(colors, age)
    _cover(albedo, hair * 0.8, _beard(chart, identity, beard))
    lids = smooth_step(0.0022, 0.0008, chart.lid_gap) * (y < 0.008)
    shadow = 0.6 * makeup * smooth_step(0.006, 0.002, chart.lid_gap) * (z > 0.002)
    if makeup > 0:
        albedo *= (1 - shadow)[..., None] ** np.float32([0.7, 0.9, 0.8])
    lash = lids * np.where(z > -0.001, 0.80, 0.30 + 0.3 * makeup)  # upper lashes are the darker
    _cover(albedo, np.array([0.02, 0.015, 0.012]), lash)
    _cover(albedo, hair * 0.7, brow_mask(chart, identity, old))
    gloss = 0.35 + 0.5 * bump(side, 0.016) * bump(z + 0.02, 0.06) + 0.5 * chart.lips
    return np.concatenate([albedo, gloss[..., None]], axis=-1).astype(np.float32)


def _complexion(chart: Chart, identity: Identity, old: float) -> np.ndarray:
    """Albedo (h, w, 3) of bare skin: blood, hollows, lines and spots darken the person's own tone."""
    colors = identity.coloring
    x, y, z = np.moveaxis(chart.position, -1, 0)
    side = np.abs(x)
    log_albedo = np.log(colors.skin).astype(np.float32) + np.zeros((*chart.shape, 3), np.float32)
    log_albedo += _mottling(chart, identity, old)[..., None] * np.float32([0.6, 1.0, 1.1])
    blush = (
        bump(side - 0.040, 0.016) * bump(z + 0.036, 0.014)
        + 0.8 * bump(side, 0.012) * bump(z + 0.038, 0.010) * (y < -0.015)
        + 0.5 * bump(side, 0.014) * bump(z + 0.105, 0.010)
        + 0.7 * chart.ears
    )
    log_albedo += (0.45 * colors.redness * blush)[..., None] * np.float32([-0.10, -0.55, -0.42])
    hollow = bump(side - 0.030, 0.013) * bump(z + 0.018, 0.006) * (y < 0)
    log_albedo -= ((0.30 + 0.25 * old) * colors.under_eye * hollow)[..., None] * np.float32([0.8, 1.0, 0.8])
    log_albedo -= (_age_lines(identity, side, y, z) * old)[..., None] * np.float32([0.7, 1.0, 1.1])
    log_albedo -= _spots(chart, identity, old)[..., None] * np.float32([0.5, 0.9, 1.2])
    return np.exp(log_albedo)


def brow_mask(chart: Chart, identity: Identity, old: float) -> np.ndarray:
    """Opacity of the eyebrows (h, w): an arch of hairs that grow outwards."""
    height, arch, thickness, length, density = identity.coloring.brow
    x, y, z = np.moveaxis(chart.position, -1, 0)
    along = (np.abs(x) - 0.011) / (0.042 + 0.002 * length)  # 0 at the inner, 1 at the outer end
    middle = 0.0175 + 0.0012 * height + (0.0045 + 0.002 * arch) * (1 - np.square((along - 0.62) / 0.62))
    middle -= 0.004 * np.clip(along - 0.62, 0, None) ** 2 / 0.14
    fullness = 0.8 if identity.female else 1.15
    half = (0.0034 + 0.0008 * thickness) * fullness * np.clip(1.05 - 0.75 * np.clip(along, 0, 1), 0.1, 1)
    strokes = _grain(identity, "brow strokes", chart, 220)
    inside = smooth_step(1.25, 0.55, np.abs(z - middle) / half + 0.22 * strokes)
    ends = smooth_step(-0.06, 0.08, along + 0.04 * strokes) * smooth_step(1.04, 0.85, along)
    opacity = np.clip(0.75 + 0.12 * density, 0.4, 0.95) * (1 - 0.25 * old)
    return opacity * inside * ends * (y < 0.02)


def _mottling(chart: Chart, identity: Identity, old: float) -> np.ndarray:
    rng = identity.random("mottling")
    coarse = smooth_noise(rng, chart.shape, (26, 14))
    fine = smooth_noise(rng, chart.shape, (180, 95))
    return 0.045 * coarse + (0.02 + 0.02 * old) * fine


def _age_lines(identity: Identity, side: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Darkness of nose-to-mouth folds, crow's feet, brow lines and forehead lines at full age."""
    depth = np.clip(0.5 + 0.25 * identity.random("age lines").standard_normal(4), 0.2, 1.3)
    front = y < 0.03
    fold_x = 0.017 + 0.30 * np.clip(-0.036 - z, 0, 0.05)
    fold = bump(side - fold_x, 0.0012) * smooth_step(-0.034, -0.042, z) * smooth_step(-0.085, -0.070, z)
    rays = bump(np.sin((z + 0.001) / (side - 0.030 + 1e-6) * 7), 0.35) * bump(side - 0.056, 0.005) * bump(z, 0.010)
    waves = bump(np.sin((z - 0.040 - 0.003 * np.cos(side * 60)) * 700), 0.28) * bump(z - 0.050, 0.010)
    frown = bump(side - 0.008, 0.0010) * bump(z - 0.018, 0.006)
    return (
        0.35 * depth[0] * fold
        + 0.20 * depth[1] * rays
        + 0.15 * depth[2] * waves * (side < 0.04)
        + 0.2 * depth[3] * frown
    ) * front


def _spots(chart: Chart, identity: Identity, old: float) -> np.ndarray:
    """Moles, freckles and age spots: darkness (h, w). Each keeps its place for life; age spots fade in."""
    rng = identity.random("spots")
    darkness = np.zeros(chart.shape, np.float32)
    freckles = round(160 * identity.coloring.freckles)
    kinds = [(int(rng.poisson(2.5)), 0.9, 0.9), (freckles, 0.65, 0.35), (14, 1.8, 0.25 * old)]  # number, texels, depth
    for count, radius, depth in kinds:
        rows = rng.uniform(0.36, 0.64, count) * chart.shape[0]
        columns = rng.uniform(0.40, 0.95, count) * chart.shape[1]
        for row, column, size in zip(rows, columns, rng.uniform(0.7, 1.5, count) * radius, strict=True):
            reach = int(np.ceil(3 * size))
            top, left = max(0, int(row) - reach), max(0, int(column) - reach)
            window = darkness[top : int(row) + reach + 1, left : int(column) + reach + 1]
            r, c = np.mgrid[0 : window.shape[0], 0 : window.shape[1]]
            window += depth * bump(np.hypot(r + top - row, c + left - column), size).astype(np.float32)
    return darkness


def _beard(chart: Chart, identity: Identity, length: float) -> np.ndarray:
    """Opacity of stubble or beard (h, w): jaw, chin and upper lip, clear of the lips and the cheeks."""
    density = identity.coloring.beard_density
    if density <= 0:
        return np.zeros(chart.shape, np.float32)
    x, y, z = np.moveaxis(chart.position, -1, 0)
    side = np.abs(x)
    line = identity.random("beard line").standard_normal()
    cheek_line = -0.062 + 0.003 * line + 0.9 * np.clip(side - 0.035, 0, 0.03) + 0.004 * (side < 0.02)
    grain = _grain(identity, "beard grain", chart, 260)
    region = smooth_step(0.006, -0.006, z - cheek_line + 0.0015 * grain) * smooth_step(-0.145, -0.12, z)
    moustache = bump(z + 0.0585, 0.0055) * smooth_step(0.030, 0.022, side) * (y < 0)
    region = np.maximum(region * smooth_step(0.085, 0.06, y), moustache)
    bare = bump(side - 0.016, 0.006) * bump(z + 0.088, 0.004)  # beside the soul patch
    region *= (1 - chart.lips) * (1 - 0.5 * bare) * (1 - chart.ears)
    opacity = density * (0.16 + 0.75 * smooth_step(0.15, 0.8, np.float32(length)))
    return np.clip(region * opacity * (1 + 0.22 * grain), 0, 0.95)


def _lipstick(identity: Identity) -> np.ndarray:
    rng = identity.random("lipstick")
    return np.array([0.42, 0.05, 0.07]) * (0.5 + 0.8 * rng.random()) + np.array([0.0, 0.06, 0.06]) * rng.random()


def _grain(identity: Identity, name: str, chart: Chart, cells: float) -> np.ndarray:
    rows, columns = chart.shape
    return smooth_noise(identity.random(name), chart.shape, (cells, cells * columns / rows))


def _cover(albedo: np.ndarray, color: np.ndarray, opacity: np.ndarray) -> None:
    """Paint over `albedo` (h, w, 3) in place, where there is anything to paint. colour: (3,) or (h, w, 3)."""
    where = opacity > 1e-3
    share = opacity[where][:, None].astype(np.float32)
    color = np.asarray(color, np.float32)
    albedo[where] = albedo[where] * (1 - share) + (color if color.ndim == 1 else color[where]) * share
