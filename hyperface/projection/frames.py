"""The frames file of a packing run: what the sphere looked like at some of the steps.

`frames.bin` is a header of 16 bytes (b"HFFR", then three little-endian uint32: version, number of points, 0), followed
by one record of the same size for each frame. Records are appended; a record that a kill cut short is not counted.
Coordinates are int16 (32767 is the sphere's radius), angles uint16 in hundredths of a degree: 8 bytes a point.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hyperface.errors import RunError

MAGIC = b"HFFR"
VERSION = 1
HEADER_BYTES = 16
RADIUS = 32767


def record_type(points: int) -> np.dtype:
    """Layout of one frame of so many points."""
    return np.dtype(
        [
            ("step", "<i4"),
            ("closest", "<i4", (2,)),  # the two points with the smallest true angle
            ("points", "<i2", (points, 3)),  # on the sphere, times RADIUS
            ("angles", "<u2", (points,)),  # true angle to the nearest other point, hundredths of a degree
        ]
    )


class FrameWriter:
    """Appends frames. Of an existing file of as many points the frames up to the step `keep_until` are kept."""

    def __init__(self, path: Path, points: int, *, keep_until: int = -1) -> None:
        self._type = record_type(points)
        self.last_points: np.ndarray | None = None  # float32 (n, 3) of the last frame that was kept
        kept = 0
        frames = read_frames(path)
        if frames is not None and frames.dtype == self._type:
            kept = int((frames["step"] <= keep_until).sum())
            if kept:
                self.last_points = frames["points"][kept - 1].astype(np.float32) / RADIUS
        if kept:
            self._file: BinaryIO = path.open("r+b", buffering=0)
            self._file.truncate(HEADER_BYTES + kept * self._type.itemsize)
            self._file.seek(0, io.SEEK_END)
        else:
            self._file = path.open("wb", buffering=0)
            self._file.write(MAGIC + np.array([VERSION, points, 0], "<u4").tobytes())

    def append(self, step: int, points: np.ndarray, angles: np.ndarray, closest: Sequence[int]) -> None:
        """points: (n, 3), unit rows. angles: (n,), degrees. closest: indices of the closest pair."""
        record = np.zeros((), self._type)
        record["step"] = step
        record["closest"] = closest
        record["points"] = np.clip(np.rint(points * RADIUS), -RADIUS, RADIUS)
        record["angles"] = np.clip(np.rint(angles * 100), 0, 65535)
        self._file.write(record.tobytes())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_frames(path: Path) -> np.ndarray | None:
    """All whole frames, mapped rather than read; None where there is no readable file."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            size = path.stat().st_size
    except OSError:
        return None
    if len(header) < HEADER_BYTES or header[:4] != MAGIC:
        return None
    version, points = (int(value) for value in np.frombuffer(header[4:12], "<u4"))
    if version != VERSION:
        raise RunError(f"{path} was written by a newer version of HyperFace. Update to see it.")
    frame = record_type(points)
    count = (size - HEADER_BYTES) // frame.itemsize
    if count == 0:
        return np.zeros(0, frame)
    return np.memmap(path, frame, "r", HEADER_BYTES, (count,))
