"""Benchmarks from folders of photos and a list of pairs: LFW's `pairs.txt`, or a CSV file.

`pairs.txt`: a line for a pair, `name 1 2` for two photos of one person or `name 1 other 3` for two people, where a
photo is `name/name_0001.jpg`. CSV: the columns image1, image2 (paths beside the file) and same (1 or 0, true or false).
Images of 112×112 pixels are taken as aligned; of all others the face is found and aligned.
"""

import csv
import io
import os
import time
from collections.abc import Generator, Sized
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from hyperface.errors import DatasetError, HyperFaceError
from hyperface.evaluation.base import Benchmark
from hyperface.faces import Face, align, load_photo
from hyperface.faces.detectors import load_detector
from hyperface.images import ALIGNED_SIZE, to_uint8
from hyperface.threads import map_ahead

LFW_LIST = "pairs.txt"
CSV_LIST = "pairs.csv"
COLUMNS = ("image1", "image2", "same")
ANSWERS = {"1": True, "true": True, "0": False, "false": False}
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
MOST_WORKERS = 8
TOLD = 3  # examples in a message


@dataclass(frozen=True)
class PairList:
    """first, second: the p photos of each side. same: bool (p,), in the benchmark's order, which its folds need."""

    name: str
    first: tuple[Path, ...]
    second: tuple[Path, ...]
    same: np.ndarray


@dataclass(frozen=True)
class PreparationStep:
    """done and total count photos. left_out: photo → why it has no aligned face, so far."""

    done: int
    total: int
    seconds_left: float
    left_out: dict[Path, str]


def is_pair_list(path: Path) -> bool:
    """Whether this is a folder or a file that `read_pair_list` reads."""
    return path.is_dir() or path.suffix.lower() in (".txt", ".csv")


def read_pair_list(path: Path) -> PairList:
    """A folder with pairs.txt or pairs.csv in it, or such a file itself. DatasetError, saying where, if it is none, or
    names photos that are not there."""
    file = path
    if path.is_dir():
        found = [path / name for name in (LFW_LIST, CSV_LIST) if (path / name).is_file()]
        if not found:
            raise DatasetError(f"There is neither {LFW_LIST} nor {CSV_LIST} in {path}, so its pairs are not known.")
        file = found[0]
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"The list of pairs {file} cannot be read: {error}.") from error
    rows = _csv_rows(text, file) if file.suffix.lower() == ".csv" else _lfw_rows(text, file)
    if not rows:
        raise DatasetError(f"{file} lists no pairs.")
    first, second, same = zip(*rows, strict=True)
    missing = [photo for photo in dict.fromkeys((*first, *second)) if not photo.is_file()]
    if missing:
        names = ", ".join(map(str, missing[:TOLD]))
        raise DatasetError(f"{len(missing):,} photos that {file} lists are not there: {names}{_dots(missing)}.")
    return PairList(path.name if path.is_dir() else path.stem, first, second, np.array(same, bool))


def prepare_benchmark(
    pairs: PairList, *, detector: str = "dlib", title: str | None = None
) -> Generator[PreparationStep, None, Benchmark]:
    """Align every photo once, a photo at a time, and return the benchmark.

    Of several faces the largest one near the middle is taken, as the lists mean the photo's subject. A pair with a
    photo that cannot be read or shows no face is left out, and the benchmark's note says so. detector: as in
    `faces.align`. DatasetError if no pair is left; UnknownNameError or AssetError for the detector, before any work.
    """
    load_detector(detector)
    return _prepare(pairs, detector, pairs.name if title is None else title)


