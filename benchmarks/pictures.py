"""What can be said of generated pictures beside who is on them: robustness, detection, pose, distance to others."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from hyperface.faces import largest_face
from hyperface.faces.pose import nose_offset, plausible
from hyperface.images import to_uint8

SHIFT = 2  # pixels
JPEG_QUALITY = 75


def _jpeg(images: torch.Tensor) -> torch.Tensor:
    read = []
    for pixels in to_uint8(images):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
        read.append(np.asarray(Image.open(buffer)))
    return torch.from_numpy(np.stack(read)).permute(0, 3, 1, 2).float() / 255


def _blurred(images: torch.Tensor) -> torch.Tensor:
    return F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def _shifted(images: torch.Tensor) -> torch.Tensor:
    height, width = images.shape[2:]
    return F.pad(images, (SHIFT, 0, SHIFT, 0), mode="replicate")[:, :, :height, :width]


DISTURBANCES = {"blur": _blurred, "JPEG": _jpeg, "shift": _shifted, "flip": lambda images: images.flip(3)}


def robustness(images: torch.Tensor, centers: torch.Tensor, recognizer) -> dict[str, float]:
    """By how much the mean cosine of images (n, 3, 112, 112) to their identities' centres (n, d) falls."""

    def cosine(pictures: torch.Tensor) -> float:
        return float((recognizer.embed(pictures) * centers).sum(dim=1).mean())

    with torch.inference_mode():
        clean = cosine(images)
        return {name: clean - cosine(disturb(images)) for name, disturb in DISTURBANCES.items()}


def detections(images: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Of images (n, 3, 112, 112): the detector's confidence (n,), NaN where it finds no face, and the pose (n, 2):
    how far the nose is to the side of and below the eyes, in distances between them. Turns and nods move it."""
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(_detection, to_uint8(images)))
    return np.array([confidence for confidence, _ in found]), np.stack([pose for _, pose in found])


def _detection(pixels: np.ndarray) -> tuple[float, np.ndarray]:
    face = largest_face(pixels)
    return (np.nan, np.full(2, np.nan)) if face is None else (face.confidence, nose_offset(face))


def pose_spread(poses: np.ndarray, group: int) -> float:
    """Root mean square distance of poses (n·group, 2) to the mean of their group, of groups whose faces were found."""
    good = plausible(poses).reshape(-1, group).all(axis=1)
    grouped = poses.reshape(-1, group, 2)[good]
    return float(np.sqrt((grouped.var(axis=1, ddof=1)).sum(axis=1).mean()))


def frechet_distance(first: torch.Tensor, second: torch.Tensor) -> float:
    """Squared Fréchet distance of the Gaussians through two sets of features (n, d), (m, d): what FID is of Inception's
    features. |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½); the trace of the root from the eigenvalues of Σ₁^½ Σ₂ Σ₁^½."""
    first, second = first.double(), second.double()
    a, b = torch.cov(first.T), torch.cov(second.T)  # (d, d)
    values, vectors = torch.linalg.eigh(a)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    product = torch.linalg.eigvalsh(root @ b @ root).clamp_min(0).sqrt().sum()
    return float((first.mean(0) - second.mean(0)).square().sum() + a.trace() + b.trace() - 2 * product)
