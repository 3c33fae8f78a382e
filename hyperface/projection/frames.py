"""The frames file of a packing run: what the sphere looked like at some of the steps.

`frames.bin` (magic b"HFFR", see `records`) has one record for each frame. Coordinates are int16 (32767 is the sphere's
radius), angles uint16 in hundredths of a degree: 8 bytes a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hyperface.projection.records import RecordFormat, RecordWriter

RADIUS = 32767


def record_type(points: int, _: int = 0) -> np.dtype:
    """Layout of one frame of so many points."""
    return np.dtype(
        [
            ("step", "<i4"),
            ("closest", "<i4", (2,)),  # the two points with the smallest true angle
            ("points", "<i2", (points, 3)),  # on the sphere, times RADIUS
            ("angles", "<u2", (points,)),  # true angle to the nearest other point, hundredths of a degree
        ]
    )


FORMAT = RecordFormat(b"HFFR", 1, record_type)


def frame_record(step: int, points: np.ndarray, angles: np.ndarray, closest: Sequence[int]) -> np.ndarray:
    """A frame, (): points (n, 3), unit rows; angles (n,), degrees; indices of the closest pair."""
    record = np.zeros((), record_type(len(points)))
    record["step"] = step
    record["closest"] = closest
    record["points"] = np.clip(np.rint(points * RADIUS), -RADIUS, RADIUS)
    record["angles"] = np.clip(np.rint(angles * 100), 0, 65535)
    return record


class FrameWriter:
    """Appends frames. Of an existing file of as many points the frames up to the step `keep_until` are kept."""

    def __init__(self, path: Path, points: int, *, keep_until: int = -1) -> None:
        self._records = RecordWriter(path, FORMAT, (points, 0), keep_until=keep_until)
        self.last_points: np.ndarray | None = None  # float32 (n, 3) of the last frame that was kept
        if self._records.kept is not None:
            self.last_points = self._records.kept["points"].astype(np.float32) / RADIUS

    def append(self, step: int, points: np.ndarray, angles: np.ndarray, closest: Sequence[int]) -> None:
        """The same as `frame_record`."""
        self._records.append(frame_record(step, points, angles, closest))

    def close(self) -> None:
        """Close the file."""
        self._records.close()


def read_frames(path: Path) -> np.ndarray | None:
    """All whole frames, mapped rather than read; None where there is no readable file."""
    return FORMAT.read(path)
