"""One picture of one person: the head, its hair, the light on both, seen by the camera."""

from dataclasses import dataclass

import numpy as np

from . import capture as capturing
from .camera import CROP, crop_transform, develop, head_rotation, project
from .chart import Chart, fit_sphere, make_chart
from .hair import FEMALE_STYLES, MALE_STYLES, STYLES, HairMesh, grow_hair
from .head_model import CAVITY, EYE, SKIN, TEETH, TONGUE, HeadModel, load_head_model
from .identities import Identity
from .lighting import key_visibility, soft_irradiance, surroundings
from .noise import smooth_noise, smooth_step
from .raster import BACKGROUND, rasterize, vertex_normals
from .skin import age_share, hair_colour_at, paint_skin
from .teeth import teeth_albedo

SUPERSAMPLING = 2
_IRIS_RADIUS = 0.0060  # metres
_LIGHT_BLEED = np.float32([0.22, 0.08, 0.05])  # how far red, green and blue light wraps round under skin


@dataclass(frozen=True)
class Studio:
    """What every picture shares."""

    head: HeadModel
    chart: Chart

    @classmethod
    def open(cls) -> "Studio":
        head = load_head_model()
        return cls(head, make_chart(head))

    def photograph(
        self, identity: Identity, *, age: float, capture: capturing.Capture, rng: np.random.Generator
    ) -> np.ndarray:
        """uint8 RGB (112, 112, 3), aligned to ArcFace's five points. rng: strands, background and noise."""
        head = self.head
        neutral = head.shape(identity.phenotype(age), identity.local_changes(head.local_changes))
        vertices = head.with_expression(neutral, capture.expression)
        styles = FEMALE_STYLES if identity.female else MALE_STYLES
        colour = hair_colour_at(identity.colouring, age)
        hair = grow_hair(
            head, self.chart, vertices, identity, STYLES[styles[capture.hair_style % len(styles)]], colour,
            receding=age_share(age) * identity.random("receding").random(), rng=rng,
        )  # fmt: skip
        makeup = capture.makeup if identity.female else 0.0
        skin = paint_skin(self.chart, identity, age=age, beard=capture.beard, makeup=makeup)
        scene = _Scene.pose(head, vertices, hair, capture)
        side = CROP * SUPERSAMPLING
        radiance = _background(rng, side)
        eye = _EyePaint.of(head, identity)
        face = scene.draw_head(radiance, skin, eye, self.chart, rng)
        scene.draw_hair(radiance, hair, rng)
        return develop(radiance, face, identity.colouring.skin, capture.camera, rng)


@dataclass(frozen=True)
class _EyePaint:
    """Eyeballs of the mean head, in whose frame the iris is painted."""

    centres: np.ndarray  # (2, 3)
    iris: np.ndarray  # (3,)

    @classmethod
    def of(cls, head: HeadModel, identity: Identity) -> "_EyePaint":
        centres = np.stack([fit_sphere(head.mean[eyeball])[0] for eyeball in head.eyeballs])
        return cls(centres, identity.colouring.iris)

    def albedo(self, position: np.ndarray) -> np.ndarray:
        """(n, 3) at positions (n, 3) of the mean head: sclera, iris with a dark rim, pupil."""
        offset = position - self.centres[(position[:, 0] > 0).astype(int)]
        distance = np.hypot(offset[:, 0], offset[:, 2])[:, None]  # from the line of sight of a straight gaze
        redness = smooth_step(0.006, 0.014, distance)
        sclera = np.float32([0.70, 0.66, 0.63]) * (1 - redness * np.float32([0.05, 0.20, 0.20]))
        iris = self.iris * (0.7 + 0.7 * smooth_step(0.0, _IRIS_RADIUS, distance))
        iris = iris * (1 - 0.75 * smooth_step(0.82 * _IRIS_RADIUS, 0.98 * _IRIS_RADIUS, distance))
        iris = iris * smooth_step(0.0019, 0.0025, distance) + 0.004
        edge = smooth_step(0.96 * _IRIS_RADIUS, 1.06 * _IRIS_RADIUS, distance)
        return (iris * (1 - edge) + sclera * edge).astype(np.float32)


