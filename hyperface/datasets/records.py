"""What every dataset format is made of: encoded images behind a number, and a way to write them one after the other."""

import importlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from hyperface.errors import DatasetError, PhotoError

NAMED = 1000  # records left out that are named; all are counted
SUBFOLDERS = 8  # that are searched for a container's files; a folder of identities has more, or holds photos


class Records(ABC):
    """Encoded images (JPEG, PNG …) by number. Readers keep no open file, so that threads may share one."""

    @abstractmethod
    def read(self, index: int) -> bytes:
        """The bytes of one image file. PhotoError, naming the record, if they cannot be had."""

    @abstractmethod
    def name(self, index: int) -> str:
        """What a person finds the record by: its file, or its place in one."""


class Skipped:
    """Records that had to be left out: all counted, the first thousand named with the reason."""

    def __init__(self) -> None:
        self.count = 0
        self.reasons: list[str] = []

    def add(self, name: str, reason: object, count: int = 1) -> None:
        self.count += count
        if len(self.reasons) < NAMED:
            self.reasons.append(f"{name}: {reason}")

    def add_error(self, error: PhotoError) -> None:
        """One record, by an error that names it."""
        self.count += 1
        if len(self.reasons) < NAMED:
            self.reasons.append(str(error))

    def extend(self, other: "Skipped") -> None:
        """All of another one."""
        self.count += other.count
        self.reasons += other.reasons[: NAMED - len(self.reasons)]

    def __len__(self) -> int:
        return self.count


class Writer(ABC):
    """Writes images into an empty folder, one identity after the other, holding few of them in memory."""

    @abstractmethod
    def add(self, content: bytes, label: int, image: int) -> None:
        """One image file of identity `label` (0, 1, 2 …, never falling), its `image`-th, from 0."""

    def finish(self) -> None:  # noqa: B027 (most need not)
        """Whatever can be written only once all images are known."""

    def close(self) -> None:  # noqa: B027
        """Close what is open, finished or not; may be called twice."""


@dataclass(frozen=True)
class Format:
    """A kind of dataset. It is recognised by content: names of files and folders prove nothing.

    open: path → LabeledImages. writer: (empty folder, number of identities) → Writer; None where it is only read.
    data_files: pattern by which `datasets.load_dataset` finds what was written; None where it cannot read it.
    """

    description: str
    recognize: Callable[[Path], bool]
    open: Callable[[Path], Any]
    writer: Callable[[Path, int], Writer] | None = None
    data_files: str | None = None


def need(module: str, purpose: str) -> ModuleType:
    """Import an optional package. DatasetError that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DatasetError(f"{purpose} needs the package {module}: pip install {module}.") from error


def starts_of(path: Path, count: int) -> Iterator[tuple[Path, bytes]]:
    """The files that a container may be in, sorted, each with its first `count` bytes.

    path: the file itself, or a folder: its files, and those of its few subfolders whose first file could be part of a
    container. Files that cannot be read are left out here; whoever opens them says so.
    """
    if path.is_file():
        yield from _start(path, count)
        return
    folders = [path]
    below = sorted(Path(entry) for entry in os.scandir(path) if entry.is_dir() and not entry.name.startswith("."))
    if len(below) <= SUBFOLDERS:
        folders += below
    for folder in folders:
        for file in sorted(Path(entry) for entry in os.scandir(folder) if not entry.name.startswith(".")):
            if file.is_file():
                found = list(_start(file, count))
                yield from found
                if folder != path and found and found[0][1].startswith(_PHOTO_STARTS):
                    break  # photos of an identity: there may be very many


_PHOTO_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"RIFF", b"GIF8")


def _start(file: Path, count: int) -> Iterator[tuple[Path, bytes]]:
    try:
        with file.open("rb") as stream:
            yield file, stream.read(count)
    except OSError:
        return


def read_span(path: Path, start: int, length: int, name: str) -> bytes:
    """`length` bytes of a file from `start` on. PhotoError, naming the record, if they are not all there."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            content = file.read(length)
    except OSError as error:
        raise PhotoError(f"{name}: {path.name} cannot be read ({error.strerror or error}).") from error
    if len(content) < length:
        raise PhotoError(f"{name}: {path.name} ends before it does.")
    return content


def image_suffix(content: bytes) -> str:
    """The suffix, with its dot, of an image file's bytes; .jpg for what is not known better."""
    if content.startswith(b"\x89PNG"):
        return ".png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ".webp"
    return ".bmp" if content.startswith(b"BM") else ".jpg"
