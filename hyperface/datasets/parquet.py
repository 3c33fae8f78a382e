"""Parquet as the Hugging Face hub has it: image {bytes, path} and label, described in the schema's metadata.

`datasets.load_dataset(folder)` finds an Image and a ClassLabel feature in what is written here. What is read may be any
Parquet files with a column of image bytes and one of labels. Source of the layout: the `datasets` library,
`Features.from_arrow_schema` (metadata key "huggingface") and `Image.pa_type`.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hyperface.datasets.card import read_info
from hyperface.datasets.labeled import LabeledImages, labeled_images
from hyperface.datasets.records import Records, Skipped, Writer, image_suffix, need, starts_of
from hyperface.errors import DatasetError, PhotoError

SHARD_BYTES = 500_000_000
LARGEST_GROUP = 2**30  # bytes of a column's part that is read at once
ROW_GROUP_IMAGES = 100  # read and decompressed together
KEPT_BYTES = 500_000_000  # of row groups: those that a training shuffles at a time (`hyperface.training.order`)
_MAGIC = b"PAR1"
# Tried in this order where the schema does not tell which column is the label.
_LABEL_NAMES = ("label", "cls", "labels", "identity", "identity_id", "id", "class", "subject", "person")


class ParquetImages(Records):
    """Images by file, row group and row; the row groups read last are kept, as much as `KEPT_BYTES` of them."""

    def __init__(self, paths: list[Path], columns: list[str], groups: np.ndarray, places: np.ndarray) -> None:
        self.paths = paths
        self.columns = columns  # of each file
        self.groups = groups  # int64 (groups, 4): file, row group in it, its first record here, its first row there
        self.places = places  # int64 (n,): rows counted through all groups, of the records that are kept
        self._kept: OrderedDict[int, Any] = OrderedDict()  # row groups, the one used last at the end
        self._reading = threading.Lock()

    def read(self, index: int) -> bytes:
        row, group = self._find(index)
        column = self._column(index, group)
        value = column[row - int(self.groups[group, 2])].as_py()
        content = value.get("bytes") if isinstance(value, dict) else value
        if not content:
            raise PhotoError(f"{self.name(index)} holds no image bytes.")
        return bytes(content)

    def _column(self, index: int, group: int) -> Any:
        """The images of a row group. One thread reads at a time: others want the same one, most likely."""
        with self._reading:
            if group not in self._kept:
                file, group_there, _, _ = self.groups[group].tolist()
                self._kept[group] = self._read_group(index, file, group_there)
                while len(self._kept) > 1 and sum(column.nbytes for column in self._kept.values()) > KEPT_BYTES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(group)
            return self._kept[group]

    def name(self, index: int) -> str:
        row, group = self._find(index)
        file, _, first, first_there = self.groups[group].tolist()
        return f"row {row - first + first_there} of {self.paths[file].name}"

    def _find(self, index: int) -> tuple[int, int]:
        row = int(self.places[index])
        return row, int(np.searchsorted(self.groups[:, 2], row, side="right")) - 1

    def _read_group(self, index: int, file: int, group: int) -> Any:
        pyarrow, parquet = _pyarrow("Reading Parquet")
        try:
            with parquet.ParquetFile(self.paths[file], page_checksum_verification=True) as opened:
                return opened.read_row_group(group, columns=[self.columns[file]]).column(0)
        except (pyarrow.ArrowException, OSError) as error:
            raise PhotoError(f"{self.name(index)} cannot be read: the file is damaged there ({error}).") from error


def recognize_parquet(path: Path) -> bool:
    """Whether a file begins with Parquet's mark."""
    return bool(_files(path))


def open_parquet(path: Path) -> LabeledImages:
    """A Parquet file, or a folder of them (also in data/), in the order of their names.

    Files that cannot be read are counted and named. DatasetError if no file has columns of images and of labels.
    """
    pyarrow, parquet = _pyarrow("Reading Parquet")
    skipped = Skipped()
    paths: list[Path] = []
    columns: list[str] = []
    groups: list[tuple[int, int, int, int]] = []
    labels: list[Any] = []
    places: list[int] = []
    rows = 0
    for file in _files(path):
        try:
            with parquet.ParquetFile(file) as opened:
                image_column, label_column = image_and_label(opened.schema_arrow, file)
                _check_claims(opened.metadata, file)
                values = opened.read([label_column]).column(0)
                sizes = [opened.metadata.row_group(i).num_rows for i in range(opened.metadata.num_row_groups)]
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            skipped.add(file.name, f"it is damaged or incomplete ({error})")
            continue
        firsts = np.cumsum([0, *sizes])[:-1]
        groups += [(len(paths), i, rows + first, first) for i, first in enumerate(firsts.tolist())]
        paths.append(file)
        columns.append(image_column)
        for row, value in labels_of(values.to_pylist(), file, skipped):
            labels.append(value)
            places.append(rows + row)
        rows += len(values)
    check_labels_alike(labels, path)
    records = ParquetImages(paths, columns, np.array(groups, np.int64).reshape(-1, 4), np.array(places, np.int64))
    return labeled_images(path, records, range(len(labels)), np.array(labels), _info(path, paths), skipped)


