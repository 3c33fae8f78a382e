"""Vec2Face's LMDB: a key–value store with a msgpack array for each image.

    "__keys__"  the keys, an array      "__len__"  their number      "__classnum__"  the number of identities
    each key    (image bytes, label), or (image bytes, feature bytes, label, …) in the sets that train Vec2Face

The label is the first whole number of the array. msgpack holds data only; features, which are pickled NumPy arrays in
some sets, are never looked into. Source: github.com/HaiyuWu/Vec2Face, `dataloader/training_loader.py`.
"""

import contextlib
import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hyperface.datasets.card import read_info
from hyperface.datasets.labeled import LabeledImages, labeled_images
from hyperface.datasets.lmdb_pages import MAGIC, MAGIC_AT, check_pages
from hyperface.datasets.records import Records, Skipped, Writer, need, starts_of
from hyperface.errors import DatasetError, PhotoError

_PURPOSE, _WRITING = "Reading an LMDB dataset", "Writing an LMDB dataset"
FILE = "train.lmdb"
FIRST_MAP_BYTES = 2**30  # doubled when it is full
TRANSACTION_IMAGES = 1000  # written together


class LmdbImages(Records):
    """Images by their keys."""

    def __init__(self, path: Path, keys: list[bytes]) -> None:
        self.path, self.keys = path, keys

    def read(self, index: int) -> bytes:
        return _unpack(_value(_environment(self.path), self.keys[index]), self.name(index))[0]

    def name(self, index: int) -> str:
        return _name(self.keys[index], self.path)


def recognize_lmdb(path: Path) -> bool:
    """Whether a file has LMDB's magic number."""
    return bool(_stores(path))


def open_lmdb(path: Path) -> LabeledImages:
    """A folder with a data.mdb, or the file itself, whatever its name. DatasetError if it is no dataset of images."""
    file = _stores(path)[0]
    environment = _environment(file)
    skipped = Skipped()
    try:
        listed = _value(environment, b"__keys__")
        keys = [] if listed is None else _loads(listed)
    except ValueError as error:
        raise DatasetError(f"The list of keys of {file} cannot be read ({error}).") from error
    if listed is None or not isinstance(keys, list):
        raise DatasetError(f"{file} is an LMDB store without a list of keys: it is not one of Vec2Face's datasets.")
    kept: list[bytes] = []
    labels: list[int] = []
    for key in keys:
        try:
            if not isinstance(key, bytes) or not key:
                raise PhotoError(f"The entry {key!r} of the list of keys is none.")
            _, label = _unpack(_value(environment, key), _name(key, file))
        except PhotoError as error:
            skipped.add_error(error)
            continue
        kept.append(key)
        labels.append(label)
    return labeled_images(
        path, LmdbImages(file, kept), range(len(kept)), np.array(labels, np.int64), read_info(file.parent), skipped
    )


def _stores(path: Path) -> list[Path]:
    end = MAGIC_AT + len(MAGIC)
    return [file for file, start in starts_of(path, end) if start[MAGIC_AT:] == MAGIC]


def _name(key: bytes, path: Path) -> str:
    return f"entry {key.decode('utf-8', 'backslashreplace')} of {path.name}"


def _loads(content: bytes) -> Any:
    """ValueError if it is not msgpack. Text comes as bytes: old versions wrote both alike."""
    msgpack = need("msgpack", _PURPOSE)
    try:
        return msgpack.unpackb(content, raw=True, strict_map_key=False)
    except Exception as error:  # msgpack's errors have no common base beneath Exception
        raise ValueError(str(error) or type(error).__name__) from error


def _unpack(content: bytes | None, name: str) -> tuple[bytes, int]:
    """Image bytes and label. PhotoError, naming the entry, if it is not made of them."""
    if content is None:
        raise PhotoError(f"{name} is in the list of keys, but not in the store.")
    try:
        value = _loads(content)
    except ValueError as error:
        raise PhotoError(f"{name} is not msgpack ({error}).") from error
    if not isinstance(value, list) or len(value) < 2 or not isinstance(value[0], bytes):
        raise PhotoError(f"{name} is not an array of image bytes and a label.")
    label = next((item for item in value[1:] if isinstance(item, int) and not isinstance(item, bool)), None)
    if label is None or label < 0:
        raise PhotoError(f"{name} has no label that is a whole number from 0.")
    return value[0], label


# LMDB allows a process to open a store once only, so all readers share one; by its state, since a path may be reused.
_open_environments: dict[tuple[int, ...], Any] = {}
_opening = threading.Lock()


def _environment(path: Path) -> Any:
    try:
        status = path.stat()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error
    key = os.getpid(), status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
    with _opening:
        if key not in _open_environments:
            _open_environments[key] = _open_environment(path)
        return _open_environments[key]


def _open_environment(path: Path) -> Any:
    lmdb = need("lmdb", _PURPOSE)
    check_pages(path)  # reading beyond the end of a mapped file would end this process
    try:
        return lmdb.open(str(path), subdir=False, readonly=True, lock=False, readahead=False, max_dbs=0)
    except lmdb.Error as error:
        raise DatasetError(f"{path} is not a readable LMDB store ({error}).") from error


def _value(environment: Any, key: bytes) -> bytes | None:
    lmdb = need("lmdb", _PURPOSE)
    try:
        with environment.begin() as transaction:
            value: bytes | None = transaction.get(key)
            return value
    except lmdb.Error as error:
        raise PhotoError(f"The store is damaged where {key!r} should be ({error}).") from error


class LmdbWriter(Writer):
    """train.lmdb, a single file as Vec2Face's scripts write it: keys "0", "1" …, (image bytes, label) behind each."""

    def __init__(self, folder: Path, identities: int) -> None:
        self.lmdb, self.msgpack = need("lmdb", _WRITING), need("msgpack", _WRITING)
        self.path = folder / FILE
        self.count = 0
        self.labels = 0
        self.waiting: list[tuple[bytes, bytes]] = []
        self.environment: Any = None
        with self._disk():
            self.environment = self.lmdb.open(str(self.path), subdir=False, lock=False, map_size=FIRST_MAP_BYTES)

    def add(self, content: bytes, label: int, image: int) -> None:
        self.waiting.append((str(self.count).encode(), self.msgpack.packb((content, label))))
        self.count += 1
        self.labels = label + 1
        if len(self.waiting) == TRANSACTION_IMAGES:
            self._flush()

    def finish(self) -> None:
        keys = [str(number).encode() for number in range(self.count)]
        for name, value in ((b"__keys__", keys), (b"__len__", self.count), (b"__classnum__", self.labels)):
            self.waiting.append((name, self.msgpack.packb(value)))
        self._flush()
        self.close()

    def close(self) -> None:
        if self.environment is not None:
            self.environment.close()
            self.environment = None

    def _flush(self) -> None:
        while self.waiting:
            try:
                with self._disk(), self.environment.begin(write=True) as transaction:
                    for key, value in self.waiting:
                        transaction.put(key, value)
            except self.lmdb.MapFullError:  # the file grows only as it is filled; its largest size has to be told
                self.environment.set_mapsize(2 * self.environment.info()["map_size"])
            else:
                self.waiting = []

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        """What the disk refuses, as OSError. LMDB calls a write that was cut short an I/O error: ask once more why."""
        try:
            yield
        except self.lmdb.MapFullError:
            raise
        except self.lmdb.Error as error:
            with self.path.open("ab") as file:
                file.write(bytes(2**20))
            code = getattr(error, "code", 0) or errno.EIO
            raise OSError(code, os.strerror(code)) from error
