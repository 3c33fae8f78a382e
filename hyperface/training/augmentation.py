"""Augmentation of training batches, on tensors, reproducible by generator."""

import torch
from torch.nn import functional as F

SHARE = 0.2  # of the images gets each of AdaFace's three augmentations


def augment(images: torch.Tensor, generator: torch.Generator, *, adaface: bool = True) -> torch.Tensor:
    """Mirror half of the images (n, 3, h, w), RGB, [0, 1]; with `adaface`, also what AdaFace's training does.

    Kim et al., CVPR 2022, section 4: each with probability 0.2, a random crop, lower resolution, brightness and
    contrast.
    """
    images = images.clone()
    mirrored = _some(len(images), 0.5, generator)
    images[mirrored] = images[mirrored].flip(3)
    if adaface:
        for i in _some(len(images), SHARE, generator).nonzero()[:, 0].tolist():
            images[i] = _cropped(images[i], generator)
        for i in _some(len(images), SHARE, generator).nonzero()[:, 0].tolist():
            images[i] = _low_resolution(images[i], generator)
        changed = _some(len(images), SHARE, generator)
        images[changed] = _photometric(images[changed], generator)
    return images


def _some(count: int, share: float, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(count, generator=generator) < share


def _uniform(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), generator=generator).item()


def _cropped(image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Black outside a random rectangle with 60 to 100 % of each side."""
    _, height, width = image.shape
    rows, columns = (max(1, round(size * _uniform(0.6, 1.0, generator))) for size in (height, width))
    top = round(_uniform(0, height - rows, generator))
    left = round(_uniform(0, width - columns, generator))
    cropped = torch.zeros_like(image)
    cropped[:, top : top + rows, left : left + columns] = image[:, top : top + rows, left : left + columns]
    return cropped


def _low_resolution(image: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Reduced to 20 to 100 % of its size and enlarged again."""
    _, height, width = image.shape
    share = _uniform(0.2, 1.0, generator)
    small = (max(1, round(height * share)), max(1, round(width * share)))
    reduced = F.interpolate(image[None], size=small, mode="bilinear", antialias=True, align_corners=False)
    return F.interpolate(reduced, size=(height, width), mode="bilinear", align_corners=False)[0]


def _photometric(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    brightness, contrast = (0.5 + torch.rand(2, len(images), 1, 1, 1, generator=generator)).unbind(0)  # (n, 1, 1, 1)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (((images - mean) * contrast + mean) * brightness).clamp(0, 1)
