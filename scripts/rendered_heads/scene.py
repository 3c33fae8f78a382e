"""Head and hair before the camera: what it sees of them, and how bright that is.

Camera frame: metres, x right, y away from the camera, z up; the camera stands on the negative y axis.
"""

from dataclasses import dataclass

import numpy as np

from .camera import crop_transform, head_rotation, project
from .capture import Capture
from .chart import Chart, sample_bilinear
from .eyes import EyePaint
from .hair import HairMesh
from .head_model import CAVITY, EYE, SKIN, TEETH, TONGUE, HeadModel
from .lighting import highlight, key_visibility, soft_irradiance
from .raster import BACKGROUND, rasterize, vertex_normals
from .teeth import teeth_albedo

_LIGHT_BLEED = np.float32([0.22, 0.08, 0.05])  # how far red, green and blue light wraps round under skin
_HAIR_LIFT = 0.001  # metres towards the camera, so that a thin cap wins against the scalp below it


@dataclass(frozen=True)
class Samples:
    """The n surface points that show in a picture of (h, w) samples."""

    covered: np.ndarray  # (h, w) bool, n of them true
    triangle: np.ndarray  # (n,) which triangle
    share: np.ndarray  # (n, 3, 1) barycentric weights of its corners
    normal: np.ndarray  # (n, 3)
    position: np.ndarray  # (n, 3)
    soft: np.ndarray  # (n, 3) irradiance/π from the surroundings
    key: np.ndarray  # (n,) share of the key light that arrives

    def at(self, corner_values: np.ndarray) -> np.ndarray:
        """Interpolate values given at triangle corners, (t, 3, c) → (n, c)."""
        return (corner_values[self.triangle] * self.share).sum(axis=1)


