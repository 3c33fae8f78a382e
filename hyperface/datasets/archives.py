"""Image folders in a tar or a zip, or in several: read where they lie, nothing is ever unpacked.

The folder an image lies in is its identity, as in an image folder; folders of one name in two archives are two
identities, as the parts of a set that was cut into archives have them. A tar must not be compressed as a whole, since
nothing in the middle of it could be found then. Source of zip's local headers: PKWARE's APPNOTE.TXT, 4.3.7.
"""

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from hyperface.datasets.card import CARD, parse_info
from hyperface.datasets.folder import DEEPEST, SUFFIXES
from hyperface.datasets.labeled import LabeledImages, labeled_images
from hyperface.datasets.records import Records, Skipped, read_span, starts_of
from hyperface.errors import DatasetError, PhotoError

ZIP_START = b"PK\x03\x04"
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
_LOCAL_HEADER = 30  # bytes, before a name and an extra field whose lengths are at 26 and 28
_LARGEST = 2**26  # bytes of one unpacked image
_LOOKED_AT = 50  # members of a tar, to tell image folders from WebDataset
_LABELS = (".cls", ".json")  # of WebDataset's samples


class Member(NamedTuple):
    """A file in an archive. start: of its data in a tar, of its local header in a zip. crc: None in a tar."""

    name: str
    start: int
    packed: int
    size: int
    deflated: bool = False
    crc: int | None = None


class ArchiveImages(Records):
    """Images by archive and member."""

    def __init__(self, paths: list[Path], members: list[tuple[int, Member]]) -> None:
        self.paths, self.members = paths, members

    def read(self, index: int) -> bytes:
        archive, member = self.members[index]
        return _content(self.paths[archive], member, self.name(index))

    def name(self, index: int) -> str:
        archive, member = self.members[index]
        return f"{member.name} of {self.paths[archive].name}"


def recognize_archive(path: Path) -> bool:
    """Whether a file is a zip or a tar with images in folders, and not WebDataset's."""
    return bool(_archives(path))


def open_archive(path: Path) -> LabeledImages:
    """A zip or tar, or a folder of them, in the order of their names. DatasetError without an image in a folder."""
    skipped = Skipped()
    archives = _archives(path)
    found: list[tuple[int, Member]] = []
    labels: list[int] = []
    info: dict[str, Any] = {}
    for number, archive in enumerate(archives):
        members = list(_members(archive, skipped))
        folders, root = _identities([member.name for member in members], archive, skipped)
        known: dict[str, int] = {}
        first = labels[-1] + 1 if labels else 0
        for folder, member in sorted((folder, member) for folder, member in zip(folders, members, strict=True)
                                     if folder is not None):  # fmt: skip
            found.append((number, member))
            labels.append(known.setdefault(folder, first + len(known)))
        card = next((member for member in members if member.name == f"{root}{CARD}"), None)
        if card is not None and not info:
            info = _card(archive, card)
    return labeled_images(path, ArchiveImages(archives, found), range(len(found)), labels, info, skipped)


def _archives(path: Path) -> list[Path]:
    end = _TAR_MARK_AT + len(_TAR_MARK)
    return [
        file
        for file, start in starts_of(path, end)
        if (start.startswith(ZIP_START) and _zip_of_folders(file))
        or (start[_TAR_MARK_AT:] == _TAR_MARK and _tar_of_folders(file))
    ]


def _zip_of_folders(path: Path) -> bool:
    return any(_is_image(member.name) and "/" in member.name for member in _zip_members(path, Skipped()))


def _tar_of_folders(path: Path) -> bool:
    """Whether images lie in folders and the first members do not go with labels, as WebDataset's do."""
    members = [member.name for member in islice(_tar_members(path, Skipped()), _LOOKED_AT)]
    images = {_sample(name) for name in members if _is_image(name)}
    labels = {_sample(name) for name in members if name.lower().endswith(_LABELS)}
    return any("/" in name for name in images) and not images & labels


def _sample(name: str) -> str:
    """What the members of one WebDataset sample share: the path up to the name's first dot."""
    folder, slash, base = name.rpartition("/")
    return f"{folder}{slash}{base.partition('.')[0]}"


