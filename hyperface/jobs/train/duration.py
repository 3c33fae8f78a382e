"""How long a training would take."""

from __future__ import annotations

from pathlib import Path

from hyperface.jobs import generate
from hyperface.jobs.console import Console
from hyperface.jobs.job import options_of
from hyperface.jobs.train.options import TrainOptions
from hyperface.runs import is_run, open_run
from hyperface.words import duration


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
