"""Lists of pairs in the forms that people have them: what each line says, before any photo is looked for.

    name 1 2            name 1 other 3             LFW's: photos by number, of one person, of two
    a.jpg b.jpg 1       1,a.jpg,b.jpg              two photos and an answer, in a table with or without a head
    a_1.jpg 1 / a_2.jpg 1                          CPLFW's and CALFW's: a photo and an answer a line, two lines a pair

Columns are separated by tabs, semicolons, commas, bars or blanks. What can be read in one way only, is read; anything
else is an error that names the line and shows one that would work.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from hyperface.errors import DatasetError

ANSWERS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y", "same", "genuine", "match", "matched", "positive"), True),
    **dict.fromkeys(("0", "0.0", "-1", "-1.0", "false", "f", "no", "n", "different", "impostor", "imposter"), False),
    **dict.fromkeys(("mismatch", "mismatched", "not same", "negative", "diff"), False),
}
_NOUNS = ("image", "img", "path", "file", "photo", "face", "filename")
_FIRST = (*(f"{noun}{end}" for noun in _NOUNS for end in ("1", "_1", "a", "_a")), *["first", "left", "a", "probe"])
_SECOND = (*(f"{noun}{end}" for noun in _NOUNS for end in ("2", "_2", "b", "_b")), *["second", "right", "b", "gallery"])
_ANSWER = (
    *("same", "label", "labels", "issame", "is_same", "match", "ismatch", "is_match", "target", "genuine", "answer"),
    *("pair", "y", "class", "same_person"),
)
_SEPARATORS = ("\t", ";", ",", "|")
_FOLDS = 10  # CALFW's and CPLFW's answers count the folds: 1 to 10 for one person, 0 for two
EXAMPLES = "`anna/1.jpg,anna/2.jpg,1` (two photos, and 1 for one person or 0 for two), or LFW's `anna 1 2`"


@dataclass(frozen=True)
class Photo:
    """A photo as a list names it: by its path, or where `number` is given, as that one of a person's."""

    name: str
    number: int | None = None


@dataclass(frozen=True)
class PairRow:
    """A pair, and the line that it stands on."""

    first: Photo
    second: Photo
    same: bool
    line: int


@dataclass(frozen=True)
class _Line:
    number: int
    cells: tuple[str, ...]
    text: str


def read_rows(content: bytes, file: Path) -> tuple[list[PairRow], str]:
    """The pairs of a list, and which form it has. DatasetError, naming the line, for what is none, or ambiguous."""
    lines = _split(_decoded(content, file))
    if lines and len(lines[0].cells) <= 2 and all(_is_number(cell) for cell in lines[0].cells):
        lines = lines[1:]  # LFW's first line counts folds and pairs
    if not lines:
        raise DatasetError(f"{file} lists no pairs. A line of it would be {EXAMPLES}.")
    head = _head(lines[0])
    if head is not None:
        return [_row_of_table(line, head, file) for line in lines[1:]], "a table with a head"
    counts = {len(line.cells) for line in lines}
    if counts == {2}:
        return _two_lines_a_pair(lines, file), "a photo and an answer a line, two lines a pair"
    if counts <= {3, 4} and all(_is_number(line.cells[-1]) and _is_number(line.cells[1]) for line in lines):
        return [_lfw(line, file) for line in lines], "LFW's"
    if counts <= {3}:
        return _three_columns(lines, file), "two photos and an answer a line"
    wrong = next((line for line in lines if len(line.cells) not in (3, 4)), lines[0])
    _refuse(wrong, file)


def _decoded(content: bytes, file: Path) -> str:
    encoding = "utf-8-sig"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif content[1:2] == b"\0":
        encoding = "utf-16-le"
    elif content[:1] == b"\0":
        encoding = "utf-16-be"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"The list of pairs {file} cannot be read: it is neither UTF-8 nor UTF-16. Save it as UTF-8."
        ) from error


