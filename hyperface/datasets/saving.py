"""Write a dataset in another format: image by image, the bytes of each image file as they are."""

import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hyperface.datasets.card import card_files
from hyperface.datasets.formats import FORMATS
from hyperface.datasets.labeled import LabeledImages, decode_photo
from hyperface.datasets.records import Format, Skipped, Writer
from hyperface.errors import DatasetError, PhotoError, UnknownNameError
from hyperface.files import atomic_folder, disk_error

STEP_IMAGES = 100  # between two steps


@dataclass(frozen=True)
class SavingStep:
    """step of total images have been read. skipped: those that could not be, and so are not written."""

    step: int
    total: int
    images_per_second: float
    seconds_left: float
    skipped: Skipped


def writable_formats() -> tuple[str, ...]:
    """What `save` can write."""
    return tuple(name for name, kind in FORMATS.items() if kind.writer is not None)


def save(dataset: LabeledImages, path: str | Path, *, format: str) -> Generator[SavingStep, None, Skipped]:
    """Write a dataset into the folder `path`, yielding as it goes and returning what was left out.

    Nothing is written until it is iterated.

    format: one of `writable_formats()`. Images keep their bytes, come identity by identity, and are labelled
    0, 1, 2 … in that order; those that cannot be decoded are left out and told. A data card goes with them. The folder
    appears under its name once all is there: closed or failed before that, the iterator leaves nothing behind.
    UnknownNameError for a format that cannot be written; DatasetError if the folder is not empty or lies in the
    dataset, or nothing can be written there, which a full disk may only show on the way.
    """
    writer = FORMATS[format].writer if format in FORMATS else None
    if writer is None:
        known = ", ".join(writable_formats())
        raise UnknownNameError(f"There is no dataset format named {format!r} that can be written. Known: {known}.")
    target = Path(path)
    for place in (dataset.path, *dataset.beside):
        source = place.resolve()
        if target.resolve().is_relative_to(source) or source.is_relative_to(target.resolve()):
            raise DatasetError(f"{target} and the dataset {place} would lie in one another. Choose another folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise DatasetError(f"{target} is there already. Choose another name, or move it away.")
    except OSError as error:
        raise disk_error(target, error, DatasetError) from error
    return _save(dataset, target, FORMATS[format], writer)


def _save(
    dataset: LabeledImages, target: Path, kind: Format, make: Callable[[Path, int], Writer]
) -> Generator[SavingStep, None, Skipped]:
    total, skipped, started = len(dataset), Skipped(), time.monotonic()
    written = label = image = 0
    last = -1  # identity of the image before
    with atomic_folder(target, error=DatasetError) as temporary:
        with contextlib.closing(make(temporary, dataset.identities)) as writer:
            for step, index in enumerate(np.argsort(dataset.labels, kind="stable").tolist(), 1):
                content = _content(dataset, index, skipped)
                if content is not None:
                    identity = int(dataset.labels[index])
                    if identity == last:
                        image += 1
                    else:  # identities without a readable image take no label
                        label, image, last = label + (last >= 0), 0, identity
                    writer.add(content, label, image)
                    written += 1
                if step % STEP_IMAGES == 0 and step < total:
                    yield _step(step, total, started, skipped)
            if not written:
                raise DatasetError(f"Not one image of {dataset.path} can be read. First reason: {skipped.reasons[0]}")
            writer.finish()
        info = {
            "format": "hyperface-dataset-1",
            **dataset.info,
            "identities": label + 1,
            "images": written,
            "container": kind.description,
            "source": " and ".join(place.name for place in (dataset.path, *dataset.beside)),
        }
        if len(skipped) or len(dataset.skipped):
            info.pop("pictures", None)  # digests of more than there are
            info["skipped"] = len(skipped) + len(dataset.skipped)
        for file, content in card_files(info, dataset, kind.data_files).items():
            (temporary / file).parent.mkdir(exist_ok=True)
            (temporary / file).write_bytes(content)
    yield _step(total, total, started, skipped)
    return skipped


def _content(dataset: LabeledImages, index: int, skipped: Skipped) -> bytes | None:
    """The image file's bytes, decoded once to be sure of them; None, and told, if they are no image."""
    name = dataset.name(index)
    try:
        content = dataset.content(index)
        decode_photo(content, name)
    except PhotoError as error:
        skipped.add_error(error)
        return None
    return content


def _step(step: int, total: int, started: float, skipped: Skipped) -> SavingStep:
    speed = step / max(time.monotonic() - started, 1e-9)
    return SavingStep(step, total, speed, (total - step) / speed, skipped)
