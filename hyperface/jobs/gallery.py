"""Making a gallery of random faces with their embeddings, as a run."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.defaults import DETECTOR, GALLERY_GENERATOR, recognizer_for
from hyperface.errors import require
from hyperface.files import write_atomic
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.models import load
from hyperface.jobs.pace import Pace
from hyperface.runs import Run, Worker, names
from hyperface.seeds import check_seed

if TYPE_CHECKING:
    from hyperface.gallery import Gallery, GalleryStep


@dataclass(frozen=True)
class GalleryOptions:
    """What a gallery is asked to be; the meaning of each is in `hyperface gallery --help`. Paths are absolute.
    recognizer: None for the one whose embeddings a generator that ships draws."""

    generator: str = GALLERY_GENERATOR
    folder: str | None = None
    recognizer: str | None = None
    count: int | None = None
    name: str | None = None
    seed: int = 0
    output: str | None = None
    detector: str = DETECTOR
    aligned: str = "auto"
    device: str = "cpu"
    precision: str = "float32"
    color: str | None = None
    generator_options: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        check_seed(self.seed)
        require(
            self.count is None or self.count >= 1, f"A gallery needs at least one face; {self.count} were asked for."
        )
        require(
            self.folder is not None or self.count is not None,
            "Say how many faces to draw: --count. (A folder of images is taken whole without it.)",
        )
        require(self.folder is None or Path(self.folder).is_dir(), f"{self.folder} is not a folder.")

    @property
    def embedded_by(self) -> str:
        """The recogniser's name."""
        if self.recognizer is not None:
            return self.recognizer
        return recognizer_for(self.generator if self.folder is None else None)

    @property
    def label(self) -> str:
        """The gallery's name."""
        source = self.generator.partition(":")[0] if self.folder is None else Path(self.folder).name
        return self.name if self.name is not None else source


def create(options: GalleryOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a gallery; InputError first if the options cannot work."""
    options.check()
    options = replace(options, recognizer=options.embedded_by)
    count = "all" if options.count is None else f"{options.count:,}"
    title = f"{count} faces of {options.label}"
    return runs.create("gallery", asdict(options), title=title, slug=options.label, path=path, folder=folder)


def _work(worker: Worker, console: Console) -> None:
    """A gallery that was stopped is made from the beginning: it takes minutes."""
    options = options_of(worker.run, GalleryOptions)
    worker.forget_after(-1)  # of an attempt that was killed
    worker.progress(0, message="Loading the models")
    from hyperface.gallery import to_bytes

    made = _make(worker, console, options)
    content = to_bytes(made)
    write_atomic(worker.path / names.GALLERY, content)
    if options.output is not None:
        write_atomic(Path(options.output), content)
    worker.write_results({"faces": len(made), "recognizer": made.recognizer, "generator": made.generator})


def _told(run: Run) -> str:
    output = run.options.get("output") or run.path / names.GALLERY
    return f"{run.results().get('faces', 0):,} faces\n{output}"


JOB = Job("gallery", _work, _told)


def _make(worker: Worker, console: Console, options: GalleryOptions) -> Gallery:
    from hyperface import gallery, generators

    card = None
    recognizer = load(
        options.embedded_by, console, device=options.device, precision=options.precision, color=options.color
    )
    if options.folder is not None:
        folder = Path(options.folder)
        count = len(gallery.photo_files(folder)) if options.count is None else options.count
        faces = gallery.folder_faces(folder, detector=options.detector, aligned=options.aligned)
        origin = f"folder {folder.name}"
    else:
        assert options.count is not None  # as `check` saw to
        count = options.count
        device, told = options.device, options.generator_options
        generator = generators.load_gallery_generator(
            options.generator, device=device, precision=options.precision, **told
        )
        faces = gallery.sample_faces(generator, seed=options.seed, detector=options.detector)
        origin, card = generator.name, generator.card
    steps = gallery.build(faces, recognizer, count=count, name=options.label, generator=origin, generator_card=card)
    pace, started = Pace(console, "face"), time.monotonic()

    def report(step: GalleryStep) -> Report:
        figures = {"step": step.step, "tried": step.tried}
        pace.tell(step.step / (time.monotonic() - started), step.total - step.step)
        message = f"{step.step:,} of {step.total:,} faces, {step.tried:,} looked at"
        return Report(step.step, step.total, figures, message, step.seconds_left)

    return Driver(console, worker).follow(steps, "looking for faces", "face", report, total=count, log=True)
