"""Whether the pages of an LMDB file hold together. The library follows their numbers and offsets wherever they point,
and one that points beyond the file would end this process.

Source of the layout, of 64-bit machines with the low byte first: liblmdb's mdb.c, `MDB_page`, `MDB_meta`, `MDB_node`.
"""

import mmap
import struct
from pathlib import Path

from hyperface.errors import DatasetError

MAGIC, MAGIC_AT = b"\xde\xc0\xef\xbe", 16  # 0xBEEFC0DE behind the first page's header
_HEADER = 16  # bytes: number u64, padding u16, kind u16, end of the offsets u16, start of the nodes u16
_NODE = 8  # bytes: size or number u32, flags u16, size of the key u16
_BRANCH, _LEAF, _KINDS = 1, 2, 0x6F  # the rest is for pages in use
_ELSEWHERE, _OF_ANOTHER_KIND = 1, 6  # flags of a node: its value has pages of its own; it is a database, or a set
_MANY_VALUES = 4  # flag of a database
_NOWHERE = 2**64 - 1
_META = 152  # bytes of the first page that are read
_PAGE_SIZES = tuple(2**power for power in range(9, 17))


def check_pages(path: Path) -> None:
    """DatasetError for a file whose pages do not hold together, or whose end is missing."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < _META:
            raise DatasetError(f"{path} is not a readable LMDB store (it has {size:,} bytes).")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                _check(content, size, path)
            except struct.error as error:
                raise DatasetError(f"{path} is a damaged LMDB store ({error}). Get it again.") from error


def _check(content: mmap.mmap, size: int, path: Path) -> None:
    (page_size,) = struct.unpack_from("<I", content, 40)
    if page_size not in _PAGE_SIZES or any(content[at : at + 4] != MAGIC for at in (MAGIC_AT, page_size + MAGIC_AT)):
        raise DatasetError(f"{path} is not a readable LMDB store (its first pages are damaged).")
    # Each of the two first pages has a root, the last page and how new it is; the newer one counts.
    newest = max((0, page_size), key=lambda start: (*struct.unpack_from("<Q", content, start + 144), -start))
    flags, root, last = (
        struct.unpack_from(kind, content, newest + at)[0] for kind, at in (("<H", 92), ("<Q", 128), ("<Q", 136))
    )
    needed = (last + 1) * page_size
    if size < needed:
        raise DatasetError(f"{path} is incomplete: {size:,} of its {needed:,} bytes are there. Get it again.")
    if flags & _MANY_VALUES:
        raise DatasetError(
            f"{path} is an LMDB store with several values to a key: it is not one of Vec2Face's datasets."
        )
    waiting = [] if root == _NOWHERE else [root]
    visited = 0
    while waiting:
        number = waiting.pop()
        visited += 1
        below = _below(content, number, page_size, last) if visited <= last + 1 else None
        if below is None:
            raise DatasetError(f"{path} is a damaged LMDB store: page {number:,} is not whole. Get it again.")
        waiting += below


def _below(content: mmap.mmap, number: int, page_size: int, last: int) -> list[int] | None:
    """The pages that a page of keys leads to; None if it is none, or points beyond itself or the file."""
    if not 2 <= number <= last:
        return None
    start = number * page_size
    own, _, kind, lower, upper = struct.unpack_from("<QHHHH", content, start)
    kind &= _KINDS
    keys = (lower - _HEADER) // 2
    if own != number or kind not in (_BRANCH, _LEAF) or not _HEADER <= lower <= upper <= page_size:
        return None
    if keys < (2 if kind == _BRANCH else 1):
        return None
    below: list[int] = []
    for place in struct.unpack_from(f"<{keys}H", content, start + _HEADER):
        if not lower <= place <= page_size - _NODE:
            return None
        low, flags, key = struct.unpack_from("<IHH", content, start + place)
        end = place + _NODE + key
        if kind == _BRANCH:
            below.append(low | flags << 32)
        elif flags & _OF_ANOTHER_KIND:
            return None
        elif flags & _ELSEWHERE:
            end += 8
            if end <= page_size:
                (first,) = struct.unpack_from("<Q", content, start + end - 8)
                if not 2 <= first <= last or first * page_size + _HEADER + low > (last + 1) * page_size:
                    return None
        else:
            end += low
        if end > page_size:
            return None
    return below
