"""Image folders: one folder for each identity, with or without HyperFace's data card.

The identities may be one or two levels further down, as where the parts of DigiFace-1M were unpacked side by side: the
first level with an image in it is theirs. Folders that are named as the parts of a split (train, val, …) are nobody's:
who is in two of them under one name is one identity.
"""

import os
from pathlib import Path

from hyperface.datasets.card import read_info
from hyperface.datasets.labeled import LabeledImages, labeled_images
from hyperface.datasets.records import Records, Skipped, Writer, image_suffix
from hyperface.errors import DatasetError, PhotoError

SUFFIXES = frozenset([".jpg", ".jpeg", ".png", ".bmp", ".webp"])
DATA_FILES = "[0-9]*/*"  # of what is written here; the card's picture lies beside
SPLITS = frozenset(["train", "training", "val", "valid", "validation", "dev", "test", "testing"])
DEEPEST = 3  # levels of folders that are searched


class Files(Records):
    """Image files below a folder."""

    def __init__(self, root: Path, files: list[Path]) -> None:
        self.root, self.files = root, files

    def read(self, index: int) -> bytes:
        try:
            return self.files[index].read_bytes()
        except OSError as error:
            raise PhotoError(f"{self.name(index)} cannot be opened: {error.strerror}.") from error

    def name(self, index: int) -> str:
        return self.files[index].relative_to(self.root).as_posix()


def recognize_folder(path: Path) -> bool:
    """Whether it is a folder with folders in it."""
    if not path.is_dir():
        return False
    with os.scandir(path) as entries:  # closed, though not all of them were asked
        return any(entry.is_dir() for entry in entries)


def open_folder(path: Path) -> LabeledImages:
    """Folders sorted by name are the identities; those without an image do not count."""
    info = read_info(path)
    level = _folders(path)
    split = len(level) > 1 and all(folder.name.lower() in SPLITS for folder in level)
    for _ in range(DEEPEST):
        files: list[Path] = []
        labels: list[int] = []
        known: dict[str, int] = {}
        for folder in level:
            found = sorted(Path(entry) for entry in os.scandir(folder) if _is_image(entry.name))
            if not found:
                continue
            files += found
            labels += [known.setdefault(_identity(path, folder, split), len(known))] * len(found)
        if files:
            return labeled_images(path, Files(path, files), range(len(files)), labels, info, Skipped())
        level = [below for folder in level for below in _folders(folder)]
    raise DatasetError(f"No images in the folders of {path} (looked for {', '.join(sorted(SUFFIXES))}).")


def _folders(path: Path) -> list[Path]:
    return sorted(Path(entry) for entry in os.scandir(path) if entry.is_dir() and not entry.name.startswith("."))


def _identity(root: Path, folder: Path, split: bool) -> str:
    """Who a folder is of: its path, without the part of the split that it is in."""
    parts = folder.relative_to(root).parts
    return "/".join(parts[1:] if split and len(parts) > 1 else parts)


def _is_image(name: str) -> bool:
    """Whether a file is an image by its name, and not what macOS puts beside one (._1.jpg)."""
    return _suffix(name) in SUFFIXES and not name.startswith(".")


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 (a Path for each of a million files takes seconds)


class FolderWriter(Writer):
    """000000/000.jpg … as `synthesize` names them."""

    def __init__(self, folder: Path, identities: int) -> None:
        self.folder = folder

    def add(self, content: bytes, label: int, image: int) -> None:
        identity = self.folder / f"{label:06d}"
        if image == 0:
            identity.mkdir()
        (identity / f"{image:03d}{image_suffix(content)}").write_bytes(content)
