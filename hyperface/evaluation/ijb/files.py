"""The files of IJB-B and IJB-C as InsightFace lays them out. `x` is ijbb or ijbc:

loose_crop/…                    the photos
meta/x_name_5pts_score.txt      a line for each photo: file, five points (x y each), the detector's confidence
meta/x_face_tid_mid.txt         a line for each photo, in the same order: file, template, medium
meta/x_template_pair_label.txt  a line for each comparison: template, template, 1 (one person) or 0; 8 or 16 million
meta/x_1N_gallery_*.csv         two galleries (S1, S2 or G1, G2): TEMPLATE_ID, SUBJECT_ID, … below a header
meta/x_1N_probe_mixed.csv       who is searched, in the same form
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from hyperface.errors import DatasetError

KINDS = {"ijbb": ("IJB-B", ("S1", "S2")), "ijbc": ("IJB-C", ("G1", "G2"))}
PHOTOS, META = "loose_crop", "meta"
POINTS = 5
PAIRS_AT_A_TIME = 50_000  # whose features are 200 MB


@dataclass(frozen=True)
class TemplateList:
    """templates, subjects: int64 (t,), a template each and whose it is."""

    templates: np.ndarray
    subjects: np.ndarray


@dataclass(frozen=True)
class Ijb:
    """folder: where it is. title: IJB-B or IJB-C. names: file of each of n photos. landmarks: float32 (n, 5, 2), in
    pixels. confidences: float32 (n,), the detector's. templates, media: int64 (n,). galleries, probes: of the search,
    none where the release has no 1:N lists."""

    folder: Path
    title: str
    names: list[str]
    landmarks: np.ndarray
    confidences: np.ndarray
    templates: np.ndarray
    media: np.ndarray
    pairs_file: Path
    galleries: tuple[TemplateList, ...] = field(default=())
    probes: TemplateList | None = None

    def __len__(self) -> int:
        return len(self.names)

    def photo(self, index: int) -> Path:
        return self.folder / PHOTOS / self.names[index]

    def pairs(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Templates int64 (k,) and (k,), and whether one person, bool (k,), so many comparisons at a time."""
        known = set(np.unique(self.templates).tolist())
        try:
            with self.pairs_file.open(encoding="ascii") as file:
                first = 1
                while lines := list(islice(file, PAIRS_AT_A_TIME)):
                    block = _pairs(lines, self.pairs_file, first)
                    if not np.isin(block[:, 2], (0, 1)).all():
                        raise DatasetError(f"{self.pairs_file} has an answer that is neither 1 nor 0.")
                    unknown = set(np.unique(block[:, :2]).tolist()) - known
                    if unknown:
                        raise DatasetError(f"{self.pairs_file} compares template {min(unknown)}, which has no photo.")
                    yield block[:, 0], block[:, 1], block[:, 2] == 1
                    first += len(lines)
        except (OSError, UnicodeDecodeError) as error:
            raise DatasetError(f"{self.pairs_file} cannot be read: {error}.") from error


def open_ijb(folder: Path) -> Ijb:
    """IJB-B or IJB-C in InsightFace's layout. DatasetError that names the file and line that is not as it should be."""
    kind = next((kind for kind in KINDS if (folder / META / f"{kind}_face_tid_mid.txt").is_file()), None)
    if kind is None:
        raise DatasetError(
            f"{folder} has neither {META}/ijbb_face_tid_mid.txt nor {META}/ijbc_face_tid_mid.txt. IJB-B and IJB-C are "
            f"read as InsightFace lays them out, {META}/ and {PHOTOS}/ in one folder."
        )
    title, parts = KINDS[kind]
    meta = folder / META
    points_file, media_file = meta / f"{kind}_name_5pts_score.txt", meta / f"{kind}_face_tid_mid.txt"
    names, points = _table(points_file, 2 * POINTS + 1, float)
    others, media = _table(media_file, 2, int)
    if names != others:
        raise DatasetError(
            f"{points_file.name} and {media_file.name} in {meta} do not list the same photos in one order."
        )
    pairs = meta / f"{kind}_template_pair_label.txt"
    if not pairs.is_file():
        raise DatasetError(f"There is no {pairs.name} in {meta}.")
    searched = meta / f"{kind}_1N_probe_mixed.csv"
    galleries = (
        tuple(_template_list(meta / f"{kind}_1N_gallery_{part}.csv") for part in parts) if searched.is_file() else ()
    )
    return Ijb(
        folder,
        title,
        names,
        points[:, : 2 * POINTS].reshape(-1, POINTS, 2).astype(np.float32),
        points[:, -1].astype(np.float32),
        media[:, 0],
        media[:, 1],
        pairs,
        galleries,
        _template_list(searched) if galleries else None,
    )


def _pairs(lines: list[str], file: Path, first: int) -> np.ndarray:
    """Two templates and an answer a line, int64 (k, 3)."""
    written = [line for line in lines if not line.isspace()]
    try:
        values = np.loadtxt(written, np.int64, comments=None, ndmin=2)  # ten times as fast as words one by one
    except ValueError:
        values = np.empty((0, 0), np.int64)
    return values if values.shape == (len(written), 3) else _numbers([line.split() for line in written], 3, file, first)


def _table(file: Path, columns: int, kind: type[float] | type[int]) -> tuple[list[str], np.ndarray]:
    """Names, and so many numbers behind each: (n, columns)."""
    try:
        lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} cannot be read: {error}.") from error
    if not lines:
        raise DatasetError(f"{file} is empty.")
    dtype = np.float64 if kind is float else np.int64
    return [line[0] for line in lines], _numbers([line[1:] for line in lines], columns, file, 1, dtype)


def _numbers(
    rows: list[list[str]], columns: int, file: Path, first: int, dtype: type[np.generic] = np.int64
) -> np.ndarray:
    """Rows of words as numbers (n, columns). DatasetError for the first line, counted from `first`, that is none."""
    if _are_numbers(rows, columns, dtype):
        return np.array(rows, dtype)
    number, row = next((n, row) for n, row in enumerate(rows, first) if not _are_numbers([row], columns, dtype))
    raise DatasetError(f"Line {number} of {file} should have {columns} numbers; it is not so: {' '.join(row)[:80]!r}.")


def _are_numbers(rows: list[list[str]], columns: int, dtype: type[np.generic]) -> bool:
    try:
        values = np.array(rows, dtype)
    except (ValueError, OverflowError):
        return False
    return values.shape == (len(rows), columns) and bool(np.isfinite(values.astype(np.float64)).all())


def _template_list(file: Path) -> TemplateList:
    """Each template once."""
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = [row[:2] for row in csv.reader(opened) if row][1:]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{file} cannot be read: {error}.") from error
    if not rows:
        raise DatasetError(f"{file} lists no templates.")
    values = _numbers(rows, 2, file, 2)
    templates, places = np.unique(values[:, 0], return_index=True)
    return TemplateList(templates, values[places, 1])