def _prepare(pairs: PairList, detector: str, title: str) -> Generator[PreparationStep, None, Benchmark]:
    photos = list(dict.fromkeys((*pairs.first, *pairs.second)))
    crops: dict[Path, np.ndarray] = {}
    left_out: dict[Path, str] = {}
    started = time.monotonic()
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    aligned = map_ahead(partial(_face_of, detector=detector), photos, workers=workers)
    for done, (photo, result) in enumerate(aligned, start=1):
        if isinstance(result, HyperFaceError):
            left_out[photo] = str(result)
        else:
            crops[photo] = result
        if done < len(photos):
            seconds_left = (time.monotonic() - started) / done * (len(photos) - done)
            yield PreparationStep(done, len(photos), seconds_left, left_out)
    whole = [i for i, pair in enumerate(zip(pairs.first, pairs.second, strict=True)) if not left_out.keys() & set(pair)]
    if not whole:
        photo, reason = next(iter(left_out.items()))
        raise DatasetError(f"No pair of {pairs.name} has a face in both photos. {photo.name}: {reason}")
    images = np.stack([crops[side[i]] for i in whole for side in (pairs.first, pairs.second)])  # (2p, 112, 112, 3)
    note = f"Aligned here with {detector}."
    if left_out:
        names = ", ".join(photo.name for photo in list(left_out)[:TOLD])
        note += (
            f" {len(pairs.same) - len(whole):,} of {len(pairs.same):,} pairs are left out, as no face was found in "
            f"{len(left_out):,} photos ({names}{_dots(left_out)})."
        )
    yield PreparationStep(len(photos), len(photos), 0.0, left_out)
    return Benchmark(pairs.name, title, images, pairs.same[whole], note)


def _face_of(path: Path, *, detector: str) -> np.ndarray | HyperFaceError:
    """A photo's aligned face, uint8 (112, 112, 3), or why there is none."""
    try:
        photo = load_photo(path)
        if photo.shape[:2] == (ALIGNED_SIZE, ALIGNED_SIZE):
            return photo
        faces = align(photo, detector=detector)
    except HyperFaceError as error:
        return error
    middle = np.array(photo.shape[1::-1]) / 2  # x, y

    def subject(face: Face) -> float:
        """The weighing of facenet's align_dataset_mtcnn.py: area less twice the squared distance to the middle."""
        corners = face.box.reshape(2, 2)
        area = np.prod(corners[1] - corners[0])
        return float(area - 2 * np.square(corners.mean(axis=0) - middle).sum())

    crop: np.ndarray = to_uint8(max(faces, key=subject).image[None])[0]
    return crop


def _lfw_rows(text: str, file: Path) -> list[tuple[Path, Path, bool]]:
    rows: list[tuple[Path, Path, bool]] = []
    folder: Path | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.split("\t") if "\t" in line else line.split()
        if not parts or (number == 1 and all(part.strip().isdigit() for part in parts)):
            continue  # the first line counts folds and pairs
        try:
            if len(parts) == 3:
                first, second = (parts[0], int(parts[1])), (parts[0], int(parts[2]))
            elif len(parts) == 4:
                first, second = (parts[0], int(parts[1])), (parts[2], int(parts[3]))
            else:
                raise ValueError
        except ValueError:
            raise DatasetError(
                f"Line {number} of {file} is not a pair of LFW's form, `name 1 2` or `name 1 other 3`: {line[:80]!r}."
            ) from None
        if folder is None:
            folder = _photo_folder(file.parent, first[0])
        rows.append((_lfw_photo(folder, *first), _lfw_photo(folder, *second), len(parts) == 3))
    return rows


def _photo_folder(beside: Path, name: str) -> Path:
    """Where the people's folders are: beside the list, or one level further in (lfw, lfw_funneled, …)."""
    places = [beside, *sorted(path for path in beside.iterdir() if path.is_dir())]
    return next((place for place in places if (place / name).is_dir()), beside)


def _lfw_photo(folder: Path, name: str, number: int) -> Path:
    stem = folder / name / f"{name}_{number:04d}"
    candidates = [stem.with_name(stem.name + suffix) for suffix in SUFFIXES]
    return next((path for path in candidates if path.is_file()), candidates[0])


def _csv_rows(text: str, file: Path) -> list[tuple[Path, Path, bool]]:
    reader = csv.DictReader(io.StringIO(text))
    names = {name.strip().lower(): name for name in reader.fieldnames or []}
    absent = [column for column in COLUMNS if column not in names]
    if absent:
        raise DatasetError(f"{file} needs the columns {', '.join(COLUMNS)}; it has no {', '.join(absent)}.")
    rows = []
    for row in reader:
        first, second, same = (str(row[names[column]] or "").strip() for column in COLUMNS)
        if same.lower() not in ANSWERS or not first or not second:
            raise DatasetError(
                f"Line {reader.line_num} of {file} should name two images, and 1 (one person) or 0 as `same`."
            )
        rows.append((file.parent / first, file.parent / second, ANSWERS[same.lower()]))
    return rows


def _dots(listed: Sized) -> str:
    return ", …" if len(listed) > TOLD else ""
