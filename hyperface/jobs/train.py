"""Training a recogniser on a dataset of labelled faces, as a run; A against B as two."""

from __future__ import annotations

import datetime
import io
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.errors import InputError, RunError, TrainingError, require
from hyperface.files import atomic_path, write_atomic
from hyperface.jobs import generate, models
from hyperface.jobs.checkpoints import load_checkpoint, save_checkpoint
from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.tracking import tracked
from hyperface.jobs.watching import measured, watched_benchmarks
from hyperface.ranks import Ranks
from hyperface.runs import DONE, RUNNING, Run, RunStatus, StopRequested, Worker, is_run, names, open_run
from hyperface.words import duration

if TYPE_CHECKING:
    import torch

    from hyperface.datasets import LabeledImages
    from hyperface.evaluation import Benchmark
    from hyperface.recognizers.backbones import BackboneRecognizer
    from hyperface.training import TrainingStep
    from hyperface.training.validation import Guesses

SECOND = "-against"  # what the second one's name ends in
PARTNER = "partner"  # the name of the run folder beside this one that it is compared with
START = "start.safetensors"  # the weights that a training began with
PAIRS = "pairs.npz"  # a few pairs of held-out people: pictures uint8 (p, 2, h, w, 3), same bool (p,)
PATIENCE = datetime.timedelta(days=1)  # that processes wait for each other: the first may have a dataset to draw
FIGURES = ("step", "epoch", "loss", "accuracy", "learning_rate", "images_per_second", "validation")


@dataclass(frozen=True)
class TrainOptions:
    """What a training is asked to do; the meaning of each is in `hyperface train --help`. dataset, against: absolute
    paths."""

    dataset: str
    backbone: str = "small"
    head: str = "adaface"
    epochs: int = 12
    batch_size: int = 128
    learning_rate: float | None = None
    schedule: str = "cosine"
    validation_share: float = 0.1
    input_size: int | None = None
    against: str | None = None
    seed: int = 0
    device: str = "cpu"
    precision: str = "fastest"
    start: str | None = None
    freeze: int = 0
    color: str | None = None
    watch: tuple[str, ...] = ()

    def check(self) -> None:
        """InputError, saying what to change, for values that cannot work."""
        require(self.epochs >= 1, f"Training needs at least one epoch; {self.epochs} were asked for.")
        require(self.batch_size >= 2, f"A batch holds at least two images; it was {self.batch_size}.")
        require(
            self.learning_rate is None or self.learning_rate > 0,
            f"The learning rate must be above 0; it was {self.learning_rate}.",
        )
        require(
            0 <= self.validation_share < 1,
            f"The share of identities kept for validation is at least 0 and below 1; it was {self.validation_share}.",
        )
        require(self.freeze >= 0, f"The number of frozen stages is 0 or more; it was {self.freeze}.")
        require(
            self.freeze == 0 or self.start is not None,
            "Stages are frozen of a network that has learnt something: name it with --from.",
        )
        require(self.against != self.dataset, "A dataset cannot be compared with itself. Choose another one.")