@dataclass(frozen=True)
class _Scene:
    """Head and hair posed before the camera. Camera frame, metres."""

    head: HeadModel
    capture: capturing.Capture
    vertices: np.ndarray  # (v, 3), head then hair
    normals: np.ndarray  # (v, 3)
    solid: np.ndarray  # (t, 3) triangles that cast shadows
    hair_triangles: np.ndarray  # (t, 3), indices into `vertices`
    irradiance: np.ndarray  # (v, 3), from the surroundings
    screen: np.ndarray  # (v, 2), samples
    depth: np.ndarray  # (v,), metres

    @classmethod
    def pose(cls, head: HeadModel, vertices: np.ndarray, hair: HairMesh, capture: capturing.Capture) -> "_Scene":
        rotation = head_rotation(capture)
        posed, posed_hair = vertices @ rotation.T, hair.vertices @ rotation.T
        normals = np.concatenate([vertex_normals(posed, head.triangles), vertex_normals(posed_hair, hair.triangles)])
        everything = np.concatenate([posed, posed_hair]).astype(np.float32)
        hair_triangles = (hair.triangles + len(posed)).astype(np.int32)
        solid = np.concatenate([head.triangles, hair_triangles]).astype(np.int32)
        plane, depth = project(everything, capture.camera.distance)
        points, _ = project(head.five_points(posed), capture.camera.distance)
        transform = crop_transform(points, capture.camera.jitter, capture.yaw)
        screen = (plane @ transform[:, :2].T + transform[:, 2]) * SUPERSAMPLING
        normals = normals.astype(np.float32)
        centred = everything - everything[: len(posed)].mean(axis=0)
        return cls(
            head, capture, centred, normals, solid, hair_triangles,
            soft_irradiance(centred, normals, solid, capture.light),
            screen.astype(np.float32), depth.astype(np.float32),
        )  # fmt: skip

    def draw_head(
        self, radiance: np.ndarray, skin: np.ndarray, eye: _EyePaint, chart: Chart, rng: np.random.Generator
    ) -> np.ndarray:
        """Draw the head into radiance (h, w, 3); return where its skin is, bool (h, w)."""
        triangles = self.head.triangles
        count = len(self.head.mean)
        size = radiance.shape[0]
        index, weights = rasterize(
            self.screen[:count], self.depth[:count], 1 / self.depth[:count], triangles, size, size
        )
        covered = index != BACKGROUND
        hit, share = index[covered], weights[covered][..., None]  # (n,), (n, 3, 1)
        corners, part = triangles[hit], self.head.parts[hit]
        normal, position, soft = ((values[corners] * share).sum(axis=1) for values in (self.normals, self.vertices, self.irradiance))
        rest = (self.head.mean[corners] * share).sum(axis=1)
        texel = (Chart.texel(self.head.corner_uv[hit]) * share).sum(axis=1)
        painted = sample_bilinear(skin, texel)  # (n, 4)
        albedo, gloss = painted[:, :3], painted[:, 3] * 0.04
        eyes = part == EYE
        albedo[eyes] = eye.albedo(rest[eyes])
        albedo[part == TONGUE] = (0.30, 0.10, 0.09)
        albedo[part == CAVITY] = (0.10, 0.03, 0.03)
        teeth = part == TEETH
        albedo[teeth] = teeth_albedo(rest[teeth])
        gloss[eyes | teeth] = 0.02
        bleed = np.where((part == SKIN)[:, None], _LIGHT_BLEED, 0).astype(np.float32)
        visible = key_visibility(self.vertices, self.solid, position, self.capture.light, rng)
        shaded = self._shade(normal, soft, visible, albedo, bleed)
        shaded += self._gloss(normal, position, visible, soft, gloss, np.where(eyes, 220.0, 22.0))
        shaded[part == CAVITY] *= 0.4
        shaded[eyes] *= 0.85  # lashes shade the eyes
        radiance[covered] = shaded
        face = covered.copy()
        face[covered] = part == SKIN
        return face

    def draw_hair(self, radiance: np.ndarray, hair: HairMesh, rng: np.random.Generator) -> None:
        """Blend the hair over what has been drawn, where it is in front of the head."""
        size = radiance.shape[0]
        count = len(self.head.mean)
        both = np.concatenate([self.hair_triangles, self.head.triangles]).astype(np.int32)
        # Hair is pulled a millimetre towards the camera, so that a thin cap wins against the scalp below it.
        depth = self.depth.copy()
        depth[count:] -= 0.001
        index, weights = rasterize(self.screen, depth, 1 / depth, both, size, size)
        covered = (index != BACKGROUND) & (index < len(self.hair_triangles))
        hit, share = index[covered], weights[covered][..., None]
        corners = self.hair_triangles[hit]
        normal, position, soft = ((values[corners] * share).sum(axis=1) for values in (self.normals, self.vertices, self.irradiance))
        texel = (hair.corner_texels[hit] * share).sum(axis=1)
        cap = hit < hair.cap
        paint = np.empty((len(hit), 4), np.float32)
        paint[cap] = sample_bilinear(hair.cap_paint, texel[cap])
        paint[~cap] = sample_bilinear(hair.curtain_paint, texel[~cap])
        toward = np.where((normal[:, 1] > 0)[:, None], -normal, normal)  # the curtain's inside faces away
        normal = np.where(cap[:, None], normal, toward)
        visible = key_visibility(self.vertices, self.solid, position, self.capture.light, rng)
        shaded = self._shade(normal, soft, visible, paint[:, :3], np.zeros(3, np.float32))
        sheen = 0.25 * (0.2 + paint[:, :3].mean(axis=1))
        shaded += self._gloss(normal, position, visible, soft, sheen, np.full(len(hit), 9.0)) * 0.5
        opacity = paint[:, 3:]
        radiance[covered] = radiance[covered] * (1 - opacity) + shaded * opacity

    def _shade(
        self, normal: np.ndarray, soft: np.ndarray, visible: np.ndarray, albedo: np.ndarray, bleed: np.ndarray
    ) -> np.ndarray:
        light = self.capture.light
        cosine = (normal @ light.key_direction.astype(np.float32))[:, None]
        wrapped = np.clip((cosine + bleed) / (1 + bleed), 0, None)
        return albedo * (soft + light.key.astype(np.float32) * visible[:, None] * wrapped)

    def _gloss(
        self, normal: np.ndarray, position: np.ndarray, visible: np.ndarray, soft: np.ndarray, strength: np.ndarray,
        sharpness: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """Blinn–Phong highlight of the key, and the surroundings mirrored with Schlick's Fresnel term."""
        light = self.capture.light
        eye = np.float32([0, -self.capture.camera.distance, 0]) - position
        eye /= np.linalg.norm(eye, axis=1, keepdims=True)
        normal = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        half = eye + light.key_direction.astype(np.float32)
        half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
        facing = np.clip((normal * eye).sum(axis=1), 0, 1)
        fresnel = strength + (1 - strength) * 0.35 * (1 - facing) ** 5
        peak = np.clip((normal * half).sum(axis=1), 0, 1) ** sharpness * (sharpness + 8) / 8
        mirrored = 2 * facing[:, None] * normal - eye
        open_share = np.clip(soft.mean(axis=1) / max(float(soft.mean()) * 2, 1e-6), 0, 1)
        around = surroundings(light, mirrored) * (0.6 * fresnel * open_share)[:, None]
        return light.key.astype(np.float32) * (visible * peak * strength)[:, None] + around.astype(np.float32)


def sample_bilinear(image: np.ndarray, texel: np.ndarray) -> np.ndarray:
    """Values (n, c) of image (h, w, c) at columns and rows (n, 2), texel centres at + 0.5, edges repeated."""
    height, width = image.shape[:2]
    x, y = np.clip(texel[:, 0] - 0.5, 0, width - 1), np.clip(texel[:, 1] - 0.5, 0, height - 1)
    left, top = x.astype(np.int32), y.astype(np.int32)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (x - left)[:, None], (y - top)[:, None]
    upper = image[top, left] * (1 - across) + image[top, right] * across
    lower = image[bottom, left] * (1 - across) + image[bottom, right] * across
    return upper * (1 - down) + lower * down


def _background(rng: np.random.Generator, side: int) -> np.ndarray:
    """An out-of-focus surrounding, linear (side, side, 3)."""
    base = np.exp(rng.normal(-1.2, 0.8)) * np.exp(0.12 * rng.standard_normal(3))
    field = np.stack([smooth_noise(rng, (side, side), (3, 3)) for _ in range(2)], axis=-1)
    tints = 0.3 * rng.standard_normal((2, 1)) + 0.1 * rng.standard_normal((2, 3))
    image = base * np.exp(field @ tints)
    rows, columns = np.mgrid[0:side, 0:side] / side
    for _ in range(rng.integers(0, 5)):
        centre, half, soft = rng.random(2), rng.uniform(0.05, 0.35, 2), rng.uniform(0.01, 0.1)
        inside = smooth_step(soft, -soft, np.maximum(abs(rows - centre[0]) - half[0], abs(columns - centre[1]) - half[1]))
        colour = np.exp(rng.normal(-1.2, 0.9)) * np.exp(0.16 * rng.standard_normal(3))
        image = image * (1 - inside[..., None]) + colour * inside[..., None]
    return image.astype(np.float32)
