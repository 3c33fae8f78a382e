"""Image folders: one folder for each identity, with or without HyperFace's data card."""

import json
import os
from pathlib import Path

import numpy as np

from hyperface.datasets.labelled import LabelledImages
from hyperface.datasets.synthesis import CARD
from hyperface.errors import DatasetError

SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".bmp", ".webp"])


def recognise_folder(path: Path) -> bool:
    """Whether it is a folder with folders in it."""
    return path.is_dir() and any(entry.is_dir() for entry in os.scandir(path))


def open_folder(path: Path) -> LabelledImages:
    """Folders sorted by name are the identities; those without an image do not count."""
    card = path / CARD
    try:
        info = json.loads(card.read_bytes()) if card.exists() else {}
    except (OSError, ValueError) as error:
        raise DatasetError(f"{card} is damaged ({error}).") from error
    files: list[Path] = []
    labels: list[int] = []
    identity = 0
    for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
        if not entry.is_dir():
            continue
        found = sorted(Path(file) for file in os.scandir(entry.path) if Path(file).suffix.lower() in SUFFIXES)
        files += found
        labels += [identity] * len(found)
        identity += bool(found)
    if not files:
        raise DatasetError(f"No images in the folders of {path} (looked for {', '.join(sorted(SUFFIXES))}).")
    return LabelledImages(path, tuple(files), np.array(labels, dtype=np.int64), info)
