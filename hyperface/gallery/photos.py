"""A folder of photos, and the largest face of each."""

from collections.abc import Iterator
from pathlib import Path

from hyperface.errors import DatasetError, HyperFaceError
from hyperface.faces import Face, faces_in, load_photo
from hyperface.faces.detectors import load_detector

# HEIC is looked at, too, though it may not be readable: left out in silence, a phone's photos would seem to be missing.
PHOTO_SUFFIXES = frozenset(
    f".{name}"
    for name in "jpg jpeg jfif png bmp webp avif tif tiff gif jp2 mpo ppm pgm heic heif".split()  # noqa: SIM905
)


def folder_faces(folder: Path, *, detector: str = "dlib", aligned: str = "auto") -> Iterator[tuple[str, Face | None]]:
    """The largest face of every photo below a folder, in the order of their names, None where there is none.

    aligned: as of `faces.faces_in`.
    """
    load_detector(detector)  # one that cannot be had is no photo's fault
    for path in photo_files(folder):
        try:
            face = faces_in(load_photo(path), aligned=aligned, detector=detector, max_faces=1)[0]
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
