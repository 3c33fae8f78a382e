"""Train a recogniser on a dataset of labelled faces.

The run folder gets recognizer.safetensors, which `evaluate --model` and the app open, and every step's figures. A
dataset that is not finished yet is finished first. Validation is on identities that are never trained on.

A against B: with --against a second dataset, both are trained on, one after the other in run folders of their own, with
as many identities, images and steps of each as the smaller one has, and the same seed.

Several processes share a training: `accelerate launch -m hyperface train …` or `torchrun --nproc-per-node 8 -m --
hyperface train --device cuda …`. The batch is divided among them, and the result is that of one process.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface import runs
from hyperface.commands.arguments import add_compute_arguments, add_run_arguments
from hyperface.errors import HyperFaceError
from hyperface.jobs.base import Console, begin, require, resumable
from hyperface.jobs.train import PATIENCE, TrainOptions, create, create_pair, estimate, perform
from hyperface.ranks import joined
from hyperface.runs import open_run

HELP = "train a recogniser on a dataset"


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
        "--schedule",
        default=default.schedule,
        choices=("cosine", "step"),
        help="how the learning rate falls after its warm-up (default %(default)s)",
    )
    add(
        "--input-size", type=int, metavar="PIXELS", help="what the network sees, 32 to 112 (default: the network's own)"
    )
    add("--against", metavar="PATH", help="a second dataset, to train on afterwards with the same budget")
    add(
        "--validation-share",
        type=float,
        default=default.validation_share,
        metavar="SHARE",
        help="share of the identities kept for validation (default %(default)s)",
    )
    add("--seed", type=int, default=default.seed, help="default %(default)s")
    add_compute_arguments(add, precision=default.precision, but="which rounds the gradients")
    add("--estimate", action="store_true", help="only tell how long it would take, from a few steps")
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments; launched in several processes, the first does, and the others work for it."""
    device = open_run(arguments.resume).options["device"] if arguments.resume else arguments.device
    with joined(device, PATIENCE) as ranks:
        if ranks.rank == 0:
            _execute(arguments, console)
            return ranks.dismiss()
        from hyperface.jobs.train_ranks import follow

        ranks.follow(follow)


def _execute(arguments: argparse.Namespace, console: Console) -> None:
    if arguments.resume:
        perform(resumable(arguments.resume, "train"), console)
        return
    require(arguments.dataset is not None, "Say what to train on: --dataset with a run folder or a dataset.")
    values = {key: getattr(arguments, key) for key in TrainOptions.__dataclass_fields__}
    for key in ("dataset", "against"):
        values[key] = None if values[key] is None else str(Path(values[key]).absolute())
    options = TrainOptions(**values)
    if arguments.estimate:
        estimate(options, console)
    elif options.against is None:
        begin(create(options, path=arguments.run), console, perform)
    else:
        first, second = create_pair(options, path=arguments.run)
        try:
            begin(first, console, perform)
        except HyperFaceError:
            if not first.path.exists():
                runs.delete(second)
            raise
