"""Verification benchmarks: pairs of aligned faces and whether each pair is one person.

Those of photographs are known by name although they cannot be shipped: as packs, and as the official releases (see
`official`). Packs in `assets/benchmarks/` ship with HyperFace. A `<name>.json` beside a pack may give its
title and note.
"""

import io
import json
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from hyperface.assets import assets_folder
from hyperface.errors import DatasetError, PhotoError
from hyperface.evaluation.base import Benchmark
from hyperface.evaluation.official import RELEASES, RFW, find_release, read_official
from hyperface.evaluation.packs import pack_bytes, read_pack
from hyperface.evaluation.pair_lists import LIST_SUFFIXES, is_pair_list, prepare_benchmark, read_pair_list
from hyperface.faces import load_photo
from hyperface.files import parse_json, write_atomic
from hyperface.images import ALIGNED_SIZE
from hyperface.registry import Registry
from hyperface.steps import finish

FOLDER_VARIABLE = "HYPERFACE_BENCHMARKS"
WHERE_TO_GET = (
    "Photographs of people may not be shipped: take {name}.bin from InsightFace's dataset zoo "
    "(https://github.com/deepinsight/insightface/tree/master/recognition/_datasets_; every training set there holds "
    "packs of LFW, CPLFW, CALFW, CFP and AgeDB-30), or the authors' own release, unpacked. Put it "
    f"into a folder and name the folder as `folder` or in the variable {FOLDER_VARIABLE}."
)


@dataclass(frozen=True)
class BenchmarkEntry:
    """A benchmark that is known by name. path is None where its file is not on this machine."""

    name: str
    title: str
    note: str = ""
    path: Path | None = None


_NOTES = {
    "lfw": "Photographs in everyday conditions; 6,000 pairs.",
    "cplfw": "LFW's people in different poses; 6,000 pairs.",
    "calfw": "LFW's people at different ages; 6,000 pairs.",
    "cfp_ff": "Frontal photographs; 7,000 pairs.",
    "cfp_fp": "Frontal against profile photographs; 7,000 pairs.",
    "agedb_30": "Photographs 30 years apart; 6,000 pairs.",
    "xqlfw": "LFW's people, good photographs against poor ones; 6,000 pairs.",
    **{f"rfw_{people.lower()}": "One of four groups of people; 6,000 pairs." for people in RFW},
}
_PHOTOGRAPHS = tuple(BenchmarkEntry(name, RELEASES[name].title, note) for name, note in _NOTES.items())


def list_benchmarks(folder: str | Path | None = None) -> list[BenchmarkEntry]:
    """Every benchmark that has a name: the shipped ones, then those of photographs, then other packs of the folder.

    folder: where to look for `<name>.bin`; the environment variable HYPERFACE_BENCHMARKS if not given. Nothing is
    loaded.
    """
    folder = folder if folder is not None else os.environ.get(FOLDER_VARIABLE)
    theirs = {path.stem: path for path in sorted(Path(folder).glob("*.bin"))} if folder else {}
    shipped = [_describe(path) for path in sorted((assets_folder() / "benchmarks").glob("*.bin"))]
    entries = {entry.name: entry for entry in shipped}
    for entry in _PHOTOGRAPHS:
        entries[entry.name] = BenchmarkEntry(entry.name, entry.title, entry.note, theirs.pop(entry.name, None))
    return [*entries.values(), *(_describe(path) for name, path in theirs.items() if name not in entries)]


def load_benchmark(name: str | Path, *, folder: str | Path | None = None) -> Benchmark:
    """Load a benchmark by name, any InsightFace `.bin` pack by its path, or photos with a list of pairs.

    name: also `cfp_fp:FOLDER`, for the official release of a known benchmark.
    folder: as in `list_benchmarks`. A path of a folder with LFW's pairs.txt or a pairs.csv in it, or of such a list, is
    read by `pair_lists.prepare_benchmark`, which aligns the photos: minutes for thousands.
    UnknownNameError for a name that is none of these; DatasetError for a known one whose file is not here (it says
    where it is to be had) and for a file that is not a pack. Packs run no code.
    """
    release = official_release(name, folder)
    if release is not None:
        return finish(prepare_benchmark(read_official(*release), title=RELEASES[release[0]].title))
    if is_path(name):
        path = Path(name)
        return finish(prepare_benchmark(read_pair_list(path))) if is_pair_list(path) else _load(_describe(path))
    if str(name).lower().replace("-", "") in ("ijbb", "ijbc"):
        raise DatasetError(
            "IJB-B and IJB-C compare templates, and not pairs: measure on them by `hyperface ijb FOLDER`."
        )
    registry: Registry[Benchmark] = Registry("benchmark")
    for entry in list_benchmarks(folder):
        registry.register(entry.name)(partial(_load, entry))
    return registry.load(str(name))


