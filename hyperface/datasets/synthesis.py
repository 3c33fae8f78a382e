"""Algorithm 3 of the paper: draw many images of each packed identity, as an image folder.

    out/000000/000.jpg … one folder for each identity, one file for each image
    out/dataset.json   what the dataset is made of; "complete" once every image is there
    out/README.md, out/samples.svg   the same for people, at the end

Every image has a seed of its own, derived from (seed, identity, image): what is drawn does not depend on the batch
size or on interruptions.
"""

import json
import time
from collections import Counter, abc, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hyperface.datasets.card import CARD, card_files
from hyperface.datasets.folder import DATA_FILES, open_folder
from hyperface.datasets.labeled import LabeledImages
from hyperface.datasets.provenance import described
from hyperface.errors import DatasetError, InputError
from hyperface.files import check_room, disk_error, parse_json, read_object, remove, sweep, write_atomic
from hyperface.generators.base import Generator
from hyperface.images import jpeg_bytes, to_uint8
from hyperface.seeds import check_seed, image_seeds, seeded_normal
from hyperface.sphere import as_embeddings, normalize

JPEG_QUALITY = 95
BYTES_PER_IMAGE = 6_000  # of a 112×112 face of the GAN at that quality, measured; a head takes 4,900
_NOTES = ".drawing-"  # begins the names of what each of several processes noted
SPEED_WINDOW = 10  # batches that images per second are averaged over


@dataclass(frozen=True)
class SynthesisStep:
    """step of total images are on disk. preview: uint8 (b, h, w, 3), RGB, the batch just drawn (empty if none was)."""

    step: int
    total: int
    images_per_second: float
    seconds_left: float
    preview: np.ndarray


def estimate_size(identities: int, images_per_identity: int) -> int:
    """About how many bytes a dataset will take."""
    return identities * images_per_identity * BYTES_PER_IMAGE


def perturb(embeddings: torch.Tensor, beta: float, seeds: list[int]) -> torch.Tensor:
    """normalise(x + v) with v ~ N(0, β I), row by row (n, d), the noise of a row fixed by its seed.

    Source: Algorithm 3 (arXiv 2411.08470). β is a variance: 0.01 moves a 128-dimensional x by about 49°.
    """
    noise = seeded_normal(seeds, embeddings.shape[1])  # (n, d)
    return normalize(embeddings + beta**0.5 * noise)


def synthesize(
    embeddings: torch.Tensor | np.ndarray,
    generator: Generator,
    *,
    images_per_identity: int = 50,
    beta: float | None = None,
    out: str | Path,
    seed: int = 0,
    batch_size: int = 64,
    lineage: dict[str, Any] | None = None,
    part: tuple[int, int] = (0, 1),
    describe: abc.Callable[[LabeledImages], dict[str, Any]] | None = None,
) -> abc.Generator[SynthesisStep, None, Path]:
    """Draw the dataset into the folder `out`, yielding after every batch; images that are there are kept.

    Called again with the same arguments after an interruption, it goes on with what is missing and ends with the same
    bytes.

    Args:
        embeddings: (n, d), the identities.
        generator: draws embeddings of that kind.
        images_per_identity: how many pictures of each, 1 or more.
        beta: variance of the noise added to each coordinate, 0 for none; None for what the generator wants.
        out: the folder; it is made if it is not there.
        seed: same seed, same images.
        batch_size: drawn at once; it may change the last bits of a picture, and nothing else.
        lineage: further entries of the data card, such as the packing run.
        part: (number, of how many): several processes may draw into one folder, each its part; a last call without it
            completes the data card.
        describe: gives more entries of the data card when all images are there.

    Returns:
        The folder.

    Raises:
        InputError: An impossible value.
        DatasetError: The folder holds something else, cannot be written, or the disk is too small. All errors but a
            full disk come before the first image.
    """
    identities = as_embeddings(embeddings)
    beta = generator.beta if beta is None else beta
    if images_per_identity < 1:
        raise InputError(f"Each identity needs at least one image; {images_per_identity} were asked for.")
    if not 0 <= beta < float("inf"):
        raise InputError(f"The variance beta must be 0 or more; it was {beta}.")
    check_seed(seed)
    if batch_size < 1:
        raise InputError(f"A batch holds at least one image; {batch_size} were asked for.")
    if not 0 <= part[0] < part[1]:
        raise InputError(f"The parts of a dataset are numbered from 0: there is no part {part[0]} of {part[1]}.")
    generator.check(identities, range(len(identities)))
    card = {
        "format": "hyperface-dataset-1",
        "identities": len(identities),
        "images_per_identity": images_per_identity,
        "beta": beta,
        "seed": seed,
        "generator": generator.name,
        "recognizer": generator.recognizer,
        "licence": generator.licence,
        "embeddings": _fingerprint(identities),
    }
    if generator.card.settings:
        card["generator_settings"] = generator.card.settings
    generator.meet(identities)
    folder = Path(out)
    _prepare(folder, card, lineage or {})
    card = {**card, **(lineage or {})}
    return _draw(identities, generator, images_per_identity, beta, folder, seed, batch_size, card, part, describe)


def image_path(folder: Path, identity: int, image: int) -> Path:
    """Where an image of a dataset is."""
    return folder / f"{identity:06d}" / f"{image:03d}.jpg"


