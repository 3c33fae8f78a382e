"""Training a recogniser on a dataset of labelled faces, as a run; A against B as two."""

from __future__ import annotations

import datetime
from pathlib import Path

from hyperface.errors import InputError, RunError
from hyperface.jobs import generate, models
from hyperface.jobs.console import Console
from hyperface.jobs.job import Job, options_of
from hyperface.jobs.train.duration import estimate, image_count
from hyperface.jobs.train.options import TrainOptions, create
from hyperface.jobs.train.pair import complete_pair, create_pair, discard, pair_of, partner_of
from hyperface.jobs.train.work import PAIRS, START, learn, load_training, training_steps
from hyperface.ranks import Ranks
from hyperface.runs import DONE, RUNNING, Run, RunStatus, StopRequested, Worker, is_run, open_run

__all__ = ["JOB", "PAIRS", "TrainOptions", "create", "create_pair", "estimate", "image_count", "partner_of"]

PATIENCE = datetime.timedelta(days=1)  # that processes wait for each other: the first may have a dataset to draw


def _work(worker: Worker, console: Console) -> None:
    options = options_of(worker.run, TrainOptions)
    _keep_start(worker, console, options)
    for dataset in filter(None, (options.dataset, options.against)):
        if is_run(dataset):
            _finish_dataset(worker, open_run(dataset), console)
    learn(worker, console, options)


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
    belonging=pair_of,
    complete=complete_pair,
    discard=discard,
    follow=_follow,
    patience=PATIENCE,
    anew=("epochs", "learning_rate", "schedule", "watch"),
    longer=("epochs",),
)
