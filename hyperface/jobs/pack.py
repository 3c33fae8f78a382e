"""Move identities apart on the hypersphere.

Starts from the embeddings of random faces, and moves them until their closest pairs are as far apart as they can be,
while each stays near the gallery (weight alpha) or inside its span. The run folder gets embeddings.npy, float32
(identities, dimension), unit rows; frames.bin, the picture on the sphere; and every step's figures in metrics.jsonl.

Several processes share one packing under torchrun: `torchrun --nproc-per-node 8 -m -- hyperface pack --device cuda …`.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.errors import RunError
from hyperface.jobs.base import Console, already_done, is_run, require
from hyperface.jobs.checkpoints import checkpoint_step
from hyperface.jobs.picture import PictureProcess
from hyperface.runs import Run, Worker

if TYPE_CHECKING:
    from hyperface.recognizers import EmbeddingSpace

OBJECTIVES = ("soft", "paper", "stochastic", "nearest")
STARTS = ("gallery", "random")
RECOGNIZER_FILE = "recognizer.json"  # the card of the recogniser whose embeddings are packed


@dataclass(frozen=True)
class PackOptions:
    """What a packing is asked to do; the meaning of each is in `add_arguments`."""

    identities: int = 1000
    gallery: str = "gan-10k"
    alpha: float = 0.5
    span: int | float | None = None
    steps: int = 300
    objective: str = "soft"
    learning_rate: float | None = None
    start: str = "gallery"
    seed: int = 0
    device: str = "cpu"
    frames: int = 40

    def check(self) -> None:
        """InputError, saying what to change, for values that no gallery could satisfy."""
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
        require(
            self.learning_rate is None or self.learning_rate > 0,
            f"The learning rate must be above 0; it was {self.learning_rate}. Leave it out for the tuned one.",
        )
        require(self.objective in OBJECTIVES, f"The objective is one of {', '.join(OBJECTIVES)}.")
        require(self.start in STARTS, f"The start is one of {', '.join(STARTS)}.")
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


def packing_space(run: Run) -> EmbeddingSpace:
    """Of which recogniser a packing's embeddings are; its name is None if the packing has not begun."""
    from hyperface.recognizers import EmbeddingSpace

    what = f"the packing {run.name}"
    try:
        return EmbeddingSpace(json.loads((run.path / RECOGNIZER_FILE).read_bytes())["name"], what)
    except FileNotFoundError:  # of a run that is older than the file, or has not begun
        return EmbeddingSpace(run.results().get("recognizer"), what)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{run.path / RECOGNIZER_FILE} is damaged ({error}). Make the packing again.") from error


def perform(run: Run, console: Console) -> None:
    """Do, or continue, the packing of a run folder."""
    if already_done(run, console):
        return
    options = PackOptions(**run.options)
    worker = Worker(run)
    with worker.working(), ExitStack() as stack:
        worker.progress(0, message="Loading")
        picture = None
        if options.frames > 0:  # first of all: it loads its own libraries while this process loads torch
            resumed_at = checkpoint_step(run.path / "checkpoint.safetensors")
            picture = PictureProcess(run.path / "frames.bin", seed=options.seed, keep_until=resumed_at)
            stack.enter_context(picture)
        from hyperface.jobs.pack_work import PackWork

        PackWork(worker, console, options, picture).run()
    results = run.results()
    console.event("done", run=str(run.path), state=run.status().state, results=results)
    console.say(f"{_summary(results)}\n{run.path}")


def _summary(results: dict[str, Any]) -> str:
    if not results:
        return "nothing was packed"
    return (
        f"smallest angle {results['min_angle']:.2f}° (no packing can exceed {results['bound_angle']:.2f}°), "
        f"mean nearest {results['mean_nearest_angle']:.2f}°, objective {results['objective']:.4f}"
    )
