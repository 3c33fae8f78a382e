"""Turning photos into embeddings: found, aligned, embedded, and written as a table."""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.defaults import DETECTOR, RECOGNIZER
from hyperface.errors import HyperFaceError, InputError, NoFaceError, require
from hyperface.files import remove, write_atomic
from hyperface.jobs.console import LISTED, Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.models import load
from hyperface.threads import map_ahead

if TYPE_CHECKING:
    from hyperface.faces import Face
    from hyperface.jobs.embed_table import FaceTable
    from hyperface.recognizers import Recognizer

SUFFIXES = (".csv", ".npz", ".parquet")
BATCH_SIZE = 32
MOST_WORKERS = 8


@dataclass(frozen=True)
class EmbedOptions:
    """What is embedded; the meaning of each is in `hyperface embed --help`. photos: a folder, or one photo."""

    photos: Path
    output: Path
    recognizer: str = RECOGNIZER
    detector: str = DETECTOR
    all_faces: bool = False
    any_orientation: bool = False
    aligned: str = "auto"
    crops: Path | None = None
    workers: int | None = None
    fresh: bool = False
    device: str = "cpu"
    precision: str = "float32"
    color: str | None = None

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        output = self.output
        require(
            output.suffix in SUFFIXES,
            f"The output {output.name} says no known format. Give it one of the suffixes {', '.join(SUFFIXES)}.",
        )
        require(
            output.suffix != ".parquet" or importlib.util.find_spec("pyarrow") is not None,
            "Writing .parquet needs pyarrow: pip install pyarrow, or write .npz.",
        )
        require(output.absolute().parent.is_dir(), f"The folder of {output} does not exist. Make it first.")
        require(self.photos.exists(), f"{self.photos} does not exist.")
        require(self.workers is None or self.workers >= 1, "At least one worker is needed: --workers 1.")
        if self.crops is not None:
            crops, photos = self.crops.absolute(), self.photos.absolute()
            require(
                crops != photos and photos not in crops.parents,
                f"The folder of crops {crops} is inside the photos': the next call would take them for photos.",
            )


def embed(options: EmbedOptions, console: Console) -> None:
    """Embed photos into a file; work that was broken off is continued by the same call."""
    options.check()
    from hyperface.faces.detectors import load_detector
    from hyperface.gallery import photo_files
    from hyperface.jobs.embed_table import FaceTable

    one = options.photos.is_file()
    root = options.photos.parent if one else options.photos
    files = [options.photos] if one else photo_files(options.photos)
    detector = load_detector(options.detector).name  # what "auto" came to; weights that are missing are told at once
    recognizer = load(
        options.recognizer, console, device=options.device, precision=options.precision, color=options.color
    )
    table = FaceTable(
        recognizer.card,
        {
            "photos": str(options.photos.absolute()),
            "detector": detector,
            "all_faces": options.all_faces,
            "any_orientation": options.any_orientation,
            "aligned": options.aligned,
            "crops": None if options.crops is None else str(options.crops.absolute()),
        },
    )
    output = options.output
    partial = output.with_name(f".{output.name}.partial.npz")
    if partial.is_file() and not options.fresh:
        table.restore(partial)
        console.say(
            f"continuing: {len(table.done):,} of {len(files):,} photos were done before", resumed=len(table.done)
        )

    def save(step: EmbedStep) -> None:
        if table.done:
            table.save(partial)

    def tell(step: EmbedStep) -> Report:
        return Report(step.done, step.total, {"faces": step.faces, "left_out": step.left_out})

    workers = options.workers or min(MOST_WORKERS, os.cpu_count() or 1)
    work = _Work(table, recognizer, root, options.crops)
    Driver(console).follow(work.steps(files, workers), "embedding", "photo", tell, save=save, finish=save)
    if work.taken_as_aligned and options.aligned == "auto":
        console.remark(
            f"{work.taken_as_aligned:,} of {len(files):,} photos have 112×112 pixels and were taken as aligned faces; "
            "--aligned no searches them for faces.",
            taken_as_aligned=work.taken_as_aligned,
        )
    if not len(table):
        remove(partial)
        raise NoFaceError(
            f"None of the {len(files)} photos could be embedded. {table.left_out[0][0]}: {table.left_out[0][2]}"
        )
    table.sort(files=[path.relative_to(root).as_posix() for path in files])
    write_atomic(output, table.to_bytes(output.suffix))
    listing = output.with_name(f"{output.name}.left-out.csv")
    if table.left_out:
        write_atomic(listing, table.left_out_csv())
    else:
        remove(listing)  # of an earlier call
    remove(partial)
    _report(console, table, len(files), output, listing)


