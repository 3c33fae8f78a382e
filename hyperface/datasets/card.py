"""The data card: what a dataset is made of, for programs (dataset.json), people (README.md) and eyes (a sheet)."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from hyperface.datasets.labeled import LabeledImages
from hyperface.drawing import data_url
from hyperface.errors import DatasetError, PhotoError
from hyperface.files import parse_json
from hyperface.images import ALIGNED_SIZE

CARD = "dataset.json"
README = "README.md"
# The JPEG is inside an SVG, beside the identities: an image at the root makes `datasets.load_dataset("imagefolder")`
# lose every label; one in a folder of its own is a person to torchvision's ImageFolder and to glob("*/*.jpg").
SHEET = "samples.svg"
SHEET_IDENTITIES, SHEET_IMAGES = 8, 6  # rows and columns of the picture sheet
SHEET_QUALITY = 90

# What the entries of dataset.json are called on the card, in its order.
_ROWS = {
    "identities": "Identities",
    "images": "Images",
    "images_per_identity": "Images for each identity",
    "skipped": "Broken images left out",
    "packing": "Packing run",
    "embeddings": "Fingerprint of the embeddings asked for",
    "recognizer": "Recogniser of the embeddings",
    "generator": "Generator",
    "beta": "Variance β of the change from image to image",
    "seed": "Seed",
    "licence": "Licence",
    "container": "Stored as",
    "source": "Converted from",
}
_PACKING_ROWS = {
    "gallery": "Gallery that the packing starts from",
    "span": "Span of the packing",
    "alpha": "Weight α of the gallery",
    "objective": "Objective of the packing",
    "steps": "Steps of the packing",
    "seed": "Seed of the packing",
}
_SEPARATION_ROWS = {
    "min_angle": "Smallest angle between two packed identities",
    "mean_nearest_angle": "Mean angle to the nearest packed identity",
    "bound_angle": "No packing can exceed",
}
_CORRECTION = "Requests, stored beside the packed embeddings"
_CORRECTED = (
    "corrected in {rounds} rounds of {pictures} pictures; mean cosine of the pictures to the packed embeddings "
    "{cosine_before:.3f} before, {cosine_after:.3f} after"
)
_FUSED = "Fused with others"
_FUSED_PART = "{name}: {images:,} images of {identities:,} identities"
_SEEN_ROWS = {
    "mean_nearest_angle": "mean angle between an image and the nearest other identity's",
    "min_angle": "the smallest",
    "mean_own_angle": "between two images of one identity",
}
# Identifiers of the Hugging Face hub for the licences that come up; any other is named in the card's text.
_HUB_LICENCES = frozenset(["mit", "apache-2.0", "cc0-1.0", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0"])
_SYNTHETIC = (
    "The people in these images do not exist: each identity is a point of the recogniser's embedding sphere, packed "
    "away from the others, and every image was drawn from it by the generator."
)
_AGAIN = "`hyperface dataset --reproduce dataset.json` draws it again and compares the bytes of every picture."
_EXACT = "0: every image is of the identity itself"
_UNKNOWN = "Where these images come from is not recorded. Look for their origin and licence before using them."
_CONVENTIONS = (
    f"Aligned faces of {ALIGNED_SIZE}×{ALIGNED_SIZE} pixels on ArcFace's five-point template, RGB; the labels count "
    "the identities from 0."
)
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def read_info(path: Path) -> dict[str, Any]:
    """What a dataset's folder says about it, empty if nothing. DatasetError if that is damaged."""
    card = path / CARD
    try:
        return parse_info(card.read_bytes(), str(card)) if card.is_file() else {}
    except OSError as error:
        raise DatasetError(f"{card} is damaged ({error}).") from error


def parse_info(content: bytes, name: str) -> dict[str, Any]:
    """The content of a dataset.json. DatasetError, with its name, if it is none."""
    try:
        info = parse_json(content)
    except ValueError as error:
        raise DatasetError(f"{name} is damaged ({error}).") from error
    if not isinstance(info, dict):
        raise DatasetError(f"{name} is damaged (it holds no JSON object).")
    return info


def card_files(info: dict[str, Any], images: LabeledImages, data_files: str | None = None) -> dict[str, bytes]:
    """The card's files, name → content, dataset.json last; the same for the same dataset, wherever it lies.

    info: goes into dataset.json; has at least "identities". images: what the picture sheet shows. data_files: the
    pattern by which `datasets.load_dataset` finds the data below the folder; None where it cannot read them.
    """
    sheet = picture_sheet(images)
    return {
        **({} if sheet is None else {SHEET: _as_svg(sheet)}),
        README: _readme({"images": len(images), **info}, data_files, shown=sheet is not None).encode(),
        CARD: json.dumps(info, indent=2).encode(),
    }


