"""Small pictures of a gallery's faces, and the one JPEG sheet that holds them: a third of what single files weigh."""

import io

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from hyperface.images import jpeg_bytes, to_uint8

THUMBNAIL_SIZE = 48  # pixels; a multiple of JPEG's 16-pixel blocks, so that neighbours on the sheet do not bleed
SHEET_COLUMNS = 100
JPEG_QUALITY = 82


def shrink(images: torch.Tensor) -> np.ndarray:
    """Aligned faces, float32 (n, 3, h, w) in [0, 1] → thumbnails, uint8 (n, 48, 48, 3), RGB."""
    return to_uint8(F.interpolate(images, size=THUMBNAIL_SIZE, mode="bilinear", antialias=True, align_corners=False))


def encode_sheet(thumbnails: np.ndarray, quality: int = JPEG_QUALITY) -> bytes:
    """Thumbnails, uint8 (n, s, s, 3), row by row on a sheet of 100 columns: the content of a JPEG file."""
    rows = -(-len(thumbnails) // SHEET_COLUMNS)
    size = thumbnails.shape[1]
    cells = np.zeros((rows * SHEET_COLUMNS, size, size, 3), np.uint8)
    cells[: len(thumbnails)] = thumbnails
    sheet = cells.reshape(rows, SHEET_COLUMNS, size, size, 3).swapaxes(1, 2)  # (rows, size, columns, size, 3)
    return jpeg_bytes(sheet.reshape(rows * size, SHEET_COLUMNS * size, 3), quality=quality)


def decode_sheet(content: bytes, count: int) -> np.ndarray:
    """The first `count` thumbnails, uint8 (count, s, s, 3), of what `encode_sheet` gave."""
    sheet = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    size = sheet.shape[1] // SHEET_COLUMNS
    cells = sheet.reshape(-1, size, SHEET_COLUMNS, size, 3).swapaxes(1, 2).reshape(-1, size, size, 3)
    return cells[:count].copy()
