"""What `embed` writes: embedded faces, one to a row, in several formats; and the same unfinished, to be continued."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperface.array_files import read_arrays
from hyperface.errors import CheckpointError, HyperFaceError, InputError
from hyperface.files import write_atomic
from hyperface.recognizers import EmbeddingSpace, RecognizerCard

if TYPE_CHECKING:
    from hyperface.faces import Face

SIDES = ("left", "top", "right", "bottom")


@dataclass
class FaceTable:
    """card: of the recogniser. options: what the faces were looked for with; JSON. rows: one for each face.
    left_out: the files without one, the kind of error, and its message. done: all files looked at."""

    card: RecognizerCard
    options: dict[str, Any]
    files: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # of the face in its file, the largest 0
    boxes: list[np.ndarray] = field(default_factory=list)  # (4,) each: left, top, right, bottom, pixels of the photo
    landmarks: list[np.ndarray] = field(default_factory=list)  # (5, 2) each
    confidences: list[float] = field(default_factory=list)
    embeddings: list[np.ndarray] = field(default_factory=list)  # (d,) each
    landmark_names: tuple[str, ...] = ()
    left_out: list[tuple[str, str, str]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.files)

    def add(self, file: str, faces: Sequence[Face], embeddings: np.ndarray) -> None:
        """The faces of one file, and their embeddings (k, d)."""
        for number, (face, embedding) in enumerate(zip(faces, embeddings, strict=True)):
            self.files.append(file)
            self.numbers.append(number)
            self.boxes.append(face.box)
            self.landmarks.append(face.landmarks)
            self.confidences.append(face.confidence)
            self.embeddings.append(embedding)
            self.landmark_names = face.landmark_names
        self.done.add(file)

    def leave_out(self, file: str, error: HyperFaceError) -> None:
        self.left_out.append((file, type(error).__name__, str(error)))
        self.done.add(file)

    def sort(self, files: Sequence[str]) -> None:
        """Rows in the order of these files; a continued table has them in the order of its parts."""
        place = {file: number for number, file in enumerate(files)}
        order = sorted(range(len(self)), key=lambda row: (place.get(self.files[row], len(place)), self.numbers[row]))
        columns: list[list[Any]] = [self.files, self.numbers, self.boxes, self.landmarks]
        columns += [self.confidences, self.embeddings]
        for column in columns:
            column[:] = [column[row] for row in order]
        self.left_out.sort(key=lambda entry: place.get(entry[0], len(place)))

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything as arrays: what an .npz holds."""
        return {
            "embeddings": np.array(self.embeddings, np.float32).reshape(len(self), self.card.dimension),
            "files": np.array(self.files, dtype=str),
            "numbers": np.array(self.numbers, np.int64),
            "boxes": np.array(self.boxes, np.float32).reshape(-1, 4),
            "landmarks": np.array(self.landmarks, np.float32).reshape(-1, 5, 2),
            "confidences": np.array(self.confidences, np.float32),
            "landmark_names": np.array(self.landmark_names, dtype=str),
            "recognizer": np.array(json.dumps(self.card.to_json(), ensure_ascii=False)),
            "options": np.array(json.dumps(self.options, ensure_ascii=False)),
        }

    def save(self, path: Path) -> None:
        """Write it unfinished."""
        left_out = np.array(json.dumps([self.left_out, sorted(self.done)]))
        write_atomic(path, _npz({**self.arrays(), "left_out": left_out}))

    def restore(self, path: Path) -> None:
        """Continue what `save` wrote. InputError if that was with another recogniser, naming both, or other options."""
        try:
            names = (*self.arrays(), "left_out")
            content = dict(zip(names, read_arrays(path, names), strict=True))
            card = RecognizerCard.from_json(json.loads(str(content["recognizer"])))
            options = json.loads(str(content["options"]))
            left_out, done = json.loads(str(content["left_out"]))
        except (ValueError, TypeError, RecursionError, InputError, CheckpointError) as error:
            raise InputError(f"The unfinished work in {path} is damaged ({error}). Begin again: --fresh.") from error
        unfinished = EmbeddingSpace(card.name, f"the unfinished work in {path.name}", card)
        unfinished.check_same(EmbeddingSpace(self.card.name, "this call's work", self.card))
        other = sorted(key for key in options.keys() | self.options.keys() if options.get(key) != self.options.get(key))
        if other:
            was = ", ".join(f"{key} {options.get(key)!r} instead of {self.options.get(key)!r}" for key in other)
            raise InputError(f"The unfinished work in {path} was begun with {was}. Use that, or begin again: --fresh.")
        self.files[:] = content["files"].tolist()
        self.numbers[:] = content["numbers"].tolist()
        self.boxes[:], self.landmarks[:] = list(content["boxes"]), list(content["landmarks"])
        self.confidences[:], self.embeddings[:] = content["confidences"].tolist(), list(content["embeddings"])
        self.landmark_names = tuple(content["landmark_names"].tolist())
        self.left_out[:] = [tuple(entry) for entry in left_out]
        self.done = set(done)

    def to_bytes(self, suffix: str) -> bytes:
        """The content of a file with this suffix."""
        return WRITERS[suffix](self)

    def left_out_csv(self) -> bytes:
        return _csv_bytes(["file", "kind", "why"], self.left_out)


def _npz(arrays: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _csv_bytes(head: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _write_npz(table: FaceTable) -> bytes:
    return _npz(table.arrays())


def _write_csv(table: FaceTable) -> bytes:
    arrays = table.arrays()
    points = [f"{axis}{number}" for number in range(5) for axis in "xy"]
    head = [
        "file",
        "face",
        "confidence",
        *SIDES,
        *points,
        *(f"e{i}" for i in range(table.card.dimension)),
        "recognizer",
    ]
    rows = [
        [file, number, confidence, *box, *marks, *embedding, table.card.name]
        for file, number, confidence, box, marks, embedding in zip(
            table.files,
            table.numbers,
            arrays["confidences"],
            arrays["boxes"],
            arrays["landmarks"].reshape(-1, 10),
            arrays["embeddings"],
            strict=True,
        )
    ]
    return _csv_bytes(head, rows)


def _write_parquet(table: FaceTable) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = table.arrays()

    def fixed(values: np.ndarray) -> pa.Array:
        """(n, k) → a column of lists of k numbers."""
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), pa.float32()), values.shape[1])

    columns = {
        "file": pa.array(table.files, pa.string()),
        "face": pa.array(table.numbers, pa.int32()),
        "confidence": pa.array(arrays["confidences"]),
        "box": fixed(arrays["boxes"]),  # left, top, right, bottom
        "landmarks": fixed(arrays["landmarks"].reshape(-1, 10)),  # x and y of the first, of the second …
        "embedding": fixed(arrays["embeddings"]),
    }
    metadata = {
        "recognizer": json.dumps(table.card.to_json(), ensure_ascii=False),
        "detector": table.options["detector"],
        "landmark_names": json.dumps(table.landmark_names),
    }
    content = pa.table(columns).replace_schema_metadata(metadata)
    buffer = io.BytesIO()
    pq.write_table(content, buffer, compression="zstd")
    return buffer.getvalue()


WRITERS: dict[str, Callable[[FaceTable], bytes]] = {
    ".npz": _write_npz,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