def official_release(name: str | Path, folder: str | Path | None = None) -> tuple[str, Path] | None:
    """What `read_official` reads of this name: `cfp_fp:FOLDER`, or `cfp_fp` where its release, and no pack of it, is in
    the folder of benchmarks; None for any other."""
    known, colon, place = str(name).partition(":")
    if isinstance(name, Path) or known not in RELEASES:
        return None
    if colon:
        return known, Path(place)
    folder = folder if folder is not None else os.environ.get(FOLDER_VARIABLE)
    if not folder or (Path(folder) / f"{known}.bin").is_file():
        return None
    found = find_release(known, Path(folder))
    if found is None or (known == "lfw" and not found.name.lower().startswith("lfw")):  # any list may be a pairs.txt
        return None
    return known, found


def is_path(name: str | Path) -> bool:
    """Whether this is the path of a benchmark, and not its name."""
    return isinstance(name, Path) or os.sep in name or Path(name).suffix.lower() in (".bin", *LIST_SUFFIXES)


def save_benchmark(benchmark: Benchmark, path: Path) -> None:
    """Write a pack that InsightFace's own code reads (images as PNG, lossless), and title and note beside it."""
    files = [_encode(image) for image in benchmark.images]
    about = json.dumps({"name": benchmark.name, "title": benchmark.title, "note": benchmark.note}, indent=2) + "\n"
    for target, content in ((path.with_suffix(".json"), about.encode()), (path, pack_bytes(files, benchmark.same))):
        write_atomic(target, content, error=DatasetError)


def _encode(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def _describe(path: Path) -> BenchmarkEntry:
    """The entry of a pack, with title and note from the file beside it where there is one."""
    beside = path.with_suffix(".json")
    try:
        about = parse_json(beside.read_bytes()) if beside.is_file() else {}
        return BenchmarkEntry(path.stem, str(about.get("title", path.stem)), str(about.get("note", "")), path)
    except (ValueError, AttributeError) as error:
        raise DatasetError(
            f"{beside} should be a JSON object with title and note ({error}). Mend or remove it."
        ) from error


def _load(entry: BenchmarkEntry) -> Benchmark:
    if entry.path is None:
        raise DatasetError(f"{entry.title} is not on this machine. {WHERE_TO_GET.format(name=entry.name)}")
    try:
        content = entry.path.read_bytes()
    except OSError as error:
        raise DatasetError(f"The benchmark {entry.path} cannot be read: {error.strerror}.") from error
    files, same = read_pack(content)
    images = np.empty((len(files), ALIGNED_SIZE, ALIGNED_SIZE, 3), np.uint8)
    for number, file in enumerate(files):
        images[number] = _pixels(file, f"Image {number} of {entry.path.name}")
    return Benchmark(entry.name, entry.title, images, same, entry.note)


def _pixels(file: bytes | np.ndarray, name: str) -> np.ndarray:
    try:
        pixels = load_photo(file) if isinstance(file, bytes) else file
    except PhotoError as error:
        raise DatasetError(f"{name} cannot be decoded: {error}") from error
    if pixels.shape != (ALIGNED_SIZE, ALIGNED_SIZE, 3):
        raise DatasetError(
            f"{name} is {pixels.shape[1]} × {pixels.shape[0]} pixels, where packs of aligned faces have "
            f"{ALIGNED_SIZE} × {ALIGNED_SIZE}. Align the faces first: other crops give figures that mean nothing."
        )
    return pixels
