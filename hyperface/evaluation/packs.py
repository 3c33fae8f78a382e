"""InsightFace's `.bin` packs: a pickle of (list of images, list of booleans); pair i is images 2i and 2i + 1.

A pickle may name any function and have it called, so none is ever looked up here. What NumPy writes into old and new
packs is rebuilt by stand-ins that do nothing but keep bytes; every other name is refused.
"""

import io
import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from hyperface.errors import DatasetError

_PICKLE_PROTOCOL = 4  # Python 3.4 and later


class _Dtype:
    """Stand-in for numpy.dtype: its name, and the byte order that its state holds."""

    def __init__(self, name: str | bytes, *_flags: object) -> None:
        self.name = name.decode("ascii") if isinstance(name, bytes) else name

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        order = order.decode("ascii") if isinstance(order, bytes) else order
        self.name = self.name if order == "|" else order + self.name

    def resolve(self) -> np.dtype:
        dtype = np.dtype(self.name)
        if dtype.kind not in "biuf":
            raise DatasetError(f"The pack holds an array of type {dtype}, which is neither an image nor a boolean.")
        return dtype


class _Array:
    """Stand-in for an array that pickle rebuilds: an empty one first, its content as the state that follows."""

    def __init__(self, *_shell: object) -> None:
        self.value: np.ndarray | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, dtype, fortran_order, content = state
        self.value = _array(content, dtype, shape, "F" if fortran_order else "C")


class _Function:
    """What a pickle may call and, unlike a plain function, cannot set attributes of."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def __call__(self, *arguments: object) -> object:
        return self.function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise DatasetError("The pack tries to change the code that reads it. Do not trust this file.")


def _array(
    content: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str, axes: tuple[int, ...] | None = None
) -> np.ndarray:
    """As numpy._core.numeric._frombuffer: with order "K" the axes were permuted before writing."""
    flat: np.ndarray = np.frombuffer(content, dtype.resolve())
    if order == "K" and axes is not None:
        return flat.reshape(shape, order="C").transpose(axes)
    if order not in ("C", "F"):
        raise ValueError(f"no order of an array's axes is {order!r}")
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _scalar(dtype: _Dtype, content: bytes) -> object:
    return np.frombuffer(content, dtype.resolve(), count=1)[0].item()


def _latin1(text: str, encoding: str | bytes = "latin1") -> bytes:
    """How Python 3 wrote bytes for Python 2: as text, with a call that turns it back."""
    if encoding not in ("latin1", b"latin1"):
        raise DatasetError(f"The pack asks for the text encoding {encoding!r}, which no pack needs.")
    return text.encode("latin1")


_STAND_INS = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,  # only ever an argument of _reconstruct
    ("_codecs", "encode"): _Function(_latin1),
    ("builtins", "bytes"): bytes,
    **{
        (f"numpy.{core}.{module}", name): stand_in
        for core in ("core", "_core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _Array),
            ("multiarray", "scalar", _Function(_scalar)),
            ("numeric", "_frombuffer", _Function(_array)),
        )
    },
}


class _SafeUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise DatasetError(
                f"The pack wants to use {module}.{name}, which no pack of images needs. It was not run. "
                "Do not trust this file; get the pack again from its source."
            ) from None


def read_pack(content: bytes) -> tuple[list[bytes | np.ndarray], np.ndarray]:
    """Take a pack apart without running anything in it.

    Returns its 2p images, each the bytes of an image file or a uint8 array (h, w, 3), and p booleans (p,): the same
    person or not. DatasetError if it is not a pack, is damaged, or asks for anything but lists, tuples, bytes,
    booleans, numbers and NumPy arrays of numbers. Packs of Python 2 are read too.
    """
    try:
        # "bytes": Python 2 wrote images as its str, which is bytes.
        pack = _SafeUnpickler(io.BytesIO(content), encoding="bytes").load()
    except DatasetError:
        raise
    except MemoryError as error:
        raise DatasetError("The pack needs more memory than there is.") from error
    except Exception as error:  # a damaged pickle fails with almost any exception
        raise DatasetError(f"This is not an InsightFace .bin pack, or it is damaged ({error}).") from error
    if not isinstance(pack, tuple | list) or len(pack) != 2:
        raise DatasetError("An InsightFace .bin pack holds two things, images and booleans; this file does not.")
    images, same = (_plain(part) for part in pack)
    if not isinstance(images, list | tuple) or not isinstance(same, list | tuple):
        raise DatasetError("An InsightFace .bin pack holds a list of images and a list of booleans; this one does not.")
    if len(images) != 2 * len(same) or not same:
        raise DatasetError(
            f"The pack has {len(images)} images for {len(same)} pairs, where each pair needs two. It is incomplete."
        )
    return [_image(image, number) for number, image in enumerate(images)], _booleans(same)


def _plain(value: object) -> object:
    """Lists as they are, arrays of booleans as lists."""
    value = value.value if isinstance(value, _Array) else value
    return list(value) if isinstance(value, np.ndarray) else value


def _image(value: object, number: int) -> bytes | np.ndarray:
    value = value.value if isinstance(value, _Array) else value
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, np.ndarray) and value.dtype == np.uint8:
        if value.ndim == 3 and value.shape[2] == 3:
            return value
        if max(value.shape, default=0) == value.size:  # (n,) or (n, 1): the bytes of an image file, from OpenCV
            return value.tobytes()
    raise DatasetError(f"Image {number} of the pack is neither the bytes of an image file nor uint8 pixels.")


def _booleans(values: Sequence[object]) -> np.ndarray:
    if not all(isinstance(value, bool | int | float | np.generic) and value in (0, 1) for value in values):
        raise DatasetError("The pack's list of answers holds something other than true and false.")
    return np.array(values, dtype=bool)


def pack_bytes(images: Sequence[bytes], same: Iterable[bool]) -> bytes:
    """The content of a pack that InsightFace's own code reads, from the bytes of 2p image files and p booleans."""
    return pickle.dumps((list(images), [bool(value) for value in same]), protocol=_PICKLE_PROTOCOL)