def _check_claims(metadata: Any, file: Path) -> None:
    """ValueError for a file that says it holds more than can be in it: reading it would take all memory."""
    size = file.stat().st_size
    if metadata.num_rows > size:
        raise ValueError(f"it says that it holds {metadata.num_rows:,} rows in {size:,} bytes")
    # Of columns of bytes only: numbers take no more than their rows. And Arrow ends this process where the statistics
    # of any other column are damaged.
    leaves = [metadata.schema.column(i) for i in range(metadata.num_columns)]
    of_bytes = [i for i, leaf in enumerate(leaves) if leaf.physical_type == "BYTE_ARRAY"]
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        there = [i for i in of_bytes if i < group.num_columns]
        largest = max((group.column(i).total_uncompressed_size for i in there), default=0)
        if largest > LARGEST_GROUP:
            raise ValueError(f"a part of it unpacks to {largest:,} bytes")


def _pyarrow(purpose: str) -> tuple[Any, Any]:
    return need("pyarrow", purpose), need("pyarrow.parquet", purpose)


def _files(path: Path) -> list[Path]:
    return [file for file, start in starts_of(path, len(_MAGIC)) if start == _MAGIC]


def _info(path: Path, files: list[Path]) -> dict[str, Any]:
    folders = [path, *{file.parent for file in files}]
    return next((info for folder in folders if (info := read_info(folder))), {})


def labels_of(values: list[Any], file: Path, skipped: Skipped) -> Iterator[tuple[int, Any]]:
    """(row, label) of the rows of a file that have one; the others are counted and named in `skipped`."""
    for row, value in enumerate(values):
        if value is None or (isinstance(value, int) and value < 0):
            skipped.add(f"row {row} of {file.name}", "it has no label")
        else:
            yield row, value


def check_labels_alike(labels: list[Any], path: Path) -> None:
    """DatasetError where some files of a dataset number their people and others name them."""
    if len({type(label) for label in labels}) > 1:
        raise DatasetError(f"The files of {path} disagree on what a label is: numbers in some, text in others.")


def image_and_label(schema: Any, file: Path) -> tuple[str, str]:
    """The names of the columns of images and labels. DatasetError that lists the columns if either is not clear."""
    types = need("pyarrow.types", "Reading Parquet")
    features = _features(schema)

    def binary(kind: Any) -> bool:
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    images = [name for name in schema.names if features.get(name, {}).get("_type") == "Image"] or [
        field.name
        for field in schema
        if binary(field.type)
        or (types.is_struct(field.type) and any(part.name == "bytes" and binary(part.type) for part in field.type))
    ]
    labels = [name for name in schema.names if features.get(name, {}).get("_type") == "ClassLabel"] or [
        field.name
        for field in schema
        if (types.is_integer(field.type) or types.is_string(field.type)) and not field.name.startswith("__")
    ]
    if len(labels) > 1:
        labels = [name for name in _LABEL_NAMES if name in labels][:1]
    if len(images) != 1 or len(labels) != 1:
        held = ", ".join(f"{field.name} ({field.type})" for field in schema)
        raise DatasetError(
            f"{file.name} has no single column of image bytes and one of labels, but {held}. "
            "Expected are image (a struct with bytes) and label (whole numbers)."
        )
    return images[0], labels[0]


def _features(schema: Any) -> dict[str, dict[str, Any]]:
    """What the `datasets` library notes about the columns; empty if nothing, or nothing readable."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        return {name: feature for name, feature in features.items() if isinstance(feature, dict)}
    except (TypeError, KeyError, ValueError, AttributeError):
        return {}


class ParquetWriter(Writer):
    """data/train-00000-of-00001.parquet … of about 500 MB each."""

    def __init__(self, folder: Path, identities: int) -> None:
        self.pyarrow, self.parquet = _pyarrow("Writing Parquet")
        pa = self.pyarrow
        names = [f"{identity:06d}" for identity in range(identities)]
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        self.schema = pa.schema([("image", image), ("label", pa.int64())]).with_metadata(
            {"huggingface": json.dumps({"info": {"features": features}})}
        )
        self.folder = folder / "data"
        self.folder.mkdir()
        self.shards: list[Path] = []
        self.stream: Any = None
        self.writer: Any = None
        self.waiting: list[tuple[bytes, str, int]] = []

    def add(self, content: bytes, label: int, image: int) -> None:
        self.waiting.append((content, f"{label:06d}_{image:03d}{image_suffix(content)}", label))
        if len(self.waiting) == ROW_GROUP_IMAGES:
            self._flush()

    def _flush(self) -> None:
        if not self.waiting:
            return
        if self.writer is None:
            self.shards.append(self.folder / f"{len(self.shards):05d}")
            self.stream = self.shards[-1].open("wb")
            # Image bytes do not get smaller; checksums find what disks and copies do to them.
            self.writer = self.parquet.ParquetWriter(
                self.stream, self.schema, compression="none", use_dictionary=False, write_page_checksum=True
            )
        images = [{"bytes": content, "path": path} for content, path, _ in self.waiting]
        labels = [label for _, _, label in self.waiting]
        self.writer.write_table(self.pyarrow.table([images, labels], schema=self.schema))
        self.waiting = []
        if self.stream.tell() >= SHARD_BYTES:
            self._end_shard()

    def _end_shard(self) -> None:
        if self.writer is not None:
            self.writer.close()
            self.stream.close()
            self.writer = None

    def finish(self) -> None:
        self._flush()
        self._end_shard()
        for number, shard in enumerate(self.shards):
            shard.rename(self.folder / f"train-{number:05d}-of-{len(self.shards):05d}.parquet")

    def close(self) -> None:
        if self.writer is not None:
            try:
                self.writer.close()  # writes the footer, which the disk may have no room for
            except OSError:
                pass
            finally:
                self.stream.close()
                self.writer = None
