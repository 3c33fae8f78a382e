"""Finding the faces in photos, one photo after the other."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperface.errors import NoFaceError, PhotoError
from hyperface.ui.parts.pictures import escape
from hyperface.ui.photos.drawing import annotated_photo
from hyperface.ui.photos.picker import ReceivedPhoto

if TYPE_CHECKING:
    from hyperface.faces import Face


@dataclass(frozen=True)
class Look:
    """What is new. status: HTML of how far the search is. photos: HTML of all photos looked at. None: as it was."""

    status: str | None = None
    photos: str | None = None


@dataclass(frozen=True)
class Found:
    """What all photos held. problems: what could not be used, and why."""

    faces: list[Face]
    problems: list[str]


@dataclass(frozen=True)
class How:
    """How photos are searched. turned: they may lie on their side. aligned: as of `faces.faces_in`."""

    detector: str = "dlib"
    turned: bool = False
    aligned: str = "auto"


USUAL = How()


def find_faces(received: Sequence[ReceivedPhoto], searched: How = USUAL) -> Generator[Look, None, Found]:
    """Find the faces in the photos. What cannot be used is told as a problem."""
    pictures: list[str] = []
    faces: list[Face] = []
    problems: list[str] = []
    started = time.monotonic()
    for number, photo in enumerate(received):
        text = f"Looking for faces in photo {number + 1} of {len(received)}"
        yield Look(progress_text(text, number / (len(received) + 1), started))
        drawn, found, problem = _look_at(photo, f"Photo {number + 1}", len(faces) + 1, searched)
        problems += [problem] if problem else []
        if drawn is not None:
            pictures.append(drawn)
            faces += found
            yield Look(photos=f'<div class="hf-photos">{"".join(pictures)}</div>')
    yield Look(progress_text("Comparing the faces", len(received) / (len(received) + 1), started))
    return Found(faces, problems)


def _look_at(photo: ReceivedPhoto, title: str, first_number: int, searched: How) -> tuple[str | None, list[Face], str]:
    """HTML of a photo, its faces, numbered from the first number, and what is wrong with it. None if it is no photo."""
    from hyperface.faces import faces_in, is_aligned, load_photo

    try:
        pixels = load_photo(photo.content)  # (h, w, 3) uint8
    except PhotoError as error:
        return None, [], f"{photo.name}: {error}"
    found: list[Face] = []
    problem = ""
    try:
        found = faces_in(pixels, aligned=searched.aligned, detector=searched.detector, any_orientation=searched.turned)
        if searched.aligned == "auto" and is_aligned(pixels):
            problem = f"{photo.name}: 112 × 112 pixels, so it is taken as a face that is aligned already."
    except (NoFaceError, PhotoError) as error:  # nobody is found, or what was said to be a face is not square
        problem = f"{photo.name}: {error}"
    return annotated_photo(pixels, found, title=title, first_number=first_number), found, problem


def progress_text(text: str, share: float, started: float | None = None) -> str:
    """HTML of a progress bar, with the time left at the pace since `started`."""
    left = ""
    if started is not None and share > 0:
        left = f" · {max(1, round((time.monotonic() - started) * (1 - share) / share))} s left"
    return (
        f'<div class="hf-busy" role="status"><span>{escape(text)}{left}</span>'
        f'<span class="hf-meter" aria-hidden="true"><span style="width:{100 * share:.0f}%"></span></span></div>'
    )


def problem_list(problems: Sequence[str]) -> str:
    """HTML list of what could not be used, and why."""
    items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
    return f'<ul class="hf-problems" role="alert">{items}</ul>' if items else ""
