"""Benchmarks from folders of photos and a list of their pairs, in LFW's form or another (see `pair_rows`).

Images of 112×112 pixels are taken as aligned; of all others the face is found and aligned. Lists that are sorted by
answer are spread, so that each of the protocol's ten folds has pairs of both kinds.
"""

import os
import time
from collections.abc import Generator, Sized
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from hyperface.errors import DatasetError, HyperFaceError
from hyperface.evaluation.base import Benchmark
from hyperface.evaluation.pair_rows import Photo, read_rows
from hyperface.evaluation.photo_places import PhotoPlaces
from hyperface.evaluation.scoring import FOLDS
from hyperface.faces import Face, faces_in, load_photo
from hyperface.faces.detectors import load_detector
from hyperface.images import to_uint8
from hyperface.threads import map_ahead

LFW_LIST = "pairs.txt"
CSV_LIST = "pairs.csv"
LIST_SUFFIXES = (".txt", ".csv", ".tsv", ".lst", ".list")
MOST_WORKERS = 8
TOLD = 3  # examples in a message


@dataclass(frozen=True)
class PairList:
    """first, second: the p photos of each side. same: bool (p,), in the benchmark's order, which its folds need.
    form: how the list was understood."""

    name: str
    first: tuple[Path, ...]
    second: tuple[Path, ...]
    same: np.ndarray
    form: str = ""


@dataclass(frozen=True)
class PreparationStep:
    """done and total count photos. left_out: photo → why it has no aligned face, so far."""

    done: int
    total: int
    seconds_left: float
    left_out: dict[Path, str]


def is_pair_list(path: Path) -> bool:
    """Whether this is a folder or a file that `read_pair_list` reads."""
    return path.is_dir() or path.suffix.lower() in LIST_SUFFIXES


def read_pair_list(path: Path, *, photos: Path | None = None) -> PairList:
    """A folder with pairs.txt or pairs.csv in it, or such a file itself.

    photos: the folder that they are in; that of the list if not given. DatasetError, saying where, if it is none, or
    names photos that are not there.
    """
    file = _list_in(path) if path.is_dir() else path
    try:
        if not file.is_file():  # pipes, too: they could block for ever
            raise DatasetError(f"The list of pairs {file} cannot be read: there is no such file.")
        content = file.read_bytes()
    except OSError as error:
        raise DatasetError(f"The list of pairs {file} cannot be read: {error.strerror}.") from error
    rows, form = read_rows(content, file)
    if not rows:
        raise DatasetError(f"{file} lists no pairs.")
    places = PhotoPlaces(file.parent if photos is None else photos)
    found = [tuple(_place(places, photo) for photo in (row.first, row.second)) for row in rows]
    missing = dict.fromkeys(photo for pair in found for photo in pair if isinstance(photo, str))
    if missing:
        raise DatasetError(
            f"{len(missing):,} photos that {file} lists are not there: {', '.join(list(missing)[:TOLD])}"
            f"{_dots(missing)}. Looked for below {places.root}; the list was read as {form}."
        )
    first, second = ([Path(pair[side]) for pair in found] for side in (0, 1))
    same = np.array([row.same for row in rows], bool)
    return PairList(path.name if path.is_dir() else path.stem, tuple(first), tuple(second), same, form)


def _list_in(folder: Path) -> Path:
    """The one list of pairs in a folder."""
    for name in (LFW_LIST, CSV_LIST):
        if (folder / name).is_file():
            return folder / name
    others = sorted(file for file in folder.glob("*pairs*") if file.suffix.lower() in LIST_SUFFIXES)
    if len(others) == 1:
        return others[0]
    if others:
        raise DatasetError(f"{folder} has several lists of pairs: {', '.join(file.name for file in others)}. Name one.")
    raise DatasetError(f"There is neither {LFW_LIST} nor {CSV_LIST} in {folder}, so its pairs are not known.")


def _place(places: PhotoPlaces, photo: Photo) -> Path | str:
    """Where a photo is, or what it would be called."""
    if photo.number is None:
        return places.by_path(photo.name) or photo.name
    return places.by_number(photo.name, photo.number) or f"{photo.name}/{photo.name}_{photo.number:04d}.jpg"


def spread_order(same: np.ndarray) -> np.ndarray | None:
    """An order of pairs in which every fold has both kinds; None where they have, or there are too few.

    same: bool (p,). Returns int64 (p,). Each kind keeps its own order, and is spread evenly. A list sorted by answer
    has folds of one kind, for which the other folds choose the threshold: up to a percent too little.
    """
    if min(same.sum(), (~same).sum()) < FOLDS:
        return None
    if all(0 < fold.sum() < len(fold) for fold in np.array_split(same, FOLDS)):
        return None
    place = np.empty(len(same))
    for kind in (same, ~same):
        place[kind] = (np.arange(kind.sum()) + 0.5) / kind.sum()
    return np.argsort(place, kind="stable")


def prepare_benchmark(
    pairs: PairList, *, detector: str = "dlib", aligned: str = "auto", title: str | None = None
) -> Generator[PreparationStep, None, Benchmark]:
    """Align every photo once, a photo at a time, and return the benchmark.

    Of several faces the largest one near the middle is taken, as the lists mean the photo's subject. A pair with a
    photo that cannot be read or shows no face is left out, and the benchmark's note says so. detector, aligned: as in
    `faces.faces_in`. DatasetError if no pair is left; UnknownNameError or AssetError for the detector, before any work.
    """
    load_detector(detector)
    return _prepare(pairs, detector, aligned, pairs.name if title is None else title)


def _prepare(pairs: PairList, detector: str, aligned: str, title: str) -> Generator[PreparationStep, None, Benchmark]:
    photos = list(dict.fromkeys((*pairs.first, *pairs.second)))
    crops: dict[Path, np.ndarray] = {}
    left_out: dict[Path, str] = {}
    started = time.monotonic()
    workers = min(MOST_WORKERS, os.cpu_count() or 1)
    found = map_ahead(partial(_face_of, detector=detector, aligned=aligned), photos, workers=workers)
    for done, (photo, result) in enumerate(found, start=1):
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
    same = pairs.same[whole]
    order = spread_order(same)
    if order is not None:
        whole = [whole[i] for i in order.tolist()]
        same = same[order]
    images = np.stack([crops[side[i]] for i in whole for side in (pairs.first, pairs.second)])  # (2p, 112, 112, 3)
    note = f"Aligned here with {detector}."
    if order is not None:
        note += " Its list is sorted by answer; its pairs are spread, so that every fold has both kinds."
    if left_out:
        names = ", ".join(photo.name for photo in list(left_out)[:TOLD])
        note += (
            f" {len(pairs.same) - len(whole):,} of {len(pairs.same):,} pairs are left out, as no face was found in "
            f"{len(left_out):,} photos ({names}{_dots(left_out)})."
        )
    yield PreparationStep(len(photos), len(photos), 0.0, left_out)
    return Benchmark(pairs.name, title, images, same, note)


def _face_of(path: Path, *, detector: str, aligned: str) -> np.ndarray | HyperFaceError:
    """A photo's aligned face, uint8 (112, 112, 3), or why there is none."""
    try:
        photo = load_photo(path)
        faces = faces_in(photo, detector=detector, aligned=aligned)
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


def _dots(listed: Sized) -> str:
    return ", …" if len(listed) > TOLD else ""
