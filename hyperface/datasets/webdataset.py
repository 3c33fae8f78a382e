"""WebDataset: plain tar files; the members that share a name up to its first dot are one sample.

An image (.jpg, .jpeg, .png, .webp, .bmp) goes with a label in .cls (a number as text) or .json (an object with
"label"). Nothing is ever unpacked: the tar's headers are read once, and images from where they lie in it.
"""

import io
import tarfile
from pathlib import Path

import numpy as np

from hyperface.datasets.card import read_info
from hyperface.datasets.folder import SUFFIXES
from hyperface.datasets.labeled import LabeledImages, labeled_images
from hyperface.datasets.records import Records, Skipped, Writer, image_suffix, read_span, starts_of
from hyperface.errors import PhotoError
from hyperface.files import parse_json

SHARD_IMAGES = 10_000
_MAGIC, _MAGIC_AT = b"ustar", 257
_LARGEST_LABEL_FILE = 65_536  # bytes of a .cls or .json member


class TarMembers(Records):
    """Images by tar file, position and size."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        self.names: list[str] = []
        self.places: list[tuple[int, int, int]] = []  # number of the tar, offset, size

    def read(self, index: int) -> bytes:
        shard, offset, size = self.places[index]
        return read_span(self.paths[shard], offset, size, self.name(index))

    def name(self, index: int) -> str:
        return f"{self.names[index]} of {self.paths[self.places[index][0]].name}"


def recognize_webdataset(path: Path) -> bool:
    """Whether a file has a tar's mark."""
    return bool(_tars(path))


def open_webdataset(path: Path) -> LabeledImages:
    """A tar, or a folder of them, in the order of their names."""
    records, skipped = TarMembers(_tars(path)), Skipped()
    labels: list[int] = []
    for shard in range(len(records.paths)):
        _read_shard(records, shard, labels, skipped)
    return labeled_images(
        path, records, range(len(labels)), np.array(labels, np.int64), read_info(records.paths[0].parent), skipped
    )


def _tars(path: Path) -> list[Path]:
    end = _MAGIC_AT + len(_MAGIC)
    return [file for file, start in starts_of(path, end) if start[_MAGIC_AT:] == _MAGIC]


def _read_shard(records: TarMembers, shard: int, labels: list[int], skipped: Skipped) -> None:
    """Append the samples of one tar. A sample is complete when another name begins, as WebDataset has it."""
    path = records.paths[shard]
    key: str | None = None
    image: tuple[str, int, int] | None = None  # name, offset, size
    label: int | None = None
    wrong = ""  # why the label is none

    def end_sample() -> None:
        if image is None:
            if label is not None or wrong:
                skipped.add(f"{key} of {path.name}", "a label without an image")
        elif label is None:
            skipped.add(f"{image[0]} of {path.name}", wrong or "it has no label (.cls or .json)")
        else:
            records.names.append(image[0])
            records.places.append((shard, image[1], image[2]))
            labels.append(label)

    size = path.stat().st_size
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                # tarfile would keep every header, which a million images make gigabytes of
                tar.members = []  # type: ignore[attr-defined]  # its types leave this out
                if not member.isfile():
                    continue
                if member.name.rpartition("/")[2].startswith("."):  # what macOS puts beside an image
                    continue
                base, _, suffix = member.name.rpartition("/")[2].partition(".")
                folder = member.name.rpartition("/")[0]
                name = f"{folder}/{base}" if folder else base
                if name != key:
                    end_sample()
                    key, image, label, wrong = name, None, None, ""
                suffix = suffix.lower()
                if member.offset_data + member.size > size:
                    raise tarfile.ReadError("unexpected end of data")
                if f".{suffix}" in SUFFIXES:
                    image = member.name, member.offset_data, member.size
                elif suffix in ("cls", "json"):
                    try:
                        label = _label(tar, member, suffix)
                    except (ValueError, KeyError, TypeError) as error:
                        wrong = f"its label in .{suffix} cannot be read ({error})"
            # At damage inside a file, and at an end without the mark, tarfile just stops.
            if read_span(path, tar.offset, tarfile.BLOCKSIZE, path.name).strip(b"\0"):
                raise tarfile.ReadError(f"no member begins at byte {tar.offset:,}")
    except (tarfile.TarError, OSError, PhotoError) as error:
        skipped.add(path.name, f"it is damaged or incomplete; what follows {key or 'its start'} is lost ({error})")
    end_sample()


def _label(tar: tarfile.TarFile, member: tarfile.TarInfo, suffix: str) -> int:
    """A label from 0. ValueError, KeyError or TypeError if it is none."""
    if member.size > _LARGEST_LABEL_FILE:
        raise ValueError(f"{member.size:,} bytes")
    file = tar.extractfile(member)
    if file is None:
        raise ValueError("no content")
    content = file.read()
    value = parse_json(content)["label"] if suffix == "json" else int(content.decode("ascii"))
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r} is not a whole number from 0")
    return value


class TarWriter(Writer):
    """train-00000.tar … with 10,000 images each; the same images give the same bytes."""

    def __init__(self, folder: Path, identities: int) -> None:
        self.folder = folder
        self.count = 0
        self.tar: tarfile.TarFile | None = None

    def add(self, content: bytes, label: int, image: int) -> None:
        if self.tar is None or self.count % SHARD_IMAGES == 0:
            self.close()
            shard = self.folder / f"train-{self.count // SHARD_IMAGES:05d}.tar"
            self.tar = tarfile.open(shard, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115 (closed in `close`)
        key = f"{label:06d}_{image:03d}"
        for name, file in ((f"{key}{image_suffix(content)}", content), (f"{key}.cls", str(label).encode())):
            header = tarfile.TarInfo(name)  # no time, no owner
            header.size = len(file)
            self.tar.addfile(header, io.BytesIO(file))
        self.tar.members = []  # type: ignore[attr-defined]  # as above
        self.count += 1

    def finish(self) -> None:
        self.close()

    def close(self) -> None:
        if self.tar is not None:
            try:
                self.tar.close()
            finally:
                self.tar = None
