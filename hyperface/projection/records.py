"""Files of records of one size, appended while a run is at work and read at the same time by whoever looks on.

A header of 16 bytes (four of magic, then three little-endian uint32: version, and two sizes), and one record after the
other. A record that a kill cut short is not counted.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hyperface.errors import RunError

HEADER_BYTES = 16


@dataclass(frozen=True)
class RecordFormat:
    """magic: the first four bytes. layout: the type of a record from the header's two sizes; it has a field `step`."""

    magic: bytes
    version: int
    layout: Callable[[int, int], np.dtype]

    def read(self, path: Path) -> np.ndarray | None:
        """All whole records, mapped rather than read; None where there is no readable file. RunError if it is newer."""
        try:
            with path.open("rb") as file:
                header = file.read(HEADER_BYTES)
                size = path.stat().st_size
        except OSError:
            return None
        if len(header) < HEADER_BYTES or header[:4] != self.magic:
            return None
        version, *sizes = (int(value) for value in np.frombuffer(header[4:], "<u4"))
        if version != self.version:
            raise RunError(f"{path} was written by a newer version of HyperFace. Update to see it.")
        try:
            record = self.layout(*sizes)
        except ValueError:  # a damaged header asks for records larger than any
            return None
        count = (size - HEADER_BYTES) // record.itemsize
        if count == 0:
            return np.zeros(0, record)
        return np.memmap(path, record, "r", HEADER_BYTES, (count,))


class RecordWriter:
    """Appends records. Of an existing file of the same sizes those up to the step `keep_until` are kept: `kept`, whole,
    or None where there are none."""

    def __init__(self, path: Path, form: RecordFormat, sizes: tuple[int, int], *, keep_until: int = -1) -> None:
        self.layout = form.layout(*sizes)
        self.count = 0
        self.kept: np.ndarray | None = None  # the last record that was kept, ()
        records = form.read(path)
        if records is not None and records.dtype == self.layout:
            self.count = int((records["step"] <= keep_until).sum())
        if self.count and records is not None:
            self.kept = records[self.count - 1].copy()
            self._file: BinaryIO = path.open("r+b", buffering=0)
            self._file.truncate(HEADER_BYTES + self.count * self.layout.itemsize)
            self._file.seek(0, io.SEEK_END)
        else:
            self._file = path.open("wb", buffering=0)
            self._file.write(form.magic + np.array([form.version, *sizes], "<u4").tobytes())

    def append(self, record: np.ndarray) -> None:
        """One record, of the type `layout`."""
        self._file.write(record.tobytes())
        self.count += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()
