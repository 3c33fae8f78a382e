"""The kinds of files that a run has, by their names, and what each must be to be taken from a stranger.

What is not among them is no part of a run's archive: logs, which name folders of the machine; locks and heartbeats;
whose the run is; what is only there while the work goes on. Nothing that is checked here is run, and nothing unpacked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from hyperface.array_files import check_arrays, read_array
from hyperface.errors import CheckpointError, HyperFaceError, RunError
from hyperface.file_kinds import foreign_kind
from hyperface.files import LARGEST_JSON, check_regular, parse_json
from hyperface.jobs.study import FIGURE

LARGEST_TEXT = 2**26  # bytes
FORMATS = "(dataset|parquet|webdataset|recordio|lmdb)"  # folders of a dataset
PICTURES = {
    ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff", ".png": b"\x89PNG\r\n\x1a\n", ".bmp": b"BM", ".webp": b"RIFF",
}  # fmt: skip
DRAWN = {  # elements of the figure of a study, and what they may have beside LOOKS
    "svg": {"xmlns", "viewBox", "role", "aria-label"},
    "style": set(),
    "path": {"d"},
    "circle": {"cx", "cy", "r"},
    "text": {"x", "y", "text-anchor"},
}
LOOKS = {"class", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-linecap"}
NAMESPACE = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Kind:
    """names: of its files, "/" between folders. check: raises an error for one that is not what its name says.
    restored: whether a stranger's is taken; what is not is passed over. needed: whether a run with one that is not what
    its name says is refused, rather than restored without it. told: whether it is text in which folders may be named.
    """

    names: re.Pattern[str]
    check: Callable[[Path], object]
    restored: bool = True
    needed: bool = True
    told: bool = False


def kind_of(name: str) -> Kind | None:
    """The kind of a run's file; None for what no archive holds."""
    return next((kind for kind in KINDS if kind.names.fullmatch(name)), None)


def check_file(path: Path, name: str, kind: Kind) -> None:
    """RunError for a file that is not what its name says."""
    try:
        kind.check(path)
    except (HyperFaceError, OSError, ValueError) as error:
        raise RunError(f"{name} in the archive is not what its name says ({_reason(path, error)}).") from error


def _reason(path: Path, error: Exception) -> str:
    """The error without the place where the file lies for the moment."""
    return str(error).replace(f"{path.parent}/", "").replace(str(path.parent), "")[:300]


def _object(path: Path) -> None:
    check_regular(path, largest=LARGEST_JSON)
    if not isinstance(parse_json(path.read_text(encoding="utf-8")), dict):
        raise ValueError("it holds no object of JSON")


def _lines(path: Path) -> None:
    check_regular(path, largest=LARGEST_TEXT)
    with path.open(encoding="utf-8") as file:
        if not all(isinstance(parse_json(line), dict) for line in file):
            raise ValueError("a line of it is no object of JSON")


def _text(path: Path) -> None:
    check_regular(path, largest=LARGEST_TEXT)
    if "\0" in path.read_text(encoding="utf-8"):
        raise ValueError("it is no text")


def _tensors(path: Path) -> None:
    """The header of a safetensors file, which says where in the file every tensor lies: no other weights are taken."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            file.keys()
    except SafetensorError as error:
        raise CheckpointError(f"it {foreign_kind(path) or 'is damaged'}: {error}") from error


def _picture(path: Path) -> None:
    """That it begins as a picture of its kind does; whoever shows one decodes it with care."""
    start = PICTURES[path.suffix]
    with path.open("rb") as file:
        if file.read(len(start)) != start:
            raise ValueError("it is no such picture")


def _drawing(path: Path) -> None:
    """The figure of a study as it is drawn here: the page shows it as part of itself, so nothing else may stand in it.

    Read as XML, without what XML and HTML take for two different things: declarations, comments, marked sections.
    """
    from hyperface.studies.figure import STYLE  # brings torch

    check_regular(path, largest=LARGEST_TEXT)
    content = path.read_bytes()
    if b"<!" in content or b"<?" in content:
        raise ValueError("it has declarations")
    open_now: list[str] = []

    def start(name: str, given: dict[str, str]) -> None:
        if name not in DRAWN or (not open_now) is not (name == "svg") or open_now[-1:] == ["style"]:
            raise ValueError(f"<{name[:20]}> does not belong there")
        for attribute, value in given.items():
            fits = value == NAMESPACE if attribute == "xmlns" else "(" not in value
            if attribute not in DRAWN[name] | LOOKS or not fits:
                raise ValueError(f"{attribute[:20]} does not belong there")
        open_now.append(name)

    def text(told: str) -> None:
        if open_now[-1:] == ["style"] and told != STYLE:
            raise ValueError("its style is not that of the figure")

    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, 2**20
    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    parser.EndElementHandler = lambda name: open_now.pop()
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error


def _anything(path: Path) -> None:
    """Whoever reads it later looks at every byte."""


def _kind(names: str, check: Callable[[Path], object], **how: bool) -> Kind:
    return Kind(re.compile(names), check, **how)


KINDS = (
    _kind(r"metrics\.jsonl", _lines, told=True),
    _kind(r"[a-z_]{1,40}\.json", _object, told=True),
    _kind(r"[a-z_]{1,40}\.csv", _text, told=True),
    _kind(r"[a-z_]{1,40}\.safetensors", _tensors),
    _kind(r"[a-z_]{1,40}\.npy", read_array),
    _kind(r"([a-z_]{1,40}|scores/\d{1,6})\.npz", check_arrays),
    _kind(r"[a-z_]{1,40}\.bin|benchmarks/\w[\w.-]{0,80}\.bin", _anything),
    _kind(FIGURE.replace(".", r"\."), _drawing, needed=False),
    _kind(r"[a-z_]{1,40}\.(html|svg)", _text, restored=False, told=True),  # a stranger's page could do anything
    _kind(r"dataset/\d{1,9}/\d{1,9}\.(jpe?g|png|bmp|webp)", _picture),
    _kind(FORMATS + r"/dataset\.json", _object, told=True),
    _kind(FORMATS + r"/README\.md", _text, told=True),
    _kind(FORMATS + r"/([a-z]{1,20}/)?[a-z]{1,20}\.svg", _text, restored=False),
    _kind(r"parquet/data/train-\d{5,9}-of-\d{5,9}\.parquet", _anything),
    _kind(r"webdataset/train-\d{5,9}\.tar", _anything),
    _kind(r"recordio/(train\.(rec|idx)|property)", _anything),
    _kind(r"lmdb/train\.lmdb", _anything),
)
