"""A gallery as one file, and the galleries that ship.

A safetensors file: `embeddings` (n, d) float16, `thumbnails` (the bytes of one JPEG sheet, see `thumbnails`), and in
the metadata the name, the recogniser, the generator, the sources, the cards of both, and how long features are.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch.nn import functional as F

from hyperface.assets import asset
from hyperface.defaults import GALLERY
from hyperface.errors import AssetError
from hyperface.gallery.base import Gallery
from hyperface.gallery.thumbnails import JPEG_QUALITY, decode_sheet, encode_sheet
from hyperface.generators.base import GalleryGeneratorCard
from hyperface.recognizers.card import RecognizerCard

FORMAT = "hyperface-gallery-1"
SHIPPED = {"heads-10k": "galleries/heads-10k.safetensors", "gan-10k": "galleries/gan-10k.safetensors"}


def to_bytes(gallery: Gallery, *, thumbnail_quality: int = JPEG_QUALITY) -> bytes:
    """The gallery as the content of one safetensors file. thumbnail_quality: of their JPEG, 1 to 95."""
    metadata = {
        "format": FORMAT,
        "name": gallery.name,
        "recognizer": gallery.recognizer,
        "generator": gallery.generator,
        "sources": json.dumps(gallery.sources),
    }
    if gallery.recognizer_card is not None:
        metadata["recognizer_card"] = json.dumps(gallery.recognizer_card.to_json())
    if gallery.generator_card is not None:
        metadata["generator_card"] = json.dumps(gallery.generator_card.to_json())
    if gallery.feature_length is not None:
        metadata["feature_length"] = json.dumps(gallery.feature_length)
    sheet = np.frombuffer(encode_sheet(gallery.thumbnails, thumbnail_quality), dtype=np.uint8)
    tensors = {"embeddings": gallery.embeddings.half(), "thumbnails": torch.from_numpy(sheet.copy())}
    return save(tensors, metadata)


def load(name: str | Path = GALLERY) -> Gallery:
    """Load a shipped gallery by name, or any gallery by its file's path. AssetError if it is missing or damaged."""
    path = asset(SHIPPED[name]) if name in SHIPPED else Path(name)
    if not path.is_file():
        raise AssetError(f"There is no gallery {str(name)!r}: neither one of {', '.join(SHIPPED)} nor a file.")
    try:
        return _read(path)
    except AssetError:
        raise
    except Exception as error:  # a damaged file may hold anything, and make Pillow and JSON raise anything
        raise AssetError(f"The gallery file {path} is damaged ({error}). Make it again, or restore it.") from error


def fingerprint(gallery: Gallery) -> str:
    """Tells a gallery's embeddings from another's, as its file has them; not a secret."""
    return hashlib.sha256(gallery.embeddings.half().contiguous().numpy().tobytes()).hexdigest()[:16]


def _read(path: Path) -> Gallery:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        if metadata.get("format") != FORMAT:
            raise AssetError(f"{path} is not a gallery file.")
        embeddings = F.normalize(file.get_tensor("embeddings").float(), dim=1)  # float16 rows are not quite unit
        thumbnails = decode_sheet(file.get_tensor("thumbnails").numpy().tobytes(), len(embeddings))
    described = json.loads(metadata.get("generator_card", "null"))
    sources = tuple(map(str, json.loads(metadata["sources"])))
    length = json.loads(metadata.get("feature_length", "null"))
    if embeddings.ndim != 2 or not len(sources) == len(thumbnails) == len(embeddings) > 0:
        raise ValueError(f"{len(embeddings):,} embeddings, {len(thumbnails):,} pictures and {len(sources):,} sources")
    if not embeddings.isfinite().all():
        raise ValueError("some embeddings are no numbers")
    return Gallery(
        metadata["name"],
        metadata["recognizer"],
        metadata["generator"],
        embeddings,
        thumbnails,
        sources,
        _card(metadata),
        None if described is None else GalleryGeneratorCard.from_json(described),
        None if length is None else float(length),
    )


def _card(metadata: dict[str, str]) -> RecognizerCard | None:
    if "recognizer_card" in metadata:
        return RecognizerCard.from_json(json.loads(metadata["recognizer_card"]))
    if metadata["recognizer"] == "dlib":  # the gallery that ships is older than cards
        from hyperface.recognizers.dlib_resnet import CARD

        return CARD
    return None
