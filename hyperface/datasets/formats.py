"""The registry of dataset formats. A new one is one file with a reader (and a writer), and one line here."""

from pathlib import Path

from hyperface.datasets.archives import ZIP_START, open_archive, recognize_archive
from hyperface.datasets.arrow import open_arrow, recognize_arrow
from hyperface.datasets.folder import DATA_FILES, FolderWriter, open_folder, recognize_folder
from hyperface.datasets.labeled import LabeledImages
from hyperface.datasets.lists import open_list, recognize_list
from hyperface.datasets.lmdb import LmdbWriter, open_lmdb, recognize_lmdb
from hyperface.datasets.parquet import ParquetWriter, open_parquet, recognize_parquet
from hyperface.datasets.recordio import RecordWriter, open_recordio, recognize_recordio
from hyperface.datasets.records import Format, starts_of
from hyperface.datasets.webdataset import TarWriter, open_webdataset, recognize_webdataset
from hyperface.errors import DatasetError

# The first that recognises a path opens it; folders come last, since containers lie in folders too.
FORMATS: dict[str, Format] = {
    "recordio": Format("InsightFace RecordIO", recognize_recordio, open_recordio, RecordWriter),
    "parquet": Format("Parquet", recognize_parquet, open_parquet, ParquetWriter, "data/train-*.parquet"),
    "arrow": Format("Arrow files", recognize_arrow, open_arrow),
    "archive": Format("tar or zip of image folders", recognize_archive, open_archive),
    "webdataset": Format("WebDataset", recognize_webdataset, open_webdataset, TarWriter, "train-*.tar"),
    "lmdb": Format("Vec2Face LMDB", recognize_lmdb, open_lmdb, LmdbWriter),
    "list": Format("list of images and labels", recognize_list, open_list),
    "folder": Format("image folder", recognize_folder, open_folder, FolderWriter, DATA_FILES),
}

_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")  # gzip, bzip2, xz, zstd
_POINTER = b"version https://git-lfs"


def format_of(path: str | Path) -> str:
    """The name of the format of what is at a path, by its content. DatasetError if nothing recognises it."""
    path = Path(path)
    try:
        if not path.exists():
            raise DatasetError(f"There is no dataset at {path}.")
        for name, kind in FORMATS.items():
            if kind.recognize(path):
                return name
        for file, start in starts_of(path, len(_POINTER)):
            if start == _POINTER:
                raise DatasetError(f"{file.name} only points to a file kept by Git LFS. Fetch it: git lfs pull.")
            if start.startswith(_COMPRESSED):
                raise DatasetError(f"{file.name} is compressed. Unpack it, then open the result.")
            if start.startswith(ZIP_START):
                raise DatasetError(
                    f"{file.name} is a zip without an image in a folder, or it is damaged: folders are the identities."
                )
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    known = ", ".join(kind.description for kind in FORMATS.values())
    raise DatasetError(f"{path} is none of the known kinds of dataset: {known}.")


def open_dataset(path: str | Path) -> LabeledImages:
    """Open a dataset, recognised by its content: an image folder, also in a tar or zip, Parquet, Arrow,
    WebDataset, RecordIO, LMDB, or a list of images and labels.

    What is broken in it is left out and told in `.skipped`. DatasetError if nothing recognises it, or nothing is left.
    """
    name = format_of(path)
    try:
        images: LabeledImages = FORMATS[name].open(Path(path))
        return images
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
