"""What a file is that is not what it was taken for: a pointer, a web page, something packed, by its first bytes."""

from pathlib import Path

_STARTS = (
    (b"version https://git-lfs", "only points to a file kept by Git LFS. Fetch the file itself: git lfs pull"),
    (b"<!doctype html", "is a web page, not the file that it was to be. Download it with the link of the file itself"),
    (b"<html", "is a web page, not the file that it was to be. Download it with the link of the file itself"),
    (b"<?xml", "is an XML document, such as a server's message. Open it in an editor to see what it says"),
    (b"\x1f\x8b", "is compressed with gzip. Unpack it, and open what was in it"),
    (b"bzh", "is compressed with bzip2. Unpack it, and open what was in it"),
    (b"\xfd7zxz", "is compressed with xz. Unpack it, and open what was in it"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd. Unpack it, and open what was in it"),
    (b"7z\xbc\xaf", "is a 7-Zip archive. Unpack it, and open what was in it"),
    (b"rar!", "is a RAR archive. Unpack it, and open what was in it"),
    (b"\x89hdf", "is an HDF5 file, as Keras writes them. Only PyTorch's files and ONNX are read"),
    (b"\x89png", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"%pdf", "is a PDF document"),
    (b"par1", "is a Parquet file, a dataset's"),
    (b"\x93numpy", "is a NumPy array"),
)
_LOOKED_AT = 512  # bytes


def foreign_kind(path: Path) -> str | None:
    """What a file that could not be read is, as the end of a sentence that begins with its name; None if not known.

    Nothing is said of files that cannot be opened.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
    except OSError:
        return None
    if not start:
        return "is empty. Get it again"
    bare = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, kind in _STARTS:
        if bare.startswith(beginning):
            return kind
    if _is_text(start):
        words = " ".join(start.decode("utf-8", "replace").split())[:60]
        return f"is a text file that begins with {words!r}"
    return None


def _is_text(start: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 or byte == 127 for byte in start)
