"""One picture of one person, from the seed's description to 112×112 pixels."""

from dataclasses import dataclass

import numpy as np

from .camera import CROP, develop
from .capture import Capture
from .chart import Chart, make_chart
from .eyes import EyePaint
from .hair import FEMALE_STYLES, MALE_STYLES, STYLES, grow_hair
from .head_model import HeadModel, load_head_model
from .identities import Identity
from .noise import smooth_noise, smooth_step
from .scene import Scene
from .skin import age_share, hair_color_at, paint_skin

SUPERSAMPLING = 2  # samples per pixel along a side


@dataclass(frozen=True)
class Studio:
    """What every picture shares."""

    head: HeadModel
    chart: Chart

    @classmethod
    def open(cls) -> "Studio":
        head = load_head_model()
        return cls(head, make_chart(head))

    def photograph(self, identity: Identity, *, age: float, capture: Capture, rng: np.random.Generator) -> np.ndarray:
        """uint8 RGB (112, 112, 3), aligned to ArcFace's five points. rng: strands, background and noise."""
        head = self.head
        neutral = head.shape(identity.phenotype(age), identity.local_changes(head.local_changes))
        vertices = head.with_expression(neutral, capture.expression)
        styles = FEMALE_STYLES if identity.female else MALE_STYLES
        hair = grow_hair(
            head,
            self.chart,
            vertices,
            identity,
            STYLES[styles[capture.hair_style % len(styles)]],
            hair_color_at(identity.coloring, age),
            receding=age_share(age) * identity.random("receding").random(),
            rng=rng,
        )
        makeup = capture.makeup if identity.female else 0.0
        skin = paint_skin(self.chart, identity, age=age, beard=capture.beard, makeup=makeup)
        scene = Scene.pose(head, vertices, hair, capture, SUPERSAMPLING)
        radiance = paint_background(rng, CROP * SUPERSAMPLING)
        face = scene.draw_head(radiance, skin, EyePaint.of(head, identity), rng)
        scene.draw_hair(radiance, rng)
        return develop(radiance, face, identity.coloring.skin, capture.camera, rng)


def paint_background(rng: np.random.Generator, side: int) -> np.ndarray:
    """Out-of-focus surroundings, linear RGB float32 (side, side, 3): soft gradients and a few soft boxes."""
    field = np.stack([smooth_noise(rng, (side, side), (3, 3)) for _ in range(2)], axis=-1)
    tints = 0.3 * rng.standard_normal((2, 1)) + 0.1 * rng.standard_normal((2, 3))
    image = _dull_color(rng, 0.12) * np.exp(field @ tints)
    rows, columns = np.mgrid[0:side, 0:side] / side
    for _ in range(rng.integers(0, 5)):
        center, half, soft = rng.random(2), rng.uniform(0.05, 0.35, 2), rng.uniform(0.01, 0.1)
        outside = np.maximum(abs(rows - center[0]) - half[0], abs(columns - center[1]) - half[1])
        box = smooth_step(soft, -soft, outside)[..., None]
        image = image * (1 - box) + _dull_color(rng, 0.16) * box
    return image.astype(np.float32)


def _dull_color(rng: np.random.Generator, saturation: float) -> np.ndarray:
    return np.exp(rng.normal(-1.2, 0.85)) * np.exp(saturation * rng.standard_normal(3))
