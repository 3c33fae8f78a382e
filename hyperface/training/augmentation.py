"""Augmentation of training batches, on tensors.

What happens to an image follows from its own row of numbers in [0, 1], so that it is the same in whatever part of the
batch, or process, the image is.
"""

import torch
from torch.nn import functional as F

SHARE = 0.2  # of the images gets each of AdaFace's three augmentations
CHANCES = 11  # numbers that decide about an image, in the order of `augment`


def augment(images: torch.Tensor, chances: torch.Tensor, *, adaface: bool = True) -> torch.Tensor:
    """Mirror half of the images (n, 3, h, w), RGB, [0, 1]; with `adaface`, also what AdaFace's training does.

    chances: (n, CHANCES), uniform in [0, 1), on the CPU wherever the images are.
    Kim et al., CVPR 2022, section 4: each with probability 0.2, a random crop, lower resolution, brightness and
    contrast.
    """
    images = images.clone()
    mirrored, cropped, reduced, changed = (chances[:, i] < share for i, share in enumerate((0.5, SHARE, SHARE, SHARE)))
    images[mirrored] = images[mirrored].flip(3)
    if adaface:
        for i in cropped.nonzero()[:, 0].tolist():
            images[i] = _cropped(images[i], *chances[i, 4:8].tolist())
        for i in reduced.nonzero()[:, 0].tolist():
            images[i] = _low_resolution(images[i], *chances[i, 8:9].tolist())
        images[changed] = _photometric(images[changed], *chances[changed, 9:11].to(images.device).unbind(1))
    return images


def _cropped(image: torch.Tensor, rows: float, columns: float, top: float, left: float) -> torch.Tensor:
    """Black outside a random rectangle with 60 to 100 % of each side."""
    _, height, width = image.shape
    rows, columns = (max(1, round(size * (0.6 + 0.4 * u))) for size, u in ((height, rows), (width, columns)))
    top, left = round((height - rows) * top), round((width - columns) * left)
    cropped = torch.zeros_like(image)
    cropped[:, top : top + rows, left : left + columns] = image[:, top : top + rows, left : left + columns]
    return cropped


def _low_resolution(image: torch.Tensor, chance: float) -> torch.Tensor:
    """Reduced to 20 to 100 % of its size and enlarged again."""
    _, height, width = image.shape
    share = 0.2 + 0.8 * chance
    small = (max(1, round(height * share)), max(1, round(width * share)))
    reduced = F.interpolate(image[None], size=small, mode="bilinear", antialias=True, align_corners=False)
    return F.interpolate(reduced, size=(height, width), mode="bilinear", align_corners=False)[0]


def _photometric(images: torch.Tensor, brightness: torch.Tensor, contrast: torch.Tensor) -> torch.Tensor:
    brightness, contrast = (0.5 + chance[:, None, None, None] for chance in (brightness, contrast))  # (n, 1, 1, 1)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (((images - mean) * contrast + mean) * brightness).clamp(0, 1)