@dataclass(frozen=True)
class Scene:
    """One head posed and lit. v vertices: the head's first, then the hair's."""

    head: HeadModel
    hair: HairMesh
    capture: Capture
    vertices: np.ndarray  # (v, 3), origin in the middle of the head
    normals: np.ndarray  # (v, 3)
    hair_triangles: np.ndarray  # (t, 3), indices into `vertices`
    irradiance: np.ndarray  # (v, 3), from the surroundings
    screen: np.ndarray  # (v, 2), samples
    depth: np.ndarray  # (v,), metres from the camera

    @classmethod
    def pose(
        cls, head: HeadModel, vertices: np.ndarray, hair: HairMesh, capture: Capture, supersampling: int
    ) -> "Scene":
        """vertices: (v, 3), the head with its expression, in its own frame. supersampling: samples per pixel side."""
        rotation = head_rotation(capture)
        posed, posed_hair = vertices @ rotation.T, hair.vertices @ rotation.T
        everything = np.concatenate([posed, posed_hair]).astype(np.float32)
        normals = [vertex_normals(posed, head.triangles), vertex_normals(posed_hair, hair.triangles)]
        normals = np.concatenate(normals).astype(np.float32)
        hair_triangles = (hair.triangles + len(posed)).astype(np.int32)

        distance = capture.camera.distance
        plane, depth = project(everything, distance)
        five_points, _ = project(head.five_points(posed), distance)
        transform = crop_transform(five_points, capture.camera.jitter, capture.yaw)
        screen = (plane @ transform[:, :2].T + transform[:, 2]) * supersampling

        centered = everything - everything[: len(posed)].mean(axis=0)
        solid = np.concatenate([head.triangles, hair_triangles])
        return cls(
            head=head,
            hair=hair,
            capture=capture,
            vertices=centered,
            normals=normals,
            hair_triangles=hair_triangles,
            irradiance=soft_irradiance(centered, normals, solid, capture.light),
            screen=screen.astype(np.float32),
            depth=depth.astype(np.float32),
        )

    def draw_head(self, radiance: np.ndarray, skin: np.ndarray, eyes: EyePaint, rng: np.random.Generator) -> np.ndarray:
        """Draw the head into radiance (h, w, 3); return where its skin is, bool (h, w).

        skin: (h', w', 4) albedo and gloss over the chart. eyes: how eyeballs are painted.
        """
        head = self.head
        seen = self._see(radiance.shape[:2], head.triangles, self.depth, rng, drawn=len(head.triangles))
        part, rest = head.parts[seen.triangle], seen.at(head.mean[head.triangles])
        painted = sample_bilinear(skin, seen.at(Chart.texel(head.corner_uv)))  # (n, 4)
        albedo, gloss = painted[:, :3], painted[:, 3] * 0.04
        eye, tooth = part == EYE, part == TEETH
        albedo[eye] = eyes.albedo(rest[eye])
        albedo[tooth] = teeth_albedo(rest[tooth])
        albedo[part == TONGUE] = (0.30, 0.10, 0.09)
        albedo[part == CAVITY] = (0.04, 0.012, 0.012)
        gloss[eye | tooth] = 0.02

        bleed = np.where((part == SKIN)[:, None], _LIGHT_BLEED, 0).astype(np.float32)
        shaded = self._diffuse(seen, albedo, bleed)
        shaded += self._highlight(seen, gloss, np.where(eye, 220.0, 22.0))
        shaded[eye] *= 0.85  # lashes shade the eyes
        radiance[seen.covered] = shaded
        face = seen.covered.copy()
        face[seen.covered] = part == SKIN
        return face

    def draw_hair(self, radiance: np.ndarray, rng: np.random.Generator) -> None:
        """Blend the hair over what has been drawn, where it is in front of the head."""
        hair, count = self.hair, len(self.head.mean)
        both = np.concatenate([self.hair_triangles, self.head.triangles])
        depth = self.depth.copy()
        depth[count:] -= _HAIR_LIFT
        seen = self._see(radiance.shape[:2], both, depth, rng, drawn=len(self.hair_triangles))
        cap, texel = seen.triangle < hair.cap, seen.at(hair.corner_texels)
        paint = np.empty((len(cap), 4), np.float32)
        paint[cap] = sample_bilinear(hair.cap_paint, texel[cap])
        paint[~cap] = sample_bilinear(hair.curtain_paint, texel[~cap])
        inside = ~cap & (seen.normal[:, 1] > 0)
        seen.normal[inside] *= -1  # the curtain has no thickness: light its inside as what faces the camera

        albedo, opacity = paint[:, :3], paint[:, 3:]
        shaded = self._diffuse(seen, albedo, np.zeros(3, np.float32))
        sheen = 0.25 * (0.2 + albedo.mean(axis=1))
        shaded += 0.5 * self._highlight(seen, sheen, np.full(len(cap), 9.0))
        radiance[seen.covered] = radiance[seen.covered] * (1 - opacity) + shaded * opacity

    def _see(
        self, shape: tuple[int, int], triangles: np.ndarray, depth: np.ndarray, rng: np.random.Generator, *, drawn: int
    ) -> Samples:
        """Rasterise `triangles`; keep the samples where one of the first `drawn` is in front."""
        index, weights = rasterize(self.screen, depth, 1 / depth, triangles, *shape)
        covered = (index != BACKGROUND) & (index < drawn)
        triangle, share = index[covered], weights[covered][..., None]
        corners = triangles[triangle]  # (n, 3)
        normal, position, soft = (
            (values[corners] * share).sum(axis=1) for values in (self.normals, self.vertices, self.irradiance)
        )
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
        solid = np.concatenate([self.head.triangles, self.hair_triangles])
        key = key_visibility(self.vertices, solid, position, self.capture.light, rng)
        return Samples(covered, triangle, share, normal, position, soft, key)

    def _diffuse(self, seen: Samples, albedo: np.ndarray, bleed: np.ndarray) -> np.ndarray:
        """Lambert's law (n, 3), with light that wraps round the edge of shadow by `bleed` per channel."""
        light = self.capture.light
        cosine = (seen.normal @ light.key_direction.astype(np.float32))[:, None]
        wrapped = np.clip((cosine + bleed) / (1 + bleed), 0, None)
        return albedo * (seen.soft + light.key.astype(np.float32) * seen.key[:, None] * wrapped)

    def _highlight(self, seen: Samples, strength: np.ndarray, sharpness: np.ndarray) -> np.ndarray:
        to_camera = np.float32([0, -self.capture.camera.distance, 0]) - seen.position
        to_camera /= np.linalg.norm(to_camera, axis=1, keepdims=True)
        openness = np.clip(seen.soft.mean(axis=1) / max(2 * float(seen.soft.mean()), 1e-6), 0, 1)
        return highlight(self.capture.light, seen.normal, to_camera, seen.key, openness, strength, sharpness)