@dataclass(frozen=True)
class EmbedStep:
    """`done` of `total` photos were looked at. faces, left_out: so far, of all calls."""

    done: int
    total: int
    faces: int
    left_out: int


class _Work:
    """Photos to rows: workers read and align, this thread embeds in batches."""

    def __init__(self, table: FaceTable, recognizer: Recognizer, root: Path, crops: Path | None) -> None:
        self.table, self.recognizer, self.root, self.crops = table, recognizer, root, crops
        self.taken_as_aligned = 0
        self._waiting: list[tuple[str, list[Face]]] = []

    def steps(self, files: list[Path], workers: int) -> Generator[EmbedStep, None, None]:
        """All files that are not done, one after the other."""
        todo = [path for path in files if path.relative_to(self.root).as_posix() not in self.table.done]
        number = len(files) - len(todo)
        for name, found in self._aligned(todo, workers):
            number += 1
            if isinstance(found, HyperFaceError):
                self.table.leave_out(name, found)
            else:
                self._waiting.append((name, found))
            if sum(len(faces) for _, faces in self._waiting) >= BATCH_SIZE:
                self._embed()
            yield EmbedStep(number, len(files), len(self.table), len(self.table.left_out))
        self._embed()

    def _aligned(self, files: list[Path], workers: int) -> Iterator[tuple[str, list[Face] | HyperFaceError]]:
        """Each file's name and its faces, or why there are none, in order; a few files ahead at most."""
        for path, found in map_ahead(self._faces_of, files, workers=workers):
            yield path.relative_to(self.root).as_posix(), found

    def _faces_of(self, path: Path) -> list[Face] | HyperFaceError:
        from hyperface import faces

        options = self.table.options
        try:
            photo = faces.load_photo(path)
            if faces.is_aligned(photo, options["aligned"]):
                self.taken_as_aligned += 1
            return faces.faces_in(
                photo,
                aligned=options["aligned"],
                detector=options["detector"],
                max_faces=None if options["all_faces"] else 1,
                any_orientation=options["any_orientation"],
            )
        except HyperFaceError as error:
            return error

    def _embed(self) -> None:
        import torch

        images = [face.image for _, faces in self._waiting for face in faces]
        if images:
            with torch.inference_mode():
                embeddings = self.recognizer.embed(torch.stack(images)).cpu().numpy()  # (b, d)
            if self.crops is not None:
                for name, faces in self._waiting:
                    self._write_crops(self.crops, name, faces)
            # All of a batch is done, or nothing: whoever continues has the same batches, and so the same last bits.
            for name, faces in self._waiting:
                self.table.add(name, faces, embeddings[: len(faces)])
                embeddings = embeddings[len(faces) :]
        self._waiting.clear()

    def _write_crops(self, crops: Path, name: str, faces: list[Face]) -> None:
        from PIL import Image

        from hyperface.images import to_uint8

        for number, face in enumerate(faces):
            path = crops / f"{name}-{number}.png"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(to_uint8(face.image[None])[0]).save(path)
            except OSError as error:
                raise InputError(f"The crop {path} cannot be written ({error.strerror}).") from error


def _report(console: Console, table: FaceTable, photos: int, output: Path, listing: Path) -> None:
    reasons = Counter(kind for _, kind, _ in table.left_out)
    console.event(
        "done",
        output=str(output),
        faces=len(table),
        photos=photos,
        recognizer=table.card.name,
        detector=table.options["detector"],
        left_out=[{"file": name, "kind": kind, "why": why} for name, kind, why in table.left_out],
        reasons=dict(reasons),
    )
    if console.json_lines:
        return
    console.say(f"{len(table):,} faces of {photos:,} photos")
    if table.left_out:
        _say_left_out(console, table, listing)
    console.say(str(output))


def _say_left_out(console: Console, table: FaceTable, listing: Path) -> None:
    reasons = Counter(kind for _, kind, _ in table.left_out)
    console.say(
        f"left out: {', '.join(f'{count:,} {_REASONS.get(kind, kind)}' for kind, count in reasons.most_common())}"
    )
    for name, _, why in table.left_out[:LISTED]:
        console.say(f"  {name}: {why}")
    if len(table.left_out) > LISTED:
        console.say(f"  … and {len(table.left_out) - LISTED:,} more in {listing}")


_REASONS = {"NoFaceError": "without a face", "PhotoError": "that cannot be read"}
