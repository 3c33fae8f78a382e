"""Lists of images with their identities: a text file of `path label` lines, beside the images or above them.

Also read: tabs, commas or semicolons between the two, a line of column names first, and MXNet's .lst (number, label,
path, with tabs). Paths count from the list's own folder, or from one of the folders beside it. The list itself has to
be named: in a folder, such a file may as well list pairs.
"""

import codecs
import csv
import os
import re
from collections.abc import Sequence
from pathlib import Path

from hyperface.datasets.folder import SUFFIXES
from hyperface.datasets.labeled import LabeledImages, labeled_images
from hyperface.datasets.records import Records, Skipped
from hyperface.errors import DatasetError, PhotoError

_LARGEST = 2**29  # bytes
_START = 2**14  # bytes that are looked at to recognise a list
_TRIED = 50  # images that are looked for to find the folder
_LABEL_NAMES = ("label", "labels", "identity", "identity_id", "id", "class", "subject", "person", "name")
_EXAMPLE = "A line that works: anna/1.jpg 0"
_IMAGE = re.compile(r"\.(jpe?g|png|bmp|webp)\b", re.IGNORECASE)


class ListedImages(Records):
    """Image files, and what they are called in the list."""

    def __init__(self, root: Path, names: list[str]) -> None:
        self.root, self.names = root, names

    def read(self, index: int) -> bytes:
        try:
            return (self.root / self.names[index]).read_bytes()
        except (OSError, ValueError) as error:
            raise PhotoError(f"{self.name(index)} cannot be opened: {error}.") from error

    def name(self, index: int) -> str:
        return self.names[index]


def recognize_list(path: Path) -> bool:
    """Whether it is a text file whose first lines name images."""
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return False
    with path.open("rb") as file:
        text = _decode(file.read(_START), partial=True)
    return text is not None and any(_IMAGE.search(line) for line in text.splitlines()[:10])


def open_list(path: Path) -> LabeledImages:
    """The images that are there; lines that are none, and images that are not there, are told.

    DatasetError for a list of pairs, and where it is not clear which column is the label.
    """
    text = _decode(path.read_bytes())
    if text is None:
        raise DatasetError(f"{path} is neither UTF-8 nor UTF-16 text.")
    skipped = Skipped()
    rows = _rows(text, path, skipped)
    root = _root(path, [name for _, name, _ in rows])
    kept = []
    for number, name, label in rows:
        if _is_there(root / name):
            kept.append((name, label))
        else:
            skipped.add(f"line {number} of {path.name}", f"{name} is not there")
    labels = [label for _, label in kept]
    records = ListedImages(root, [name for name, _ in kept])
    return labeled_images(path, records, range(len(kept)), _numbers(labels), {}, skipped)


def _decode(content: bytes, *, partial: bool = False) -> str | None:
    """Text, None if it is none. partial: a character at the end may be cut."""
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not utf16 and b"\0" in content:
        return None
    decoder = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8-sig")()
    try:
        return decoder.decode(content, final=not partial)
    except UnicodeDecodeError:
        return None


def _rows(text: str, path: Path, skipped: Skipped) -> list[tuple[int, str, str]]:
    """Number of the line, path and label of each."""
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    split = [(number, _cells(line)) for number, line in lines]
    first = next(((number, cells) for number, cells in split if any(map(_is_image, cells))), None)
    if first is None:
        raise DatasetError(f"No line of {path} names an image ({', '.join(sorted(SUFFIXES))}). {_EXAMPLE}")
    header = split[0][1] if split[0][0] < first[0] else []
    image, label = _columns(first[1], header, path)
    rows = []
    for number, cells in split:
        if number < first[0]:
            if cells is not header:
                skipped.add(f"line {number} of {path.name}", "it names no image")
        elif len(cells) != len(first[1]) or not _is_image(cells[image]) or not cells[label]:
            skipped.add(f"line {number} of {path.name}", "it is not made of an image and a label as the others are")
        else:
            rows.append((number, cells[image].replace("\\", "/"), cells[label]))
    return rows


def _cells(line: str) -> list[str]:
    for delimiter in "\t,;":
        if delimiter in line:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
    before, _, last = line.rpartition(" ")
    if _is_image(last) and not _is_image(before):  # the label may come first; a path may have spaces in it
        return [part.strip() for part in line.split(" ", 1)]
    return [before.strip(), last]


def _is_image(cell: str) -> bool:
    return os.path.splitext(cell)[1].lower() in SUFFIXES  # noqa: PTH122 (a Path for each of a million takes seconds)


def _columns(cells: list[str], header: list[str], path: Path) -> tuple[int, int]:
    """Which cell is the image and which the label. DatasetError, naming a line that works, where that is not clear."""
    images = [place for place, cell in enumerate(cells) if _is_image(cell)]
    if len(images) != 1:
        raise DatasetError(
            f"{path} names two images in a line: it seems to be a list of pairs, for `hyperface benchmark`. {_EXAMPLE}"
        )
    others = [place for place in range(len(cells)) if place != images[0]]
    if len(header) == len(cells):
        named = [place for name in _LABEL_NAMES for place in others if header[place].lower() == name]
        others = named[:1] or others
    elif len(cells) == 3 and images == [2]:
        others = [1]  # MXNet's .lst
    if len(others) != 1:
        raise DatasetError(f"{path} has {len(cells)} columns, and which of them is the label is not clear. {_EXAMPLE}")
    return images[0], others[0]


def _root(path: Path, names: Sequence[str]) -> Path:
    """The folder that the paths count from: where most of the first ones are."""
    beside = path.parent
    places = [beside, *sorted(Path(entry) for entry in os.scandir(beside) if entry.is_dir())]
    return max(places, key=lambda place: sum(_is_there(place / name) for name in names[:_TRIED]))


def _is_there(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 (a Path raises for names that no file can have)


def _numbers(labels: list[str]) -> list[str] | list[int]:
    """Labels as whole numbers if all of them are, so that they sort as such; MXNet writes 3.000000."""
    try:
        values = [float(label) for label in labels]
        whole = [int(value) for value in values]
    except (ValueError, OverflowError):
        return labels
    return whole if whole == values and all(0 <= value < 2**53 for value in whole) else labels
