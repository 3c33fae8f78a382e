"""The official releases of the known benchmarks: their photos, and the pairs that their authors list.

    lfw, xqlfw        pairs.txt, xqlfw_pairs.txt: LFW's form
    cplfw, calfw      pairs_CPLFW.txt, pairs_CALFW.txt: a photo and an answer a line, two lines a pair
    cfp_ff, cfp_fp    Protocol/Split/FF or FP/01 … 10/same.txt and diff.txt: numbers of photos in Pair_list_F.txt and,
                      for the second of FP, in Pair_list_P.txt
    agedb_30          04_FINAL_protocol_30_years.mat: splits of names of photos in 03_Protocol_Images (see `agedb`)
    rfw_african …     txts/African/African_pairs.txt: LFW's form, of the photos in data/African

Each is a folder as it was unpacked, or has been unpacked into a folder that is at most two levels above.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hyperface.errors import DatasetError
from hyperface.evaluation.agedb import PROTOCOL, read_agedb
from hyperface.evaluation.pair_lists import PairList, read_pair_list

CFP_FOLDS = 10
RFW = ("African", "Asian", "Caucasian", "Indian")


@dataclass(frozen=True)
class Release:
    """title: of the benchmark. marker: a file that only its release has, from the release's own folder. photos: folders
    of the release that its photos may be in, the first that is there; none for below the list. pairs: of the whole."""

    title: str
    marker: str
    photos: tuple[str, ...] = ()
    pairs: int = 6_000


RELEASES = {
    "lfw": Release("LFW", "pairs.txt"),
    "cplfw": Release("CPLFW", "pairs_CPLFW.txt", ("images", "aligned images")),
    "calfw": Release("CALFW", "pairs_CALFW.txt", ("images&landmarks/images", "images", "aligned images")),
    "cfp_ff": Release("CFP-FF", "Protocol/Split/FF/01/same.txt", pairs=7_000),
    "cfp_fp": Release("CFP-FP", "Protocol/Split/FP/01/same.txt", pairs=7_000),
    "agedb_30": Release("AgeDB-30", PROTOCOL),
    "xqlfw": Release("XQLFW", "xqlfw_pairs.txt", ("xqlfw_aligned_112", "lfw_original_imgs_min_qual0.85variant11")),
    **{
        f"rfw_{people.lower()}": Release(f"RFW {people}", f"txts/{people}/{people}_pairs.txt", (f"data/{people}",))
        for people in RFW
    },
}


def find_release(name: str, folder: Path) -> Path | None:
    """The folder of a benchmark's release: this one, or one of those at most two levels further in."""
    marker = RELEASES[name].marker
    return next((place for place in _places(folder) if (place / marker).is_file()), None)


def read_official(name: str, folder: Path) -> PairList:
    """The official pairs of a benchmark, in their order. name: of RELEASES. folder: the release, or what it lies in.

    DatasetError, saying what, if it is not there or not whole.
    """
    release, root = RELEASES[name], find_release(name, folder)
    if root is None:
        raise DatasetError(
            f"{folder} does not hold the release of {release.title}: there is no {release.marker} in it."
        )
    if name.startswith("cfp_"):
        listed = _read_cfp(name, root)
    elif name == "agedb_30":
        listed = _there(name, root, *read_agedb(root))
    else:
        photos = next((root / place for place in release.photos if (root / place).is_dir()), None)
        listed = read_pair_list(root / release.marker, photos=photos)
    form = f"the official list of {release.title}"
    if len(listed.same) != release.pairs:
        form += f", of whose {release.pairs:,} pairs it has {len(listed.same):,}"
    return replace(listed, name=name, form=form)


def _places(folder: Path) -> Iterator[Path]:
    """A folder and those below it, the nearest first."""
    level = [folder]
    for _ in range(3):
        yield from level
        level = sorted(below for place in level for below in _folders(place))


def _folders(place: Path) -> list[Path]:
    try:
        return [path for path in place.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError:
        return []


def _read_cfp(name: str, root: Path) -> PairList:
    protocol, split = root / "Protocol", name.removeprefix("cfp_").upper()
    frontal = _cfp_photos(protocol / "Pair_list_F.txt")
    others = frontal if split == "FF" else _cfp_photos(protocol / "Pair_list_P.txt")
    first, second, same = [], [], []
    for fold in range(1, CFP_FOLDS + 1):
        for kind in ("same", "diff"):
            file = protocol / "Split" / split / f"{fold:02d}" / f"{kind}.txt"
            for number, line in _lines(file):
                try:
                    one, other = (int(word) for word in line.split(","))
                    first.append(frontal[one])
                    second.append(others[other])
                except (ValueError, KeyError) as error:
                    raise DatasetError(f"Line {number} of {file} does not name two photos: {line[:80]!r}.") from error
                same.append(kind == "same")
    return _there(name, root, first, second, same)


def _there(name: str, root: Path, first: list[Path], second: list[Path], same: list[bool]) -> PairList:
    """These pairs; DatasetError if some of their photos are not there."""
    missing = [photo for photo in dict.fromkeys((*first, *second)) if not photo.is_file()]
    if missing:
        raise DatasetError(f"{len(missing):,} photos of {root} are not there, such as {missing[0]}.")
    return PairList(name, tuple(first), tuple(second), np.array(same, bool))


def _cfp_photos(file: Path) -> dict[int, Path]:
    """Number → photo, whose path counts from the list's folder."""
    photos = {}
    for number, line in _lines(file):
        which, _, path = line.partition(" ")
        if not which.isdigit() or not path.strip():
            raise DatasetError(f"Line {number} of {file} is not a number and a photo: {line[:80]!r}.")
        photos[int(which)] = file.parent / path.strip()
    return photos


def _lines(file: Path) -> list[tuple[int, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} cannot be read: {error}.") from error
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