def create(options: TrainOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a training; an error first if the options cannot work."""
    options.check()
    what, parents = _dataset_title(Path(options.dataset))
    network = options.backbone if options.start is None else f"{models.model_label(options.start)}, fine-tuned"
    title = f"{network} on {what}"
    if options.against is not None:
        title += f", against {_dataset_title(Path(options.against))[0]}"
    slug = f"{options.backbone if options.start is None else 'from'}-{options.head}"
    return runs.create("train", asdict(options), title=title, parents=parents, slug=slug, path=path, folder=folder)


def _dataset_title(dataset: Path) -> tuple[str, list[str]]:
    """How a dataset is called, and the name of its run if it has one. An error if it cannot be trained on."""
    require(dataset.exists(), f"There is no dataset at {dataset}.")
    if not is_run(dataset):
        return dataset.name, []
    origin = open_run(dataset)
    require(origin.verb == "generate", f"{dataset} is a run of `{origin.verb}`, not a dataset.")
    return origin.title, [origin.name]


def create_pair(options: TrainOptions, *, path: Path | None = None, folder: Path | None = None) -> tuple[Run, Run]:
    """The run folders of A against B. The second one is performed when the first is done."""
    require(options.against is not None, "Say which dataset to compare with.")
    first = create(options, path=path, folder=folder)
    return first, _join(first, create(_other(options), path=_second_path(first)))


def _complete_pair(run: Run) -> None:
    """Make what is missing of a pair that a kill left half made; nothing for any other training."""
    options = options_of(run, TrainOptions)
    if options.against is None or (run.path / PARTNER).exists() or run.metrics() or run.name.endswith(SECOND):
        return
    path = _second_path(run)
    made = is_run(path) and options_of(open_run(path), TrainOptions) == _other(options)
    _join(run, open_run(path) if made else create(_other(options), path=path))


def _other(options: TrainOptions) -> TrainOptions:
    return replace(options, dataset=str(options.against), against=options.dataset)


def _second_path(first: Run) -> Path:
    return first.path.with_name(f"{first.name}{SECOND}")


def _join(first: Run, second: Run) -> Run:
    """Each knows the other, the first one last: with that the pair is whole."""
    Worker(second).postpone("Its turn comes when the other dataset has been trained on.")
    for run, partner in ((second, first), (first, second)):
        write_atomic(run.path / PARTNER, partner.name.encode())
    return second


def partner_of(run: Run) -> Run | None:
    """The other training of A against B; None for one of its own, or where the other one is gone."""
    try:
        name = (run.path / PARTNER).read_text(encoding="utf-8")
        return open_run(run.path.with_name(name))
    except (OSError, RunError):
        return None


def estimate(options: TrainOptions, console: Console) -> None:
    """Say how long the training would take, from a few of its steps on noise."""
    from hyperface import training

    options.check()
    sizes = [image_count(Path(path)) for path in (options.dataset, options.against) if path is not None]
    images = min(sizes) * len(sizes) * options.epochs * (1 - options.validation_share)
    speed = training.measure_speed(
        backbone=options.backbone,
        head=options.head,
        batch_size=options.batch_size,
        input_size=options.input_size,
        device=options.device,
        precision=options.precision,
    )
    seconds = images / speed
    console.say(
        f"about {duration(seconds)}: {images:,.0f} images at {speed:.0f} a second",
        images=round(images),
        images_per_second=speed,
        seconds=seconds,
    )


def image_count(dataset: Path) -> int:
    """How many images a dataset has, or will have when it is drawn."""
    from hyperface import datasets

    if not is_run(dataset):
        return len(datasets.open(dataset))
    options = options_of(open_run(dataset), generate.GenerateOptions)
    return generate.identity_count(options) * options.images_per_identity


def _pair(run: Run) -> list[Run]:
    return [each for each in (run, partner_of(run)) if each is not None]


def _discard(run: Run) -> None:
    for each in _pair(run):
        runs.delete(each)


def _work(worker: Worker, console: Console) -> None:
    options = options_of(worker.run, TrainOptions)
    _keep_start(worker, console, options)
    for dataset in filter(None, (options.dataset, options.against)):
        if is_run(dataset):
            _finish_dataset(worker, open_run(dataset), console)
    _train(worker, console, options)


def _keep_start(worker: Worker, console: Console, options: TrainOptions) -> None:
    """The weights that a training begins with, in its own folder: it can be continued without whose they were.

    InputError for a recogniser that is no backbone.
    """
    kept = worker.path / START
    if options.start is None or kept.is_file():
        return
    from hyperface.recognizers.backbones import BackboneRecognizer
    from hyperface.recognizers.checkpoints import save_backbone

    recognizer = models.load(options.start, console, color=options.color)
    if not isinstance(recognizer, BackboneRecognizer):
        raise InputError(
            f"{recognizer.name} cannot be trained further: its weights are no network of torch's that is known here. "
            "Name a run of `train`, or a network with its weights: ir_50:weights.ckpt."
        )
    save_backbone(recognizer, kept)


def _follow(options: TrainOptions, run: Path) -> None:
    """Train with the first process; all of them must see the folders."""
    dataset, resume, _ = load_training(options, run)
    Ranks.current().take_along(training_steps(options, dataset, resume, run))


def _told(run: Run) -> str:
    results = run.results()
    if not results or results["loss"] is None:
        return f"nothing was trained yet\n{run.path}"
    validation = results["validation"]
    held_out = "" if validation is None else f", verification on held-out identities {100 * validation:.1f} %"
    if validation is not None and validation <= 0.5:
        held_out += ", no better than guessing: every face gets about the same embedding"
    accuracy = f"training accuracy {100 * results['accuracy']:.1f} %"
    held_out += "".join(f", {name} {100 * value:.1f} %" for name, value in results.get("watched", {}).items())
    return f"loss {results['loss']:.3f}, {accuracy}{held_out}\n{run.path}"


JOB = Job(
    "train",
    _work,
    _told,
    belonging=_pair,
    complete=_complete_pair,
    discard=_discard,
    follow=_follow,
    patience=PATIENCE,
    anew=("epochs", "learning_rate", "schedule", "watch"),
    longer=("epochs",),
)


def _finish_dataset(worker: Worker, dataset: Run, console: Console) -> None:
    """Draw what a dataset lacks, telling both run folders how it goes."""
    status = dataset.status()
    if status.state == DONE:
        return
    if status.state == RUNNING:
        raise RunError(f"The dataset {dataset.name} is still being drawn. Train when it is finished.")

    def tell(status: RunStatus) -> None:
        worker.progress(0, None, f"Dataset first: {status.message}")

    drawing = Worker(dataset, on_status=tell)
    with drawing.working():
        generate.draw(drawing, console)
    worker.check_stop()
    if dataset.status().state != DONE:
        raise StopRequested


def load_training(options: TrainOptions, run: Path) -> tuple[LabeledImages, dict[str, torch.Tensor] | None, int]:
    """The dataset, cut to what the one it is compared with allows; the state to resume from, and its step."""
    from hyperface import datasets

    dataset = datasets.open(_images_of(options.dataset))
    if options.against is not None:
        other = datasets.open(_images_of(options.against))
        identities, images = datasets.equal_budget(dataset, other, seed=options.seed)
        dataset = dataset.limited(identities=identities, images=images, seed=options.seed)
    return dataset, *load_checkpoint(run / names.CHECKPOINT)


def _images_of(path: str) -> Path:
    return Path(path) / names.DATASET if is_run(path) else Path(path)


def training_steps(
    options: TrainOptions, dataset: LabeledImages, resume: dict[str, torch.Tensor] | None, run: Path
) -> Generator[TrainingStep, None, BackboneRecognizer]:
    """The steps that the options ask for; the same call in every process."""
    from hyperface import training
    from hyperface.recognizers.checkpoints import load_recognizer

    return training.train(
        dataset,
        backbone=options.backbone,
        start=None if options.start is None else load_recognizer(run / START),
        frozen_stages=options.freeze,
        head=options.head,
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        schedule=options.schedule,
        validation_share=options.validation_share,
        input_size=options.input_size,
        seed=options.seed,
        device=options.device,
        precision=options.precision,
        resume=resume,
    )


def _train(worker: Worker, console: Console, options: TrainOptions) -> None:
    worker.progress(0, message="Opening the dataset")
    benchmarks = watched_benchmarks(options.watch)
    dataset, resume, resumed_at = load_training(options, worker.path)
    report_skipped(console, dataset.skipped)
    worker.forget_after(resumed_at)
    ranks = Ranks.current()
    ranks.tell(options, worker.path)
    steps = ranks.leading(training_steps(options, dataset, resume, worker.path))
    work = _Training(worker, console, options, dataset, benchmarks)
    with tracked(worker.run) as track:
        Driver(console, worker).follow(
            steps,
            "training",
            "step",
            work.report,
            log=True,
            each=lambda step: track({**_figures(step), **work.watched_figures()}),
            save=work.save,
            finish=work.finish,
            spoilt_by=(TrainingError,),
        )


class _Training:
    """What is told and kept of a training's steps."""

    def __init__(
        self,
        worker: Worker,
        console: Console,
        options: TrainOptions,
        dataset: LabeledImages,
        benchmarks: list[Benchmark],
    ) -> None:
        self.worker, self.console, self.options, self.dataset = worker, console, options, dataset
        self.benchmarks = benchmarks
        self.watched: dict[str, float] = {}
        self._begun = False

    def report(self, step: TrainingStep) -> Report:
        if not self._begun:
            report_skipped(self.console, step.skipped)
            self._begun = True
        if step.guesses is not None and not (self.worker.path / PAIRS).is_file():
            write_atomic(self.worker.path / PAIRS, _pairs_file(step.guesses))
        message = f"Epoch {step.epoch} of {self.options.epochs}, step {step.step:,}"
        kept = {**_guessed(step), **self._look(step)}
        return Report(step.step, step.total, _figures(step), message, step.seconds_left, kept)

    def _look(self, step: TrainingStep) -> dict[str, Any]:
        """What the watched benchmarks say at the end of an epoch."""
        if not self.benchmarks or step.step % (step.total // self.options.epochs):
            return {}
        self.watched = measured(step, self.benchmarks)
        return {"watched": self.watched}

    def watched_figures(self) -> dict[str, float]:
        """As other figures are named."""
        return {f"watched/{name}": value for name, value in self.watched.items()}

    def save(self, step: TrainingStep) -> None:
        if step.is_sound():  # what is on disk is always the last good state
            save_checkpoint(self.worker.path / names.CHECKPOINT, step.state, step.step)

    def finish(self, step: TrainingStep) -> None:
        """Stopped, too: what was learnt so far is a recogniser to be evaluated."""
        from hyperface import training

        if not step.is_sound():
            raise TrainingError(
                f"After step {step.step} the network gives no numbers any more. A lower learning rate usually helps; "
                "the last checkpoint is still good, and --resume with another --learning-rate goes on from it."
            )
        with atomic_path(self.worker.path / names.MODEL) as temporary:
            training.save_recognizer(step, temporary)
        size = {"identities": self.dataset.identities, "images": len(self.dataset)}
        told = {"watched": self.watched} if self.watched else {}
        self.worker.write_results({**_figures(step), **size, **told})
        self.save(step)


def _guessed(step: TrainingStep) -> dict[str, Any]:
    """What the network says of the pairs of PAIRS: their cosines, and the line above which they are one person."""
    if step.guesses is None:
        return {}
    return {"guesses": step.guesses.cosines.round(4).tolist(), "line": round(step.guesses.line, 4)}


def _pairs_file(guesses: Guesses) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(buffer, pictures=guesses.pictures, same=guesses.same)
    return buffer.getvalue()


def _figures(step: TrainingStep) -> dict[str, Any]:
    return {key: getattr(step, key) for key in FIGURES}
