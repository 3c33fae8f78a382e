"""Galleries: random faces, filtered to detectable ones, with their embeddings.

A gallery marks where faces lie on the sphere. Packing starts from it and is regularised towards it.

One safetensors file holds a gallery: `embeddings` (n, d) float16, `thumbnails` (the bytes of one JPEG sheet, which
weighs a third of single files), and in the metadata the name, the recogniser, the generator and the sources.
"""

import io
import itertools
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch.nn import functional as F

from hyperface.assets import asset
from hyperface.errors import AssetError, CheckpointError, DatasetError, HyperFaceError, InputError, NoFaceError
from hyperface.faces import Face, largest_face, load_photo
from hyperface.faces.detectors import load_detector
from hyperface.generators.base import GalleryGenerator
from hyperface.images import to_uint8
from hyperface.recognizers.base import Recognizer, RecognizerCard, check_same_recognizer
from hyperface.threads import map_ahead

THUMBNAIL_SIZE = 48  # pixels; a multiple of JPEG's 16-pixel blocks, so that neighbours on the sheet do not bleed
SHEET_COLUMNS = 100
STRANGER_PAIRS = 400_000
SHIPPED = {"gan-10k": "galleries/gan-10k.safetensors"}
# HEIC is looked at, too, though it cannot be read: left out in silence, a phone's photos would seem not to be there.
PHOTO_SUFFIXES = frozenset(
    f".{name}"
    for name in "jpg jpeg jfif png bmp webp avif tif tiff gif jp2 mpo ppm pgm heic heif".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Gallery:
    """embeddings: float32 (n, d), unit rows of `recognizer`. thumbnails: uint8 (n, 48, 48, 3), RGB, aligned faces.
    sources: where each face is from, `<generator>:<seed>` or a file's path inside its folder. recognizer_card: None in
    files that are older than cards."""

    name: str
    recognizer: str
    generator: str
    embeddings: torch.Tensor
    thumbnails: np.ndarray
    sources: tuple[str, ...]
    recognizer_card: RecognizerCard | None = None

    def __len__(self) -> int:
        return len(self.embeddings)

    def nearest(
        self, embeddings: torch.Tensor, count: int = 1, *, recognizer: str | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The `count` most similar gallery faces of each row: cosines (m, count), falling, and indices (m, count).

        recognizer: whose embeddings they are. InputError, naming both, if it is not the gallery's.
        """
        if recognizer is not None:
            check_same_recognizer(self.recognizer, f"The gallery {self.name!r}", recognizer, "what is compared with it")
        if embeddings.shape[1] != self.embeddings.shape[1]:
            raise InputError(
                f"The gallery {self.name!r} holds {self.embeddings.shape[1]}-dimensional embeddings of the recogniser "
                f"{self.recognizer!r}; these have {embeddings.shape[1]} dimensions. Embed with {self.recognizer!r}."
            )
        return (embeddings @ self.embeddings.T).topk(min(count, len(self)), dim=1)

    def stranger_threshold(self, share: float = 0.001, *, seed: int = 0) -> float | None:
        """The cosine that only this share of the pairs of different gallery faces reaches: the threshold of a false
        match rate of `share` among random faces. None where there are too few pairs to know (ten must be expected).

        Estimated from 400,000 random pairs, or all if there are fewer.
        """
        count = len(self)
        pairs = count * (count - 1) // 2
        if pairs * share < 10:
            return None
        if pairs <= STRANGER_PAIRS:
            first, second = torch.triu_indices(count, count, 1)  # (pairs,) each
        else:
            generator = torch.Generator().manual_seed(seed)
            first = torch.randint(count, (STRANGER_PAIRS,), generator=generator)
            second = (first + torch.randint(1, count, (STRANGER_PAIRS,), generator=generator)) % count
        cosines = torch.cat(
            [
                (self.embeddings[a] * self.embeddings[b]).sum(dim=1)
                for a, b in zip(first.split(50_000), second.split(50_000), strict=True)
            ]
        )
        expected = max(1, round(share * len(cosines)))
        return float(cosines.topk(expected).values[-1])


@dataclass(frozen=True)
class GalleryStep:
    """Progress of a gallery being made. gallery is None until the last step."""

    step: int  # faces kept so far
    total: int  # faces wanted
    tried: int  # pictures looked at; the rest had no detectable face or could not be read
    seconds_left: float
    gallery: Gallery | None = None


def sample_faces(
    generator: GalleryGenerator, *, seed: int = 0, batch_size: int = 64, detector: str = "dlib"
) -> Iterator[tuple[str, Face | None]]:
    """Endless faces of a generator as (source, aligned face), None where the detector finds no face."""

    def pictures() -> Iterator[tuple[str, np.ndarray]]:
        for start in itertools.count(seed, batch_size):
            seeds = range(start, start + batch_size)
            for number, photo in zip(seeds, to_uint8(generator.sample(seeds)), strict=True):
                yield f"{generator.name}:{number}", photo

    workers = os.cpu_count() or 1
    found = map_ahead(lambda picture: largest_face(picture[1], detector=detector), pictures(), workers=workers)
    for (source, _), face in found:
        yield source, face


def folder_faces(folder: Path, *, detector: str = "dlib") -> Iterator[tuple[str, Face | None]]:
    """The largest face of every photo below a folder, in the order of their names, None where there is none."""
    load_detector(detector)  # one that cannot be had is no photo's fault
    for path in photo_files(folder):
        try:
            face = largest_face(load_photo(path), detector=detector)
        except HyperFaceError:
            face = None
        yield path.relative_to(folder).as_posix(), face


def photo_files(folder: Path) -> list[Path]:
    """The image files below a folder, sorted; DatasetError if there are none."""
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
    if not files:
        raise DatasetError(f"No images below {folder} (looked for {', '.join(sorted(PHOTO_SUFFIXES))}).")
    return files


def build(
    faces: Iterable[tuple[str, Face | None]],
    recognizer: Recognizer,
    *,
    count: int,
    name: str,
    generator: str,
    batch_size: int = 64,
) -> Iterator[GalleryStep]:
    """Keep the first `count` detectable faces, embed them, and yield progress after each batch.

    faces: `sample_faces(...)` or `folder_faces(...)`. Fewer than `count` in them make a smaller gallery; none at all
    is a NoFaceError. The last step carries the gallery.
    """
    if count < 1:
        raise InputError(f"A gallery needs at least one face; {count} were asked for.")
    started = time.monotonic()
    waiting: list[torch.Tensor] = []
    embeddings: list[torch.Tensor] = []
    thumbnails: list[np.ndarray] = []
    sources: list[str] = []
    tried = 0

    def flush() -> GalleryStep:
        images = torch.stack(waiting)  # (b, 3, 112, 112)
        waiting.clear()
        with torch.inference_mode():
            embeddings.append(recognizer.embed(images))
        small = F.interpolate(images, size=THUMBNAIL_SIZE, mode="bilinear", antialias=True, align_corners=False)
        thumbnails.append(to_uint8(small))
        elapsed = time.monotonic() - started
        return GalleryStep(len(sources), count, tried, elapsed / len(sources) * (count - len(sources)))

    for source, face in faces:
        tried += 1
        if face is None:
            continue
        sources.append(source)
        waiting.append(face.image)
        if len(waiting) == batch_size and len(sources) < count:
            yield flush()
        if len(sources) == count:
            break
    if waiting:
        flush()
    if not sources:
        raise NoFaceError(f"No face was found in {tried} pictures, so there is no gallery to make.")
    gallery = Gallery(
        name,
        recognizer.name,
        generator,
        torch.cat(embeddings).cpu().clone(),
        np.concatenate(thumbnails),
        tuple(sources),
        recognizer.card,
    )
    yield GalleryStep(len(gallery), len(gallery), tried, 0.0, gallery)


def to_bytes(gallery: Gallery) -> bytes:
    """The gallery as the content of one safetensors file."""
    metadata = {
        "format": "hyperface-gallery-1",
        "name": gallery.name,
        "recognizer": gallery.recognizer,
        "generator": gallery.generator,
        "sources": json.dumps(gallery.sources),
    }
    if gallery.recognizer_card is not None:
        metadata["recognizer_card"] = json.dumps(gallery.recognizer_card.to_json())
    sheet = np.frombuffer(_encode_sheet(gallery.thumbnails), dtype=np.uint8)
    tensors = {"embeddings": gallery.embeddings.half(), "thumbnails": torch.from_numpy(sheet.copy())}
    return save(tensors, metadata)


def load(name: str | Path = "gan-10k") -> Gallery:
    """Load a shipped gallery by name, or any gallery by its file's path. AssetError if it is missing or damaged."""
    path = asset(SHIPPED[name]) if name in SHIPPED else Path(name)
    if not path.is_file():
        raise AssetError(f"There is no gallery {str(name)!r}: neither one of {', '.join(SHIPPED)} nor a file.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != "hyperface-gallery-1":
                raise AssetError(f"{path} is not a gallery file.")
            embeddings = F.normalize(file.get_tensor("embeddings").float(), dim=1)  # float16 rows are not quite unit
            thumbnails = _decode_sheet(file.get_tensor("thumbnails").numpy().tobytes(), len(embeddings))
            card = _card(metadata)
    except (OSError, SafetensorError, KeyError, ValueError, CheckpointError) as error:
        raise AssetError(f"The gallery file {path} is damaged ({error}). Make it again, or restore it.") from error
    return Gallery(
        metadata["name"],
        metadata["recognizer"],
        metadata["generator"],
        embeddings,
        thumbnails,
        tuple(json.loads(metadata["sources"])),
        card,
    )


def _card(metadata: dict[str, str]) -> RecognizerCard | None:
    if "recognizer_card" in metadata:
        return RecognizerCard.from_json(json.loads(metadata["recognizer_card"]))
    if metadata["recognizer"] == "dlib":  # the gallery that ships is older than cards
        from hyperface.recognizers.dlib_resnet import CARD

        return CARD
    return None


def _encode_sheet(thumbnails: np.ndarray) -> bytes:
    rows = -(-len(thumbnails) // SHEET_COLUMNS)
    size = thumbnails.shape[1]
    cells = np.zeros((rows * SHEET_COLUMNS, size, size, 3), np.uint8)
    cells[: len(thumbnails)] = thumbnails
    sheet = cells.reshape(rows, SHEET_COLUMNS, size, size, 3).swapaxes(1, 2)  # (rows, size, columns, size, 3)
    buffer = io.BytesIO()
    Image.fromarray(sheet.reshape(rows * size, SHEET_COLUMNS * size, 3)).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def _decode_sheet(content: bytes, count: int) -> np.ndarray:
    sheet = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    size = sheet.shape[1] // SHEET_COLUMNS
    cells = sheet.reshape(-1, size, SHEET_COLUMNS, size, 3).swapaxes(1, 2).reshape(-1, size, size, 3)
    return cells[:count].copy()