def _is_image(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def _identities(names: list[str], archive: Path, skipped: Skipped) -> tuple[list[str | None], str]:
    """The identity's folder of each member, None for what is no image of an identity; and the folder of all of them.

    Folders that all images share are no identity's, unless they lie in it. Of several depths the first counts, as in an
    image folder; deeper images are told.
    """
    parents = {number: name.split("/")[:-1] for number, name in enumerate(names) if _is_image(name)}
    root: list[str] = []
    while (
        parents
        and all(parents.values())
        and len({parent[0] for parent in parents.values()}) == 1
        and any(len(parent) > 1 for parent in parents.values())
    ):
        root.append(next(iter(parents.values()))[0])
        parents = {number: parent[1:] for number, parent in parents.items()}
    depth = min((len(parent) for parent in parents.values() if parent), default=0)
    folders: list[str | None] = [None] * len(names)
    for number, parent in parents.items():
        if depth > DEEPEST or len(parent) > depth:
            skipped.add(f"{names[number]} of {archive.name}", "it lies deeper than the folders of the identities")
        elif parent:
            folders[number] = "/".join(parent)
    return folders, "".join(f"{part}/" for part in root)


def _members(path: Path, skipped: Skipped) -> Iterator[Member]:
    """The files in an archive, but for what macOS puts beside them and what is hidden; damage is told."""
    with path.open("rb") as file:
        zipped = file.read(len(ZIP_START)) == ZIP_START
    for member in _zip_members(path, skipped) if zipped else _tar_members(path, skipped):
        if not any(part.startswith((".", "__MACOSX")) for part in member.name.split("/")):
            yield member


def _zip_members(path: Path, skipped: Skipped) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(path) as opened:
            listed = opened.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, struct.error) as error:
        skipped.add(path.name, f"it is damaged or incomplete ({error})")
        return
    for entry in listed:
        if entry.is_dir():
            continue
        reason = None
        if entry.flag_bits & 1:
            reason = "it is encrypted"
        elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            reason = "it is compressed in a way that is not read here"
        elif entry.file_size > _LARGEST:
            reason = f"it unpacks to {entry.file_size:,} bytes"
        if reason is not None:
            skipped.add(f"{entry.filename} of {path.name}", reason)
            continue
        deflated = entry.compress_type == zipfile.ZIP_DEFLATED
        name = entry.filename.replace("\\", "/")  # as some programs of Windows write them
        yield Member(name, entry.header_offset, entry.compress_size, entry.file_size, deflated, entry.CRC)


def _tar_members(path: Path, skipped: Skipped) -> Iterator[Member]:
    last = "its start"
    size = path.stat().st_size
    try:
        with tarfile.open(path, "r:") as tar:
            for entry in tar:
                # tarfile would keep every header, which a million images make gigabytes of
                tar.members = []  # type: ignore[attr-defined]  # its types leave this out
                if not entry.isreg() or entry.issparse():
                    continue
                if entry.offset_data + entry.size > size:
                    raise tarfile.ReadError("unexpected end of data")
                last = entry.name
                yield Member(entry.name.removeprefix("./"), entry.offset_data, entry.size, entry.size)
            # At damage inside a file, and at an end without the mark, tarfile just stops.
            if read_span(path, tar.offset, tarfile.BLOCKSIZE, path.name).strip(b"\0"):
                raise tarfile.ReadError(f"no member begins at byte {tar.offset:,}")
    except (tarfile.TarError, OSError, PhotoError, ValueError, EOFError, struct.error) as error:
        skipped.add(path.name, f"it is damaged or incomplete; what follows {last} is lost ({error})")


def _content(path: Path, member: Member, name: str) -> bytes:
    """A member's bytes. PhotoError, naming it, if they cannot be had or are not those that were packed."""
    if member.crc is None:
        return read_span(path, member.start, member.size, name)
    header = read_span(path, member.start, _LOCAL_HEADER, name)
    if not header.startswith(ZIP_START):
        raise PhotoError(f"{name}: {path.name} is damaged there.")
    start = member.start + _LOCAL_HEADER + sum(int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
    content = read_span(path, start, member.packed, name)
    if member.deflated:
        try:
            content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, member.size + 1)
        except zlib.error as error:
            raise PhotoError(f"{name}: {path.name} is damaged there ({error}).") from error
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise PhotoError(f"{name}: {path.name} is damaged there.")
    return content


def _card(path: Path, member: Member) -> dict[str, Any]:
    name = f"{member.name} of {path.name}"
    try:
        return parse_info(_content(path, member, name), name)
    except PhotoError as error:
        raise DatasetError(str(error)) from error
