"""InsightFace's RecordIO: train.rec (images), train.idx (where each record starts) and property ("N,112,112").

    record   magic 0xced7230a, length word, payload, zeros up to a multiple of 4; all little-endian
    length   the lower 29 bits: bytes of this part; the upper 3: 0 whole, 1 first, 2 middle, 3 last part
    payload  IRHeader (flag uint32, label float32, id uint64, id2 uint64), flag × float32 if flag > 0, image bytes
    index    a line for each record: key, tab, position in bytes

A payload that holds the magic number at a multiple of 4 is cut there: the number itself is left out, and put back
between the parts when reading. Record 0 of a face set has flag 2 and holds (n + 1, n + 1 + identities): its images are
the records 1 … n, and each of the following identities' records holds the range of its images, [first, end).

Sources: dmlc-core `include/dmlc/recordio.h`, MXNet `python/mxnet/recordio.py`, InsightFace `arcface_torch/dataset.py`.
"""

import mmap
import struct
from pathlib import Path

import numpy as np

from hyperface.datasets.card import read_info
from hyperface.datasets.labeled import LabeledImages, decode_photo, labeled_images
from hyperface.datasets.records import Records, Skipped, Writer, read_span, starts_of
from hyperface.errors import DatasetError, PhotoError

MAGIC = 0xCED7230A
MAGIC_BYTES = struct.pack("<I", MAGIC)
LENGTH_BITS = 29
_HEAD = struct.Struct("<II")  # magic, length word
_HEADER = struct.Struct("<IfQQ")  # IRHeader: flag, label, id, id2
_PART_WHOLE, _PART_FIRST, _PART_MIDDLE, _PART_LAST = range(4)
_LARGEST_EXACT = 2**24  # whole numbers that float32 holds
_CHUNK = 65_536  # headers that are looked at together


class RecordFile(Records):
    """Images of one .rec file by the positions of their records."""

    def __init__(self, path: Path, keys: np.ndarray, positions: np.ndarray) -> None:
        self.path, self.keys, self.positions = path, keys, positions  # int64 (n,) each

    def read(self, index: int) -> bytes:
        name = self.name(index)
        _, content = unpack(read_record(self.path, int(self.positions[index]), name), name)
        return content

    def name(self, index: int) -> str:
        return f"record {self.keys[index]} of {self.path.name}"


def recognize_recordio(path: Path) -> bool:
    """Whether a file begins with RecordIO's magic number."""
    return any(start == MAGIC_BYTES for _, start in starts_of(path, 4))


def open_recordio(path: Path) -> LabeledImages:
    """A folder with a .rec file, or the file itself. Without an index it is read through once to find the records."""
    found = [file for file, start in starts_of(path, 4) if start == MAGIC_BYTES]
    named = [file for file in found if file.name == "train.rec"]
    if len(found) > 1 and len(named) != 1:
        names = ", ".join(str(file.relative_to(path)) for file in found)
        raise DatasetError(f"{path} holds several record files ({names}). Give the path of one of them.")
    file = named[0] if named else found[0]
    skipped = Skipped()
    try:
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            index = _index_file(file)
            keys, positions = _scan(content, file, skipped) if index is None else _read_index(index, skipped)
            keys, positions = _image_records(file, keys, positions, skipped)
            keys, positions, labels = _labels(file, content, keys, positions, skipped)
            if len(np.unique(labels)) == 1:
                keys, positions, labels = _listed(file, keys, positions, labels, skipped)
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror or error}.") from error
    return labeled_images(
        path, RecordFile(file, keys, positions), range(len(keys)), labels, read_info(file.parent), skipped
    )


