"""Make a gallery: random faces, filtered to detectable ones, with their embeddings.

A gallery marks where faces lie on the sphere: packings start from it and are pulled towards it. The faces come from an
unconditional generator or from a folder of images. The run folder gets gallery.safetensors.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface import files, runs
from hyperface.jobs.base import Console, already_done, require
from hyperface.jobs.models import load
from hyperface.runs import Run, Worker
from hyperface.steps import finish

if TYPE_CHECKING:
    from hyperface.gallery import Gallery, GalleryStep


@dataclass(frozen=True)
class GalleryOptions:
    """What a gallery is asked to be; the meaning of each is in `add_arguments`. Paths are absolute."""

    generator: str = "dcgan"
    folder: str | None = None
    recognizer: str = "dlib"
    count: int | None = None
    name: str | None = None
    seed: int = 0
    output: str | None = None
    detector: str = "dlib"
    device: str = "cpu"
    precision: str = "float32"

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(
            self.count is None or self.count >= 1, f"A gallery needs at least one face; {self.count} were asked for."
        )
        require(
            self.folder is not None or self.count is not None,
            "Say how many faces to draw: --count. (A folder of images is taken whole without it.)",
        )
        require(self.folder is None or Path(self.folder).is_dir(), f"{self.folder} is not a folder.")

    @property
    def label(self) -> str:
        """The gallery's name."""
        source = self.generator if self.folder is None else Path(self.folder).name
        return self.name if self.name is not None else source


def create(options: GalleryOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a gallery; InputError first if the options cannot work."""
    options.check()
    count = "all" if options.count is None else f"{options.count:,}"
    title = f"{count} faces of {options.label}"
    return runs.create("gallery", asdict(options), title=title, slug=options.label, path=path, folder=folder)


def perform(run: Run, console: Console) -> None:
    """Make the gallery of a run folder. A gallery that was stopped is made from the beginning: it takes minutes."""
    if already_done(run, console):
        return
    options = GalleryOptions(**run.options)
    worker = Worker(run)
    with worker.working():
        worker.progress(0, message="Loading the models")
        from hyperface.gallery import to_bytes

        made = _make(worker, console, options)
        content = to_bytes(made)
        files.write_atomic(run.path / "gallery.safetensors", content)
        if options.output is not None:
            files.write_atomic(Path(options.output), content)
        worker.write_results({"faces": len(made), "recognizer": made.recognizer, "generator": made.generator})
    console.event("done", run=str(run.path), state=run.status().state, results=run.results())
    console.say(f"{run.results().get('faces', 0):,} faces in {options.output or run.path / 'gallery.safetensors'}")


def _make(worker: Worker, console: Console, options: GalleryOptions) -> Gallery:
    from hyperface import gallery, generators

    recognizer = load(options.recognizer, console, device=options.device, precision=options.precision)
    count = options.count
    if options.folder is not None:
        folder = Path(options.folder)
        count = len(gallery.photo_files(folder)) if count is None else count
        faces, origin = gallery.folder_faces(folder, detector=options.detector), f"folder {folder.name}"
    else:
        faces = gallery.sample_faces(
            generators.load_gallery_generator(options.generator), seed=options.seed, detector=options.detector
        )
        origin = options.generator
    console.begin("looking for faces", count, "face")

    def show(step: GalleryStep) -> None:
        metrics = {"step": step.step, "tried": step.tried}
        worker.log(metrics)
        console.step(step.step, metrics)
        worker.progress(
            step.step / step.total,
            step.seconds_left,
            f"{step.step:,} of {step.total:,} faces, {step.tried:,} looked at",
        )

    return finish(gallery.build(faces, recognizer, count=count, name=options.label, generator=origin), show)