def _split(text: str) -> list[_Line]:
    """The lines with something in them, in cells; comments (#) are left out."""
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1)]
    numbered = [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    separator = next(
        (each for each in _SEPARATORS if numbered and _separates(each, [line for _, line in numbered])), None
    )
    lines = []
    for number, line in numbered:
        if separator is None:
            cells = line.split()
        else:
            try:
                cells = next(csv.reader(io.StringIO(line), delimiter=separator), [])
            except csv.Error:
                cells = line.split(separator)
        kept = [cell.strip() for cell in cells]
        while kept and not kept[-1]:
            kept.pop()  # a separator at the end of the line
        lines.append(_Line(number, tuple(kept), line.strip()))
    return lines


def _separates(separator: str, lines: list[str]) -> bool:
    """Whether columns are separated by this: it is in all of the last lines (the first may be a count), or the first
    line names columns with it."""
    first = _Line(1, tuple(cell.strip() for cell in lines[0].split(separator)), lines[0])
    return all(separator in line for line in lines[-3:]) or _head(first) is not None


def _head(line: _Line) -> tuple[int, int, int] | None:
    """Which columns hold the two photos and the answer, if this line names them; None if it names nothing."""
    names = [cell.lower().replace(" ", "_") for cell in line.cells]
    first, second, answer = (
        next((names.index(name) for name in known if name in names), None) for known in (_FIRST, _SECOND, _ANSWER)
    )
    if first is None or second is None or answer is None:
        return None
    return first, second, answer


def _row_of_table(line: _Line, head: tuple[int, int, int], file: Path) -> PairRow:
    if len(line.cells) <= max(head):
        _refuse(line, file)
    first, second, answer = (line.cells[column] for column in head)
    same = ANSWERS.get(answer.lower())
    if same is None or not first or not second:
        _refuse(line, file)
    return PairRow(Photo(first), Photo(second), same, line.number)


def _three_columns(lines: list[_Line], file: Path) -> list[PairRow]:
    """Two photos and an answer, which stands first or last in all lines."""
    last = all(line.cells[2].lower() in ANSWERS for line in lines)
    first = all(line.cells[0].lower() in ANSWERS for line in lines)
    if last and first:
        raise DatasetError(
            f"In {file} both the first and the last column could be the answers. Give it a head: image1,image2,same."
        )
    if not last and not first:
        known = [2, 0]
        column = max(known, key=lambda place: sum(line.cells[place].lower() in ANSWERS for line in lines))
        _refuse(next(line for line in lines if line.cells[column].lower() not in ANSWERS), file)
    answer, one, two = (2, 0, 1) if last else (0, 1, 2)
    return [
        PairRow(Photo(line.cells[one]), Photo(line.cells[two]), ANSWERS[line.cells[answer].lower()], line.number)
        for line in lines
    ]


def _two_lines_a_pair(lines: list[_Line], file: Path) -> list[PairRow]:
    answers = [_answer_or_fold(line.cells[1]) for line in lines]
    if any(answer is None for answer in answers):
        _refuse(lines[answers.index(None)], file)
    if len(lines) % 2:
        raise DatasetError(
            f"{file} has a photo and an answer a line, two lines a pair, and {len(lines):,} lines: the last has no "
            "partner."
        )
    rows = []
    for one, two, first, second in zip(lines[::2], lines[1::2], answers[::2], answers[1::2], strict=True):
        if one.cells[1] != two.cells[1]:
            raise DatasetError(
                f"Lines {one.number} and {two.number} of {file} are a pair, and their answers differ: {one.text!r} and "
                f"{two.text!r}."
            )
        del second
        rows.append(PairRow(Photo(one.cells[0]), Photo(two.cells[0]), bool(first), one.number))
    return rows


def _is_number(cell: str) -> bool:
    """Whether this is a whole number, of a size that counts photos."""
    return cell.isascii() and cell.isdecimal() and len(cell) < 10


def _answer_or_fold(cell: str) -> bool | None:
    if _is_number(cell) and int(cell) <= _FOLDS:
        return int(cell) > 0
    return ANSWERS.get(cell.lower())


def _lfw(line: _Line, file: Path) -> PairRow:
    name, one, *rest = line.cells
    if len(rest) == 1:
        if one == rest[0]:
            raise DatasetError(f"Line {line.number} of {file} pairs a photo with itself: {line.text[:80]!r}.")
        return PairRow(Photo(name, int(one)), Photo(name, int(rest[0])), True, line.number)
    other, two = rest
    if other == name:
        raise DatasetError(
            f"Line {line.number} of {file} has the form for two people and names one: {line.text[:80]!r}. For two "
            f"photos of one person write `{name} {one} {two}`."
        )
    return PairRow(Photo(name, int(one)), Photo(other, int(two)), False, line.number)


def _refuse(line: _Line, file: Path) -> NoReturn:
    raise DatasetError(f"Line {line.number} of {file} is not a pair: {line.text[:80]!r}. One that works: {EXAMPLES}.")
