"""Where the photos are that a list names: beside it or further in, whatever the case of their names and suffixes."""

import os
from functools import cached_property
from pathlib import Path, PurePosixPath

from hyperface.errors import DatasetError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_DIGITS = (4, 1, 2, 3, 5, 6)  # of a photo's number in its file's name; LFW writes four


def _is_there(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 (a Path raises for names that no file can have)


class PhotoPlaces:
    """The photos below a folder, by the names that lists have for them. All of them are looked through only if one is
    not where its name says."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def by_path(self, name: str) -> Path | None:
        """The photo of this path, which may have backslashes, another case, or lack the suffix; None if there is none.
        DatasetError if several could be meant."""
        wanted = PurePosixPath(name.replace("\\", "/").removeprefix("./"))
        direct = self.root / wanted
        if _is_there(direct):
            return direct
        return self._below(str(wanted).lower(), name)

    def by_number(self, person: str, number: int) -> Path | None:
        """The photo `person/person_0001.jpg`, however many digits its number has; also without the folder."""
        names = [f"{person}_{number:0{digits}d}" for digits in _DIGITS]
        for stem in (f"{folder}{name}" for folder in (f"{person}/", "") for name in names):
            for suffix in SUFFIXES[:2]:
                if _is_there(self.root / f"{stem}{suffix}"):
                    return self.root / f"{stem}{suffix}"
        for stem in (f"{folder}{name}" for folder in (f"{person}/", "") for name in names):
            if (found := self._below(stem.lower(), stem)) is not None:
                return found
        return None

    def _below(self, wanted: str, name: str) -> Path | None:
        stem = wanted.rpartition(".")[0] if wanted.endswith(SUFFIXES) else wanted
        found = [path for path in self._by_name.get(stem.rpartition("/")[2], ()) if self._ends_with(path, stem)]
        exact = [path for path in found if path.name.lower() == wanted.rpartition("/")[2]] or found
        if len(exact) > 1:
            listed = ", ".join(str(path.relative_to(self.root)) for path in exact[:3])
            raise DatasetError(f"{name} could be several photos of {self.root}: {listed}. Write more of its path.")
        return exact[0] if exact else None

    def _ends_with(self, path: Path, stem: str) -> bool:
        there = path.relative_to(self.root).with_suffix("").as_posix().lower()
        return there == stem or there.endswith(f"/{stem}")

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        """All photos by their names without suffix, in small letters."""
        photos: dict[str, list[Path]] = {}
        for path in sorted(self.root.rglob("*")):
            if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
                photos.setdefault(path.stem.lower(), []).append(path)
        return photos