def _listed(
    file: Path, keys: np.ndarray, positions: np.ndarray, labels: np.ndarray, skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys, positions and labels where the records have but one label: the identities of a list beside the file, if it
    has one. A line is the key of a record, a tab, and a path whose folder is the identity (DCFace's list.txt; in
    MXNet's .lst a label stands between). Records that it does not name are left out.
    """
    beside = next((path for path in (file.with_name("list.txt"), file.with_suffix(".lst")) if path.is_file()), None)
    if beside is None:
        return keys, positions, labels
    people: dict[int, str] = {}
    for line in beside.read_text(encoding="utf-8", errors="replace").splitlines():
        cells = line.split("\t")
        if len(cells) > 1 and cells[0].strip().isdigit():
            people[int(cells[0])] = cells[-1].strip().replace("\\", "/").rpartition("/")[0]
    chosen = np.array([int(key) in people for key in keys])
    if not chosen.any() or len(set(people.values())) < 2:
        return keys, positions, labels
    if missing := int((~chosen).sum()):
        skipped.add(f"{missing:,} records of {file.name}", f"{beside.name} does not say whose they are", missing)
    _, numbers = np.unique([people[int(key)] for key in keys[chosen]], return_inverse=True)
    return keys[chosen], positions[chosen], numbers.astype(np.int64)


def read_record(path: Path, position: int, name: str) -> bytes:
    """The payload of the record at a position, its parts joined. PhotoError, naming it, if it is damaged."""
    parts: list[bytes] = []
    while True:
        magic, word = _HEAD.unpack(read_span(path, position, _HEAD.size, name))
        if magic != MAGIC:
            raise PhotoError(f"{name} does not begin with RecordIO's magic number: it is damaged, or the index is.")
        part, length = word >> LENGTH_BITS, word & (1 << LENGTH_BITS) - 1
        if part not in ((_PART_MIDDLE, _PART_LAST) if parts else (_PART_WHOLE, _PART_FIRST)):
            raise PhotoError(f"{name} is damaged (part {part} after {len(parts)}).")
        parts.append(read_span(path, position + _HEAD.size, length, name))
        if part in (_PART_WHOLE, _PART_LAST):
            return MAGIC_BYTES.join(parts)
        position += _HEAD.size + _padded(length)


def unpack(payload: bytes, name: str) -> tuple[np.ndarray, bytes]:
    """Labels float32 (k,), and what follows the header. PhotoError, naming the record, if it is too short."""
    if len(payload) < _HEADER.size:
        raise PhotoError(f"{name} is too short to hold an image.")
    flag, label, _, _ = _HEADER.unpack_from(payload)
    end = _HEADER.size + 4 * flag
    if len(payload) < end:
        raise PhotoError(f"{name} is too short for its {flag:,} labels.")
    if not flag:
        return np.array([label], np.float32), payload[end:]
    return np.frombuffer(payload, "<f4", flag, _HEADER.size), payload[end:]


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4


def _index_file(file: Path) -> Path | None:
    """The index beside a record file: of its name, or the only file there that begins like one."""
    beside = file.with_suffix(".idx")
    if beside.is_file():
        return beside
    found = []
    for candidate, start in starts_of(file.parent, 64):
        fields = start.split(b"\n")[0].split(b"\t")
        if candidate.parent == file.parent and len(fields) == 2 and all(field.strip().isdigit() for field in fields):
            found.append(candidate)
    return found[0] if len(found) == 1 else None


def _read_index(path: Path, skipped: Skipped) -> tuple[np.ndarray, np.ndarray]:
    """Keys and positions, int64 (n,) each. Lines that are neither are named."""
    try:
        if not path.stat().st_size:
            raise ValueError
        table = np.loadtxt(path, np.int64, delimiter="\t", comments=None, ndmin=2)  # (n, 2)
        if table.shape[1] == 2 and (table >= 0).all():
            return table[:, 0], table[:, 1]
    except ValueError:
        pass  # line by line, to name those that are wrong
    keys: list[int] = []
    positions: list[int] = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            key, position = map(int, line.split(b"\t"))
            if not (0 <= key < 2**63 and 0 <= position < 2**63):
                raise ValueError
        except ValueError:
            skipped.add(f"line {number} of {path.name}", "it is not a key and a position, separated by a tab")
            continue
        keys.append(key)
        positions.append(position)
    return np.array(keys, np.int64), np.array(positions, np.int64)


def _scan(content: mmap.mmap, file: Path, skipped: Skipped) -> tuple[np.ndarray, np.ndarray]:
    """Find the records by walking through the file; after a damaged stretch, from the next magic number on."""
    positions: list[int] = []
    position, inside = 0, False
    while position + _HEAD.size <= len(content):
        magic, word = _HEAD.unpack_from(content, position)
        if magic != MAGIC:
            following = content.find(MAGIC_BYTES, position)
            while following > 0 and following % 4:
                following = content.find(MAGIC_BYTES, following + 1)
            skipped.add(f"{file.name} from byte {position:,} on", "no record begins there")
            if following < 0:
                break
            position, inside = following, False
            continue
        part, length = word >> LENGTH_BITS, word & (1 << LENGTH_BITS) - 1
        if not inside:
            positions.append(position)
        inside = part in (_PART_FIRST, _PART_MIDDLE)
        position += _HEAD.size + _padded(length)
    return np.arange(len(positions)), np.array(positions, np.int64)


def _image_records(
    file: Path, keys: np.ndarray, positions: np.ndarray, skipped: Skipped
) -> tuple[np.ndarray, np.ndarray]:
    """Those of the records that are images, as record 0 says; all of them if it does not."""
    first = np.flatnonzero(keys == 0)
    if not len(first):
        return keys, positions
    name = f"record 0 of {file.name}"
    try:
        labels, content = unpack(read_record(file, int(positions[first[0]]), name), name)
    except PhotoError as error:
        skipped.add(name, f"the range of images is lost, so all records are tried ({error})")
        chosen = keys != 0
        return keys[chosen], positions[chosen]
    if len(labels) < 2 or content:
        return keys, positions
    end = int(labels[0]) if np.isfinite(labels[0]) else 0
    chosen = (keys >= 1) & (keys < end)
    missing = end - 1 - len(np.unique(keys[chosen]))
    if missing > 0:
        skipped.add(f"{missing:,} images of {file.name}", "the index does not say where they are", missing)
    return keys[chosen], positions[chosen]


def _labels(
    file: Path, content: mmap.mmap, keys: np.ndarray, positions: np.ndarray, skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys, positions and labels, int64 (m,) each, of the records whose headers are in order.

    Reads headers only, many at a time: a million images take seconds.
    """
    everything = np.frombuffer(content, np.uint8)
    size = len(everything)
    labels = np.full(len(keys), -1, np.int64)
    reach = _HEAD.size + _HEADER.size + 4  # up to the first of several labels
    for start in range(0, len(keys), _CHUNK):
        places = positions[start : start + _CHUNK]
        inside = places <= size - _HEAD.size - _HEADER.size
        # The last record may end before the first of several labels would: clip, its length is checked below.
        bytes_at = np.minimum(np.where(inside, places, 0)[:, None] + np.arange(reach), size - 1)
        heads = np.ascontiguousarray(everything[bytes_at])  # (c, 36)
        words = heads.view("<u4")  # (c, 9)
        lengths, parts, flags = words[:, 1] & (1 << LENGTH_BITS) - 1, words[:, 1] >> LENGTH_BITS, words[:, 2]
        floats = np.where(flags > 0, heads.view("<f4")[:, 8], heads.view("<f4")[:, 3])
        begins = inside & (words[:, 0] == MAGIC) & (parts <= _PART_FIRST)
        complete = begins & (places + _HEAD.size + lengths <= size)
        header = _HEADER.size + 4 * flags.astype(np.int64)
        whole = complete & ((lengths > header) | (parts == _PART_FIRST) & (lengths >= header))
        valid = whole & (floats >= 0) & (floats == np.floor(floats)) & (floats < 2**31)
        labels[start : start + _CHUNK][valid] = floats[valid].astype(np.int64)
        for i in np.flatnonzero(~valid).tolist():
            if not inside[i] or (begins[i] and not complete[i]):
                reason = f"it reaches beyond the file's end at {size:,} bytes: the file is incomplete"
            elif not begins[i]:
                reason = "no record begins where the index says"
            elif not whole[i]:
                reason = "it holds no image"
            else:
                reason = f"its label {floats[i]:g} is not a whole number from 0"
            skipped.add(f"record {keys[start + i]} of {file.name}", reason)
    del everything  # or the map could not be closed
    chosen = labels >= 0
    return keys[chosen], positions[chosen], labels[chosen]


class RecordWriter(Writer):
    """train.rec, train.idx and property. DatasetError beyond 16,777,216 records: the header counts in float32."""

    def __init__(self, folder: Path, identities: int) -> None:
        self.folder = folder
        self.records = (folder / "train.rec").open("wb")
        self.index = (folder / "train.idx").open("w", newline="\n")
        self.count = 0  # images written
        self.firsts: list[int] = []  # key of each identity's first image
        self.size: tuple[int, int] | None = None  # height, width of the first image
        self._write(0, 2, np.zeros(2, "<f4").tobytes())  # of the same length as what `finish` puts there

    def add(self, content: bytes, label: int, image: int) -> None:
        self.count += 1
        if image == 0:
            self.firsts.append(self.count)
        if self.count + len(self.firsts) + 1 > _LARGEST_EXACT:
            raise DatasetError(
                f"RecordIO cannot number more than {_LARGEST_EXACT:,} records exactly. Write Parquet or WebDataset."
            )
        if self.size is None:
            height, width, _ = decode_photo(content, "The first image").shape
            self.size = height, width
        self._write(self.count, 0, content, label)

    def finish(self) -> None:
        ends = [*self.firsts[1:], self.count + 1]
        for i, limits in enumerate(zip(self.firsts, ends, strict=True)):
            self._write(self.count + 1 + i, 2, np.array(limits, "<f4").tobytes())
        self.records.seek(0)
        limits = self.count + 1, self.count + 1 + len(self.firsts)
        self._record(_HEADER.pack(2, 0.0, 0, 0) + np.array(limits, "<f4").tobytes())
        height, width = self.size or (0, 0)
        (self.folder / "property").write_text(f"{len(self.firsts)},{height},{width}")
        self.close()

    def close(self) -> None:
        try:
            self.records.close()  # writes what is still buffered, which the disk may have no room for
        finally:
            self.index.close()

    def _write(self, key: int, flag: int, content: bytes, label: float = 0.0) -> None:
        self.index.write(f"{key}\t{self.records.tell()}\n")
        self._record(_HEADER.pack(flag, label, key, 0) + content)

    def _record(self, payload: bytes) -> None:
        self.records.write(pack_record(payload))


def pack_record(payload: bytes) -> bytes:
    """One record as it is in the file. DatasetError from 512 MiB on."""
    if len(payload) >= 1 << LENGTH_BITS:
        raise DatasetError(f"A record of RecordIO holds less than 512 MiB; an image has {len(payload):,} bytes.")
    cuts = []
    found = payload.find(MAGIC_BYTES)
    while found >= 0:
        aligned = found % 4 == 0
        if aligned:
            cuts.append(found)
        found = payload.find(MAGIC_BYTES, found + (4 if aligned else 1))
    starts, ends = [0, *(cut + 4 for cut in cuts)], [*cuts, len(payload)]
    packed = bytearray()
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if not cuts:
            part = _PART_WHOLE
        elif number == 0:
            part = _PART_FIRST
        else:
            part = _PART_LAST if end == len(payload) and number == len(cuts) else _PART_MIDDLE
        packed += _HEAD.pack(MAGIC, part << LENGTH_BITS | (end - start)) + payload[start:end]
    return bytes(packed.ljust(_padded(len(packed)), b"\0"))
