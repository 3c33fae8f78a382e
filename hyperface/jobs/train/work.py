"""The training itself: from the dataset to what is told, saved and kept of its steps."""

from __future__ import annotations

import io
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface.errors import InputError, RunError, TrainingError
from hyperface.files import atomic_path, write_atomic
from hyperface.jobs import generate, models
from hyperface.jobs.checkpoints import load_checkpoint, save_checkpoint
from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.driver import Driver, Report
from hyperface.jobs.job import options_of
from hyperface.jobs.tracking import tracked
from hyperface.jobs.train.options import TrainOptions
from hyperface.jobs.watching import measured, watched_benchmarks
from hyperface.ranks import Ranks
from hyperface.runs import DONE, RUNNING, Run, RunStatus, StopRequested, Worker, is_run, names, open_run

if TYPE_CHECKING:
    import torch

    from hyperface.datasets import LabeledImages
    from hyperface.evaluation import Benchmark
    from hyperface.recognizers.backbones import BackboneRecognizer
    from hyperface.training import TrainingStep
    from hyperface.training.validation import Guesses

START = "start.safetensors"  # the weights that a training began with
PAIRS = "pairs.npz"  # a few pairs of held-out people: pictures uint8 (p, 2, h, w, 3), same bool (p,)
FIGURES = ("step", "epoch", "loss", "accuracy", "learning_rate", "images_per_second", "validation")


def perform(worker: Worker, console: Console) -> None:
    """Draw what the datasets lack, and train."""
    options = options_of(worker.run, TrainOptions)
    _keep_start(worker, console, options)
    for dataset in filter(None, (options.dataset, options.against)):
        if is_run(dataset):
            _finish_dataset(worker, open_run(dataset), console)
    _learn(worker, console, options)


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


def follow(options: TrainOptions, run: Path) -> None:
    """Train with the first process; all of them must see the folders."""
    dataset, resume, _ = _load(options, run)
    Ranks.current().take_along(_steps(options, dataset, resume, run))


def _load(options: TrainOptions, run: Path) -> tuple[LabeledImages, dict[str, torch.Tensor] | None, int]:
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


def _steps(
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
        optimizer=options.optimizer,
        validation_share=options.validation_share,
        input_size=options.input_size,
        seed=options.seed,
        device=options.device,
        precision=options.precision,
        resume=resume,
    )


def _learn(worker: Worker, console: Console, options: TrainOptions) -> None:
    """Train, and keep the recogniser; stopped, too."""
    worker.progress(0, message="Opening the dataset")
    benchmarks = watched_benchmarks(options.watch)
    dataset, resume, resumed_at = _load(options, worker.path)
    report_skipped(console, dataset.skipped)
    worker.forget_after(resumed_at)
    ranks = Ranks.current()
    ranks.tell(options, worker.path)
    steps = ranks.leading(_steps(options, dataset, resume, worker.path))
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