def _draw(
    identities: torch.Tensor,
    generator: Generator,
    images_per_identity: int,
    beta: float,
    folder: Path,
    seed: int,
    batch_size: int,
    card: dict[str, Any],
    part: tuple[int, int],
    describe: abc.Callable[[LabeledImages], dict[str, Any]] | None,
) -> abc.Generator[SynthesisStep, None, Path]:
    places = [(identity, image) for identity in range(len(identities)) for image in range(images_per_identity)]
    # The last bits of a picture may depend on what it is drawn with: the batches are the same however the work is
    # divided or resumed.
    batches = [places[first : first + batch_size] for first in range(0, len(places), batch_size)][part[0] :: part[1]]
    missing = [[place for place in batch if not image_path(folder, *place).exists()] for batch in batches]
    total = sum(map(len, batches))
    done = total - sum(map(len, missing))
    recent = deque([(time.monotonic(), done)], maxlen=SPEED_WINDOW)
    speed = 0.0
    whole = {**card, "complete": True}
    if done == total:
        if part[1] == 1 and not whole.items() <= json.loads((folder / CARD).read_bytes()).items():
            notes = _gathered(folder)  # of several processes that drew it, or it was interrupted at the very end
            _write_cards(folder, {**whole, **({"drawing": notes} if notes else {})}, generator, describe)
        yield SynthesisStep(total, total, 0.0, 0.0, np.empty((0, 0, 0, 3), np.uint8))
    with ThreadPoolExecutor(2) as writers:  # Pillow releases the interpreter while it encodes
        for batch, wanted in zip(batches, missing, strict=True):
            if not wanted:
                continue
            seeds = [image_seeds(seed, *place) for place in batch]
            rows = identities[[identity for identity, _ in batch]]  # (b, d)
            requests = perturb(rows, beta, [noise for noise, _ in seeds])
            pixels = to_uint8(generator.generate(requests, [style for _, style in seeds]))  # (b, h, w, 3)
            pixels = pixels[[batch.index(place) for place in wanted]]
            list(writers.map(_write, [image_path(folder, *place) for place in wanted], pixels))
            done += len(wanted)
            now = time.monotonic()
            speed = (done - recent[0][1]) / max(now - recent[0][0], 1e-9)
            recent.append((now, done))
            if done == total and part[1] == 1:
                notes = generator.notes()
                _write_cards(folder, {**whole, **({"drawing": notes} if notes else {})}, generator, describe)
            yield SynthesisStep(done, total, speed, (total - done) / speed, pixels)
    if part[1] > 1 and (notes := generator.notes()):
        _replace(folder / f"{_NOTES}{part[0]}.json", json.dumps(notes).encode())
    return folder


def _gathered(folder: Path) -> dict[str, int]:
    """What the generators of several processes noted, added up; their files are gone afterwards."""
    notes: Counter[str] = Counter()
    for path in sorted(folder.glob(f"{_NOTES}*.json")):
        notes.update({name: int(value) for name, value in read_object(path, error=DatasetError).items()})
        remove(path, error=DatasetError)
    return dict(notes)


def _prepare(folder: Path, card: dict[str, Any], lineage: dict[str, Any]) -> None:
    """Make the folder, or make sure that it holds the beginning of this very dataset; and that there is room."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in (folder, *filter(Path.is_dir, folder.iterdir())):
            sweep(each)
        if (folder / CARD).exists():
            there = parse_json((folder / CARD).read_bytes())
            longer = _lengthened(there, card)
            different = sorted(key for key in card if there.get(key) != card[key] and key not in longer)
            if different:
                raise DatasetError(
                    f"{folder} holds another dataset (its {', '.join(different)} differ). Choose another folder."
                )
            if longer:
                _replace(folder / CARD, json.dumps({**there, **card, **lineage, "complete": False}, indent=2).encode())
            return
        if any(folder.iterdir()):
            raise DatasetError(f"{folder} is not empty and holds no dataset of HyperFace. Choose another folder.")
        needed = estimate_size(card["identities"], card["images_per_identity"])
        check_room(folder, needed, "The dataset needs", "draw fewer images", error=DatasetError)
        _replace(folder / CARD, json.dumps({**card, **lineage, "complete": False}, indent=2).encode())
    except OSError as error:
        raise disk_error(folder, error, DatasetError) from error
    except ValueError as error:
        raise DatasetError(f"{folder / CARD} is damaged ({error}). Delete the folder and draw again.") from error


def _lengthened(there: dict[str, Any], card: dict[str, Any]) -> tuple[str, ...]:
    """What may differ from the card that is there: a dataset may get more images of each identity."""
    name = "images_per_identity"
    before = there.get(name)
    return (name,) if isinstance(before, int) and before < card[name] else ()


def _write(path: Path, pixels: np.ndarray) -> None:
    _replace(path, jpeg_bytes(pixels, quality=JPEG_QUALITY))


def _write_cards(
    folder: Path,
    card: dict[str, Any],
    generator: Generator,
    describe: abc.Callable[[LabeledImages], dict[str, Any]] | None,
) -> None:
    images = open_folder(folder)
    card = {**card, **(describe(images) if describe else {}), **described(images, generator)}
    for name, content in card_files(card, images, DATA_FILES).items():
        _replace(folder / name, content)


def _replace(path: Path, content: bytes) -> None:
    """Write whole or not at all: a killed process leaves no half image behind that a later one would keep."""
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise disk_error(path, error, DatasetError) from error
    write_atomic(path, content, error=DatasetError, sync=False)


def _fingerprint(embeddings: torch.Tensor) -> str:
    """Tells the embeddings of one packing from those of another; not a secret."""
    import hashlib

    return hashlib.sha256(embeddings.contiguous().numpy().tobytes()).hexdigest()[:16]