def picture_sheet(images: LabeledImages) -> np.ndarray | None:
    """A row for each of the first identities, uint8 (h, w, 3), RGB; None if not one image can be read."""
    rows = min(SHEET_IDENTITIES, images.identities)
    columns = min(SHEET_IMAGES, int(np.bincount(images.labels, minlength=rows)[:rows].max()))
    sheet = np.full((rows * ALIGNED_SIZE, columns * ALIGNED_SIZE, 3), 255, np.uint8)
    shown = 0
    for row in range(rows):
        for column, index in enumerate(np.flatnonzero(images.labels == row)[:columns].tolist()):
            try:
                pixels, _ = images[index]
            except PhotoError:
                continue
            top, left = row * ALIGNED_SIZE, column * ALIGNED_SIZE
            sheet[top : top + ALIGNED_SIZE, left : left + ALIGNED_SIZE] = pixels
            shown += 1
    return sheet if shown else None


def _as_svg(sheet: np.ndarray) -> bytes:
    height, width = sheet.shape[:2]
    picture = data_url(sheet, quality=SHEET_QUALITY)
    start = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    return f'{start}<image width="{width}" height="{height}" href="{picture}"/></svg>\n'.encode()


def _readme(info: dict[str, Any], data_files: str | None, *, shown: bool) -> str:
    count, identities = info["images"], info["identities"]
    synthetic = "generator" in info
    licence = str(info.get("licence", "")).lower()
    front = [
        f"license: {licence if licence in _HUB_LICENCES else 'other'}",
        f"pretty_name: {json.dumps(_title(identities, count, synthetic=synthetic))}",
        "task_categories:",
        "- image-classification",
        "tags:",
        "- face-recognition",
        *(["- synthetic"] if synthetic else []),
        "size_categories:",
        f"- {next((name for limit, name in _SIZES if count < limit), 'n>1M')}",
    ]
    if data_files is not None:
        front += ["configs:", "- config_name: default", "  data_files:", "  - split: train"]
        front += [f"    path: {json.dumps(data_files)}"]
    known = [
        (title, str(info[key]) if key == "seed" else _EXACT if key == "beta" and info[key] == 0 else info[key])
        for key, title in _ROWS.items()
        if info.get(key) is not None
    ]
    if info.get("correction"):
        known.append((_CORRECTION, _CORRECTED.format(**info["correction"])))
    known += [(_FUSED, _FUSED_PART.format(**part)) for part in info.get("fused") or ()]
    packing = _object(_object(info.get("recipe")).get("packing"))
    known += [(title, str(packing[key])) for key, title in _PACKING_ROWS.items() if packing.get(key) is not None]
    separation = info.get("separation") or {}
    known += [(title, f"{separation[key]:.2f}°") for key, title in _SEPARATION_ROWS.items() if key in separation]
    for recognizer, figures in (info.get("seen") or {}).items():
        told = ", ".join(f"{title} {figures[key]:.1f}°" for key, title in _SEEN_ROWS.items() if key in figures)
        known.append((f"Seen by {recognizer} in the first {figures['identities']} identities", told))
    lines = ["---", *front, "---", "", f"# {_title(identities, count, synthetic=synthetic)}", ""]
    if info.get("complete") is False:
        lines += ["**Not complete:** some of its images were never drawn.", ""]
    lines += ["| | |", "|---|---|", *(f"| {title} | {_cell(value)} |" for title, value in known), ""]
    lines += [_SYNTHETIC if synthetic else _UNKNOWN, "", _CONVENTIONS]
    if shown:
        lines += ["", f"![A row for each of the first identities]({SHEET})"]
    return "\n".join([*lines, *_sections(info)]) + "\n"


def _sections(info: dict[str, Any]) -> Iterable[str]:
    """What it is for, what it cannot do, how it is made again and what to cite, where the card says so."""
    if isinstance(use := info.get("intended_use"), str):
        yield from ("", "## Intended use", "", use)
    if isinstance(limits := info.get("limits"), list):
        yield from ("", "## Limits", "", *(f"- {_cell(limit)}" for limit in limits))
    if "pictures" in info:
        versions = ", ".join(f"{name} {_cell(version)}" for name, version in _object(info.get("versions")).items())
        yield from ("", "## Make it again", "", f"Made with {versions}." if versions else "", _AGAIN)
    if isinstance(citation := info.get("citation"), str):
        yield from ("", "## Cite", "", "```bibtex", citation, "```")


def _object(value: Any) -> dict[str, Any]:
    """What is one, as another project's card may hold anything; empty for the rest."""
    return value if isinstance(value, dict) else {}


def _title(identities: int, count: int, *, synthetic: bool) -> str:
    origin = "Synthetic faces" if synthetic else "Faces"
    return f"{origin}: {count:,} images of {identities:,} identities"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
