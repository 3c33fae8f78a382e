"""NumPy's files, .npy and .npz, of whoever wrote them: read whole, or an error that says so. Nothing in them is run."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from hyperface.errors import HyperFaceError, InputError
from hyperface.files import check_regular

LARGEST = 2**34  # bytes of an array: half a million identities of 512 numbers are 2**30


def read_array(path: Path, *, error: type[HyperFaceError] = InputError) -> np.ndarray:
    """The array in a .npy file; `error`, saying what is wrong with it, if there is none."""
    try:
        check_regular(path)
        with path.open("rb") as file:
            return np.lib.format.read_array(_Bounded(file.read()), allow_pickle=False)
    except Exception as problem:  # a damaged file makes NumPy raise almost anything
        raise error(f"{path} is not a readable .npy file ({_reason(problem)}).") from problem


def read_arrays(path: Path, names: tuple[str, ...], *, error: type[HyperFaceError] = InputError) -> list[np.ndarray]:
    """These arrays of a .npz file; `error`, saying what is wrong, if they are not there or cannot be read."""
    try:
        check_regular(path)
        with zipfile.ZipFile(path) as archive:
            return [_member(archive, f"{name}.npy") for name in names]
    except Exception as problem:  # as above; and zlib's and zipfile's own
        raise error(f"{path} is damaged, or no file of HyperFace's ({_reason(problem)}).") from problem


def check_arrays(
    path: Path, *, most: int = 100, largest: int = 2**28, error: type[HyperFaceError] = InputError
) -> None:
    """`error` for what is no .npz file of whole arrays, `most` at most, that unpack to `largest` bytes at most."""
    try:
        check_regular(path)
        with zipfile.ZipFile(path) as archive:
            names, size = archive.namelist(), sum(entry.file_size for entry in archive.infolist())
            if len(names) > most or len({*names}) < len(names) or size > largest:
                raise ValueError(f"it has {len(names):,} arrays, and unpacks to {size:,} bytes")
            for name in names:
                _member(archive, name)
    except Exception as problem:  # as above
        raise error(f"{path} is damaged, or no file of HyperFace's ({_reason(problem)}).") from problem


def _member(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    if archive.getinfo(name).file_size > LARGEST:
        raise ValueError(f"{name} unpacks to {archive.getinfo(name).file_size:,} bytes")
    return np.lib.format.read_array(_Bounded(archive.read(name)), allow_pickle=False)


class _Bounded:
    """A file in memory whose array cannot be larger than what is there: a damaged header asks for terabytes."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def read(self, count: int = -1) -> bytes:
        left = len(self._content) - self._at
        if count > left:
            raise ValueError(f"{count:,} bytes are wanted where {left:,} are left")
        end = len(self._content) if count < 0 else self._at + count
        part = self._content[self._at : end]
        self._at = end
        return part


def _reason(problem: Exception) -> str:
    return (str(problem).splitlines() or [type(problem).__name__])[0][:200]
