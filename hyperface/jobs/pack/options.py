"""What a packing is asked to do, and the run folder that asks it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import GALLERY
from hyperface.errors import RunError, require
from hyperface.files import parse_json, write_atomic
from hyperface.jobs.job import require_learning_rate
from hyperface.runs import Run, is_run, names
from hyperface.seeds import check_seed

if TYPE_CHECKING:
    from hyperface.recognizers import EmbeddingSpace

OBJECTIVES = ("soft", "paper", "stochastic", "nearest")
STARTS = ("gallery", "random")


@dataclass(frozen=True)
class PackOptions:
    """What a packing is asked to do; the meaning of each is in `hyperface pack --help`."""

    identities: int = 1000
    gallery: str = GALLERY
    alpha: float = 0.5
    span: int | float | None = None
    steps: int = 300
    objective: str = "soft"
    learning_rate: float | None = None
    start: str = "gallery"
    seed: int = 0
    device: str = "cpu"
    frames: int = 40
    umap: bool = False

    def check(self) -> None:
        """InputError, saying what to change, for values that no gallery could satisfy."""
        check_seed(self.seed)
        require(self.identities >= 2, f"A packing needs at least 2 identities; {self.identities} were asked for.")
        require(self.steps >= 1, f"A packing needs at least 1 step; {self.steps} were asked for.")
        require(self.alpha >= 0, f"alpha is a weight and cannot be negative; it was {self.alpha}.")
        require(
            self.span is None
            or (isinstance(self.span, int) and self.span >= 2)
            or (isinstance(self.span, float) and 0 < self.span <= 1),
            "The span is a number of directions (2 or more), or a share of the variance between 0 and 1.0; "
            f"it was {self.span}.",
        )
        require_learning_rate(self.learning_rate, "Leave it out for the tuned one.")
        require(self.objective in OBJECTIVES, f"The objective is one of {', '.join(OBJECTIVES)}.")
        require(self.start in STARTS, f"The start is one of {', '.join(STARTS)}.")
        require(
            not self.umap or (self.frames > 0 and self.identities >= 4),
            "umap-learn draws the last picture beside our own: it needs pictures, and at least 4 identities.",
        )
        require(self.frames >= 0, f"The number of frames cannot be negative; it was {self.frames}.")

    def check_gallery(self, faces: int) -> None:
        """InputError if the gallery has too few faces to start from."""
        require(
            self.start != "gallery" or self.identities <= faces,
            f"The gallery has {faces:,} faces to start from, and {self.identities:,} identities were asked for. "
            "Ask for fewer, take a larger gallery, or start from random points.",
        )

    @property
    def title(self) -> str:
        """How the run is listed."""
        where = "" if self.span is None else f", span {self.span}"
        return f"{self.identities:,} identities{where}"


def create(options: PackOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a packing; InputError first if the options cannot work."""
    options.check()
    parents = [Path(options.gallery).absolute().name] if is_run(options.gallery) else []
    return runs.create(
        "pack",
        asdict(options),
        title=options.title,
        parents=parents,
        slug=f"{options.identities}",
        path=path,
        folder=folder,
    )


def write_space(path: Path, space: EmbeddingSpace) -> None:
    """Note in a run folder whose embeddings are in it, and how long its features were, as far as that is known."""
    content: dict[str, Any] = {"name": space.recognizer} if space.card is None else space.card.to_json()
    if space.length is not None:
        content["feature_length"] = space.length
    write_atomic(path / names.RECOGNIZER, json.dumps(content, indent=1, ensure_ascii=False).encode())


def packing_space(run: Run) -> EmbeddingSpace:
    """Of which recogniser a packing's embeddings are; its name is None if the packing has not begun.

    Packings that have embeddings and do not say whose are older than any other choice than dlib's.
    """
    from hyperface.recognizers import EmbeddingSpace

    what = f"the packing {run.name}"
    try:
        known = parse_json((run.path / names.RECOGNIZER).read_bytes())
        length = known.get("feature_length")
        return EmbeddingSpace(known["name"], what, length=None if length is None else float(length))
    except FileNotFoundError:  # of a run that is older than the file, or has not begun
        oldest = "dlib" if (run.path / names.EMBEDDINGS).is_file() else None
        return EmbeddingSpace(run.results().get("recognizer", oldest), what)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{run.path / names.RECOGNIZER} is damaged ({error}). Make the packing again.") from error
