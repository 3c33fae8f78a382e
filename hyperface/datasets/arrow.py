"""Arrow files as the `datasets` library keeps them: `save_to_disk` folders, and the files of its cache.

Streams of Arrow's IPC format with the columns that Parquet has on the hub: image {bytes, path} and label. Files are
mapped into memory, so that no more of them is read than is asked for. Of a folder with several splits all are read.
Source of the layout: the `datasets` library, `Dataset.save_to_disk`; of the marks, Arrow's "IPC Streaming Format".
"""

from pathlib import Path
from typing import Any

import numpy as np

from hyperface.datasets.card import read_info
from hyperface.datasets.labeled import LabeledImages, labeled_images
from hyperface.datasets.parquet import check_labels_alike, image_and_label, labels_of
from hyperface.datasets.records import Records, Skipped, need, starts_of
from hyperface.errors import DatasetError, PhotoError
from hyperface.files import parse_json

_CONTINUES = b"\xff\xff\xff\xff"  # before every message, with its length behind
_END = _CONTINUES + bytes(4)
_LONGEST_SCHEMA = 2**24  # bytes
_PURPOSE = "Reading Arrow files"
STATE = "state.json"


class ArrowImages(Records):
    """Images by file and row; the files stay mapped, which threads may share."""

    def __init__(self, paths: list[Path], columns: list[str], starts: np.ndarray, places: np.ndarray) -> None:
        self.paths = paths
        self.columns = columns  # of each file
        self.starts = starts  # int64 (files,): number of its first row
        self.places = places  # int64 (n,): rows counted through all files, of the records that are kept
        self._mapped: dict[int, Any] = {}

    def read(self, index: int) -> bytes:
        file, row = self._find(index)
        try:
            if file not in self._mapped:
                self._mapped[file] = _table(self.paths[file], [self.columns[file]]).column(0)
            value = self._mapped[file][row].as_py()
        except (need("pyarrow", _PURPOSE).ArrowException, OSError, ValueError) as error:  # also names that are no text
            raise PhotoError(f"{self.name(index)} cannot be read: the file is damaged ({error}).") from error
        content = value.get("bytes") if isinstance(value, dict) else value
        if not content:
            raise PhotoError(f"{self.name(index)} holds no image bytes.")
        return bytes(content)

    def name(self, index: int) -> str:
        file, row = self._find(index)
        return f"row {row} of {self.paths[file].name}"

    def _find(self, index: int) -> tuple[int, int]:
        place = int(self.places[index])
        file = int(np.searchsorted(self.starts, place, side="right")) - 1
        return file, place - int(self.starts[file])


def recognize_arrow(path: Path) -> bool:
    """Whether a file begins as a stream of Arrow's does."""
    return bool(_files(path))


def open_arrow(path: Path) -> LabeledImages:
    """An Arrow file, or a folder of them, in the order of their names.

    Files that cannot be read are counted and named. DatasetError if none has columns of images and of labels, or for a
    selection whose rows are listed beside the data.
    """
    pyarrow = need("pyarrow", _PURPOSE)
    skipped = Skipped()
    paths: list[Path] = []
    columns: list[str] = []
    starts: list[int] = []
    labels: list[Any] = []
    places: list[int] = []
    rows = 0
    for file in _files(path):
        _check_whole(file)
        try:
            with pyarrow.memory_map(str(file)) as source:
                image, label = image_and_label(pyarrow.ipc.open_stream(source).schema, file)
            values = _table(file, [image, label]).column(label).to_pylist()
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            skipped.add(file.name, f"it is damaged or incomplete ({error})")
            continue
        paths.append(file)
        columns.append(image)
        starts.append(rows)
        for row, value in labels_of(values, file, skipped):
            labels.append(value)
            places.append(rows + row)
        rows += len(values)
    check_labels_alike(labels, path)
    records = ArrowImages(paths, columns, np.array(starts, np.int64), np.array(places, np.int64))
    return labeled_images(path, records, range(len(labels)), np.array(labels), read_info(path), skipped)


def _table(file: Path, columns: list[str]) -> Any:
    """These columns, mapped; checked, since an offset beyond the data would end this process."""
    pyarrow = need("pyarrow", _PURPOSE)
    with pyarrow.memory_map(str(file)) as source:
        source.seek(source.size() - len(_END))
        if source.read(len(_END)) != _END:
            raise OSError("its end is missing")
        source.seek(0)
        table = pyarrow.ipc.open_stream(source).read_all().select(columns)
    table.validate(full=True)
    return table


def _files(path: Path) -> list[Path]:
    found = []
    for file, start in starts_of(path, 8):
        length = int.from_bytes(start[4:8], "little")
        if start[:4] == _CONTINUES and 0 < length <= _LONGEST_SCHEMA:
            found.append(file)
    return found


def _check_whole(file: Path) -> None:
    """DatasetError where older versions of the library kept a selection as a list of row numbers."""
    try:
        state = parse_json((file.parent / STATE).read_bytes()) if (file.parent / STATE).is_file() else {}
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file.parent / STATE} is damaged ({error}).") from error
    if isinstance(state, dict) and state.get("_indices_data_files"):
        raise DatasetError(
            f"{file.parent} holds a selection of rows, kept beside all of them. Write it with a current version of the "
            "datasets library: load_from_disk(…).flatten_indices().save_to_disk(…)."
        )
