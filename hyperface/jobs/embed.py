"""Turn photos into embeddings.

The largest face of each photo (or all of them) is found, aligned and embedded. The output's suffix says its format:
.npz (arrays embeddings (n, d) float32, files, boxes, landmarks, confidences …), .csv or .parquet (a row for each face).
Photos that cannot be read, or show no face, are left out and listed with the reason in <output>.left-out.csv.

Work that was broken off is continued by the same command.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.errors import HyperFaceError, InputError
from hyperface.jobs.base import Console, require
from hyperface.threads import map_ahead

if TYPE_CHECKING:
    from hyperface.faces import Face
    from hyperface.jobs.embed_table import FaceTable
    from hyperface.recognizers import Recognizer


SUFFIXES = (".csv", ".npz", ".parquet")
BATCH_SIZE = 32
SAVE_SECONDS = 15.0
MOST_WORKERS = 8
LISTED = 10  # photos without a face that are named; the rest are counted


def check(arguments: argparse.Namespace) -> None:
    output: Path = arguments.output
    require(
        output.suffix in SUFFIXES,
        f"The output {output.name} says no known format. Give it one of the suffixes {', '.join(SUFFIXES)}.",
    )
    require(
        output.suffix != ".parquet" or importlib.util.find_spec("pyarrow") is not None,
        "Writing .parquet needs pyarrow: pip install pyarrow, or write .npz.",
    )
    require(output.absolute().parent.is_dir(), f"The folder of {output} does not exist. Make it first.")
    require(arguments.photos.exists(), f"{arguments.photos} does not exist.")
    require(arguments.workers is None or arguments.workers >= 1, "At least one worker is needed: --workers 1.")
    if arguments.crops is not None:
        crops, photos = arguments.crops.absolute(), arguments.photos.absolute()
        require(
            crops != photos and photos not in crops.parents,
            f"The folder of crops {crops} is inside the photos': the next call would take them for photos.",
        )


class Work:
    """Photos to rows: workers read and align, this thread embeds in batches and saves now and then."""

    def __init__(self, table: FaceTable, recognizer: Recognizer, root: Path, crops: Path | None, partial: Path) -> None:
        self.table, self.recognizer, self.root, self.crops, self.partial = table, recognizer, root, crops, partial
        self._waiting: list[tuple[str, list[Face]]] = []
        self._saved = time.monotonic()

    def run(self, files: list[Path], console: Console, workers: int | None) -> None:
        """All files that are not done. However it ends, what is done is kept in the partial file."""
        todo = [path for path in files if path.relative_to(self.root).as_posix() not in self.table.done]
        console.begin("embedding", len(files), "photo", initial=len(files) - len(todo))
        number = len(files) - len(todo)
        try:
            for name, found in self._aligned(todo, workers or min(MOST_WORKERS, os.cpu_count() or 1)):
                number += 1
                if isinstance(found, HyperFaceError):
                    self.table.leave_out(name, found)
                else:
                    self._waiting.append((name, found))
                if sum(len(faces) for _, faces in self._waiting) >= BATCH_SIZE:
                    self._embed()
                console.step(number, {"faces": len(self.table), "left_out": len(self.table.left_out)})
                if time.monotonic() - self._saved > SAVE_SECONDS:
                    self._save()
            self._embed()
        finally:
            if self.table.done:
                self._save()
        console.end()

    def _aligned(self, files: list[Path], workers: int) -> Iterator[tuple[str, list[Face] | HyperFaceError]]:
        """Each file's name and its faces, or why there are none, in order; a few files ahead at most."""
        for path, found in map_ahead(self._faces_of, files, workers=workers):
            yield path.relative_to(self.root).as_posix(), found

    def _faces_of(self, path: Path) -> list[Face] | HyperFaceError:
        from hyperface import faces

        options = self.table.options
        try:
            return faces.align(
                faces.load_photo(path),
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
            for name, faces in self._waiting:
                if self.crops is not None:
                    self._write_crops(name, faces)
                self.table.add(name, faces, embeddings[: len(faces)])
                embeddings = embeddings[len(faces) :]
        self._waiting.clear()

    def _write_crops(self, name: str, faces: list[Face]) -> None:
        from PIL import Image

        from hyperface.images import to_uint8

        for number, face in enumerate(faces):
            path = self.crops / f"{name}-{number}.png"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(to_uint8(face.image[None])[0]).save(path)
            except OSError as error:
                raise InputError(f"The crop {path} cannot be written ({error.strerror}).") from error

    def _save(self) -> None:
        self.table.save(self.partial)
        self._saved = time.monotonic()


def report(console: Console, table: FaceTable, photos: int, output: Path, listing: Path) -> None:
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
    console.say(f"{len(table):,} faces of {photos:,} photos in {output}")
    if not table.left_out:
        return
    console.say(
        f"left out: {', '.join(f'{count:,} {_REASONS.get(kind, kind)}' for kind, count in reasons.most_common())}"
    )
    for name, _, why in table.left_out[:LISTED]:
        console.say(f"  {name}: {why}")
    if len(table.left_out) > LISTED:
        console.say(f"  … and {len(table.left_out) - LISTED:,} more in {listing}")


_REASONS = {"NoFaceError": "without a face", "PhotoError": "that cannot be read"}
