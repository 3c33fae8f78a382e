"""The paths file of a packing run: where everybody was, in all dimensions, at some of the steps.

The picture on the globe is distorted; from here the true angles of any step that was kept can be told. `paths.bin`
(magic b"HFPA", see `records`) has one record for each such step, whose coordinates are int16 (32767 is 1): an angle
told from them is exact to 0.01°.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hyperface.projection.records import RecordFormat, RecordWriter

UNIT = 32767
MOST_BYTES = 48_000_000  # of a run's file: 600 steps of 1,000 identities in 40 dimensions, 60 of 10,000


def record_type(points: int, dimensions: int) -> np.dtype:
    """Layout of one step of so many points."""
    return np.dtype([("step", "<i4"), ("coordinates", "<i2", (points, dimensions))])


FORMAT = RecordFormat(b"HFPA", 1, record_type)


class PathWriter:
    """Keeps steps spread over the whole run, as many as MOST_BYTES holds; those up to the step `keep_until` stay."""

    def __init__(self, path: Path, points: int, dimensions: int, *, keep_until: int = -1) -> None:
        self._records = RecordWriter(path, FORMAT, (points, dimensions), keep_until=keep_until)
        self._last_step = -1 if self._records.kept is None else int(self._records.kept["step"])

    def offer(self, step: int, share: float, embeddings: np.ndarray) -> None:
        """Keep a step if its turn has come. share: of the run's steps, done. embeddings: (n, k), unit rows."""
        if self._records.count * self._records.layout.itemsize <= share * MOST_BYTES:
            self.keep(step, embeddings)

    def keep(self, step: int, embeddings: np.ndarray) -> None:
        """Keep a step in any case, once. embeddings: (n, k), unit rows."""
        if step <= self._last_step:
            return
        record = np.zeros((), self._records.layout)
        record["step"] = step
        record["coordinates"] = np.clip(np.rint(embeddings * UNIT), -UNIT, UNIT)
        self._records.append(record)
        self._last_step = step

    def close(self) -> None:
        """Close the file."""
        self._records.close()


def read_paths(path: Path) -> np.ndarray | None:
    """All kept steps, mapped rather than read; None where there is no readable file."""
    return FORMAT.read(path)


def angles_from(rows: np.ndarray, person: int) -> np.ndarray:
    """Angles in degrees, float32 (n,), from row `person` to every row of (n, k), of one length each; its own is 0.

    From chords, as `sphere.angles`: exact also where two rows are close.
    """
    unit = rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    apart = np.linalg.norm(unit - unit[person], axis=1)
    along = np.linalg.norm(unit + unit[person], axis=1)
    angles: np.ndarray = np.degrees(2 * np.arctan2(apart, along)).astype(np.float32)
    return angles
