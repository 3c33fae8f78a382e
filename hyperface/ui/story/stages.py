"""The stages of a story as the strip shows them: what each came to, how far it is, and what to press next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hyperface.errors import HyperFaceError
from hyperface.jobs.evaluate import entries_of
from hyperface.runs import DONE, Run
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import gallery_of
from hyperface.ui.story import thumbnails
from hyperface.ui.story.chain import Chain, pictures_to_make

NOT_YET = "not yet"


@dataclass(frozen=True)
class Stage:
    """tab, frame: where its door leads. figure: what it came to. state: in words. thumbnail: HTML."""

    key: str
    title: str
    tab: str
    figure: str
    state: str
    progress: float
    thumbnail: str
    frame: str = ""  # of the packing's picture: "first" or "last"


@dataclass(frozen=True)
class Next:
    """The button that leads on. to: a tab. action: what is set or begun there; waiting: nothing to press yet."""

    label: str
    to: str = ""
    action: str = ""
    waiting: bool = False


def stages_of(context: AppContext, chain: Chain) -> list[dict[str, Any]]:
    """The six stages, as JSON holds them."""
    packing, dataset, training, test = chain.packing, chain.dataset, chain.training, chain.test
    rows = packing.metrics()
    first, last = (row.get("min_angle") for row in (rows[0], rows[-1])) if rows else (None, None)
    people = f"{int(packing.options.get('identities', 0)):,} people"
    faces, drawn = thumbnails.start_faces(context, packing), thumbnails.packed_faces(context, packing)
    before, after = thumbnails.sphere(packing, 0), thumbnails.sphere(packing, -1)
    placed = ("placed", 1.0) if rows else (NOT_YET, 0.0)
    shares = [share for _, share in accuracies(training, test)]
    stages = [
        Stage("faces", "Random faces", "pack", _gallery_size(context, packing), "drawn", 1.0, faces, "first"),
        Stage("sphere", "Sphere", "pack", _apart(people, first), *placed, before, "first"),
        Stage("packed", "Pushed apart", "pack", _apart("", last), *_state(packing), after, "last"),
        Stage("pictures", "Faces", "identities", _pictures(dataset), *_state(dataset), drawn),
        Stage("train", "Train", "train", _strangers(training), *_state(training), thumbnails.curve(training)),
        Stage("test", "Test", "evaluate", _accuracy(shares), *_state(test), thumbnails.bars(shares)),
    ]
    return [asdict(stage) for stage in stages]


def next_steps(context: AppContext, chain: Chain) -> dict[str, dict[str, Any]]:
    """What leads on from each tab, by the tab's name; nothing where the tab's own button is the next step."""
    packing = chain.packing.status()
    if packing.active:
        return {tab: asdict(Next("Pushing apart", waiting=True)) for tab in ("pack", "identities", "photos")}
    if packing.state != DONE:
        return {}
    found = {
        "pack": Next("See these people →", "identities"),
        "photos": Next("See these people →", "identities"),
        "identities": _after_people(context, chain),
    }
    if chain.training is not None:
        status = chain.training.status()
        waiting = Next(f"Training, {100 * status.progress:.0f} %", waiting=True)
        found |= {"train": waiting if status.active else Next("Test it →", "evaluate", "test")}
    return {tab: asdict(step) for tab, step in found.items() if step is not None}


def _after_people(context: AppContext, chain: Chain) -> Next:
    if chain.dataset is None:
        people, each = pictures_to_make(chain.packing)
        return Next(f"Make {people * each:,} pictures →", "identities", "make")
    status = chain.dataset.status()
    if status.active:
        return Next(f"Making pictures, {100 * status.progress:.0f} %", waiting=True)
    return Next("Train on them →", "train", "train")


def captions(chain: Chain) -> dict[str, str]:
    """What is said while a packing plays: at its first frame, on the way, and at its last; nothing without figures."""
    rows = chain.packing.metrics()
    if len(rows) < 2 or "min_angle" not in rows[0]:
        return {}
    bound = next((row["bound_angle"] for row in rows if "bound_angle" in row), None)
    people = int(chain.packing.options.get("identities", 0))
    best = f"; nobody can do better than {bound:.0f}°" if bound is not None else ""
    return {
        "first": f"{people:,} random faces as points: some look alike, the closest two are only "
        f"{rows[0]['min_angle']:.0f}° apart.",
        "between": "They are pushed apart, all at once.",
        "last": f"Every pair is now at least {rows[-1]['min_angle']:.0f}° apart{best}.",
    }


def _state(run: Run | None) -> tuple[str, float]:
    """In words, and how far, 0 … 1."""
    if run is None:
        return NOT_YET, 0.0
    status = run.status()
    if status.active:
        return f"{100 * status.progress:.0f} %", status.progress
    return ("done", 1.0) if status.state == DONE else (status.state, status.progress)


def _gallery_size(context: AppContext, packing: Run) -> str:
    try:
        return f"{len(gallery_of(context, packing)):,} to start from"
    except (HyperFaceError, KeyError, OSError):
        return ""


def _apart(people: str, angle: object) -> str:
    shown = f"{angle:.0f}° apart" if isinstance(angle, float) else ""
    return ", ".join(part for part in (people, shown) if part)


def _pictures(dataset: Run | None) -> str:
    if dataset is None:
        return ""
    each, people = dataset.options.get("images_per_identity"), dataset.options.get("identities")
    count = dataset.results().get("images") or (each * people if each and people else None)
    return f"{count:,} pictures" if isinstance(count, int) and count else ""


def _strangers(training: Run | None) -> str:
    rows = [] if training is None else training.metrics()
    value = next((row["validation"] for row in reversed(rows) if isinstance(row.get("validation"), float)), None)
    return "" if value is None else f"{100 * value:.0f} % on people like these"


def _accuracy(shares: list[float]) -> str:
    if not shares:
        return ""
    return f"{100 * sum(shares) / len(shares):.0f} % right" + (" on average" if len(shares) > 1 else "")


def accuracies(training: Run | None, test: Run | None) -> list[tuple[str, float]]:
    """(benchmark, accuracy) of the model of a training, in a test's order; nothing before there are any."""
    if training is None or test is None:
        return []
    return [
        (entry["benchmark"], float(entry["accuracy"]))
        for entry in entries_of(test)
        if Path(entry["model"]).name == training.name and isinstance(entry.get("accuracy"), int | float)
    ]
