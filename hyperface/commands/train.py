"""Train a recogniser on a dataset of labelled faces.

The run folder gets recognizer.safetensors, which `evaluate --model` and the app open, and every step's figures. A
dataset that is not finished yet is finished first. Validation is on identities that are never trained on.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface import runs
from hyperface.commands import generate
from hyperface.commands.base import Console, add_run_arguments, already_done, begin, is_run, require, resumable
from hyperface.commands.checkpoints import load_checkpoint, save_checkpoint
from hyperface.commands.dataset import report_skipped
from hyperface.errors import RunError
from hyperface.runs import DONE, Run, StopRequested, Worker, open_run

if TYPE_CHECKING:
    from hyperface.training import TrainingStep

HELP = "train a recogniser on a dataset"
RECOGNIZER = "recognizer.safetensors"
CHECKPOINT_SECONDS = 20.0
FIGURES = ("step", "epoch", "loss", "accuracy", "learning_rate", "images_per_second", "validation")


@dataclass(frozen=True)
class TrainOptions:
    """What a training is asked to do; the meaning of each is in `add_arguments`. dataset: an absolute path."""

    dataset: str
    backbone: str = "small"
    head: str = "adaface"
    epochs: int = 10
    batch_size: int = 128
    learning_rate: float | None = None
    validation_share: float = 0.1
    seed: int = 0
    device: str = "cpu"

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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = TrainOptions("")
    add = parser.add_argument_group("training").add_argument
    add("--dataset", metavar="PATH", help="run folder of `generate`, or a dataset on disk; required unless resuming")
    add("--backbone", default=default.backbone, metavar="NAME", help="the network (default %(default)s)")
    add("--head", default=default.head, metavar="NAME", help="the margin head (default %(default)s)")
    add("--epochs", type=int, default=default.epochs, metavar="N", help="default %(default)s")
    add("--batch-size", type=int, default=default.batch_size, metavar="N", help="default %(default)s")
    add("--learning-rate", type=float, metavar="RATE", help="default: tuned to the batch size")
    add(
        "--validation-share",
        type=float,
        default=default.validation_share,
        metavar="SHARE",
        help="share of the identities kept for validation (default %(default)s)",
    )
    add("--seed", type=int, default=default.seed, help="default %(default)s")
    add("--device", default=default.device, help="where torch computes: cpu, cuda … (default %(default)s)")
    add_run_arguments(parser)


def create(options: TrainOptions, *, path: Path | None = None, folder: Path | None = None) -> Run:
    """Make the run folder of a training; an error first if the options cannot work."""
    options.check()
    dataset = Path(options.dataset)
    require(dataset.exists(), f"There is no dataset at {dataset}.")
    parents, what = [], dataset.name
    if is_run(dataset):
        origin = open_run(dataset)
        require(origin.verb == "generate", f"{dataset} is a run of `{origin.verb}`, not a dataset.")
        parents, what = [origin.name], origin.title
    title = f"{options.backbone} on {what}"
    slug = f"{options.backbone}-{options.head}"
    return runs.create("train", asdict(options), title=title, parents=parents, slug=slug, path=path, folder=folder)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        perform(resumable(arguments.resume, "train"), console)
    else:
        require(arguments.dataset is not None, "Say what to train on: --dataset with a run folder or a dataset.")
        values = {key: getattr(arguments, key) for key in TrainOptions.__dataclass_fields__}
        begin(
            create(TrainOptions(**{**values, "dataset": str(Path(arguments.dataset).absolute())}), path=arguments.run),
            console,
            perform,
        )


def perform(run: Run, console: Console) -> None:
    """Do, or continue, the training of a run folder."""
    if already_done(run, console):
        return
    options = TrainOptions(**run.options)
    worker = Worker(run)
    with worker.working():
        source = Path(options.dataset)
        if is_run(source):
            _finish_dataset(worker, open_run(source), console)
            source = source / "dataset"
        _train(worker, console, options, source)
    status = run.status()
    console.event("done", run=str(run.path), state=status.state, results=run.results())
    console.say(f"{_summary(run.results())}\n{run.path}")


def _finish_dataset(worker: Worker, dataset: Run, console: Console) -> None:
    """Draw what a dataset lacks, telling both run folders how it goes."""
    status = dataset.status()
    if status.state == DONE:
        return
    if status.state == "running":
        raise RunError(f"The dataset {dataset.name} is still being drawn. Train when it is finished.")

    def tell(status: runs.RunStatus) -> None:
        worker.progress(0, None, f"Dataset first: {status.message}")

    drawing = Worker(dataset, on_status=tell)
    with drawing.working():
        generate.draw(drawing, console)
    worker.check_stop()
    if dataset.status().state != DONE:
        raise StopRequested


def _train(worker: Worker, console: Console, options: TrainOptions, source: Path) -> None:
    from hyperface import datasets, training

    worker.progress(0, message="Opening the dataset")
    dataset = datasets.open(source)
    report_skipped(console, dataset.skipped)
    optional = {} if options.learning_rate is None else {"learning_rate": options.learning_rate}
    checkpoint = worker.path / "checkpoint.safetensors"
    resume, resumed_at = load_checkpoint(checkpoint)
    worker.forget_after(resumed_at)
    steps = training.train(
        dataset,
        backbone=options.backbone,
        head=options.head,
        epochs=options.epochs,
        batch_size=options.batch_size,
        validation_share=options.validation_share,
        seed=options.seed,
        device=options.device,
        resume=resume,
        **optional,
    )
    last: TrainingStep | None = None
    saved = time.monotonic()
    try:
        for step in steps:
            if last is None:
                report_skipped(console, step.skipped)
                console.begin("training", step.total, "step", initial=step.step)
            last = step
            metrics = {key: getattr(step, key) for key in FIGURES}
            worker.log(metrics)
            console.step(step.step, metrics)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                save_checkpoint(checkpoint, step.state, step.step)
                saved = time.monotonic()
            worker.progress(
                step.step / step.total, step.seconds_left, f"Epoch {step.epoch} of {options.epochs}, step {step.step:,}"
            )
    finally:
        steps.close()
        if last is not None:  # stopped, too: what has been learnt so far is a recogniser that can be evaluated
            save_checkpoint(checkpoint, last.state, last.step)
            _finish(worker, options, last)


def _finish(worker: Worker, options: TrainOptions, step: TrainingStep) -> None:
    from hyperface import training

    with runs.atomic_path(worker.path / RECOGNIZER) as temporary:
        training.save_recognizer(step, temporary)
    worker.write_results({key: getattr(step, key) for key in FIGURES})


def _summary(results: dict[str, Any]) -> str:
    if not results or results["loss"] is None:
        return "nothing was trained yet"
    validation = results["validation"]
    held_out = "" if validation is None else f", verification on held-out identities {100 * validation:.1f} %"
    return f"loss {results['loss']:.3f}, training accuracy {100 * results['accuracy']:.1f} %{held_out}"
