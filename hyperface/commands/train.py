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
from dataclasses import fields
from pathlib import Path

from hyperface.commands.arguments import add_color_argument, add_compute_arguments, add_run_arguments, changes_of
from hyperface.errors import require
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.models import absolute
from hyperface.jobs.train import JOB, TrainOptions, create, create_pair, estimate
from hyperface.runs import Run

HELP = "train a recogniser on a dataset"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = TrainOptions("")
    add = parser.add_argument_group("training").add_argument
    add("--dataset", metavar="PATH", help="run folder of `generate`, or a dataset on disk; required unless resuming")
    add("--backbone", default=default.backbone, metavar="NAME", help="the network (default %(default)s)")
    add(
        "--from",
        dest="start",
        metavar="MODEL",
        help="begin with the weights of this model, with a new head, instead of from scratch: a run folder of `train`, "
        "its .safetensors, or a network and its weights (ir_50:weights.ckpt); it brings its own network and input size",
    )
    add(
        "--freeze",
        type=int,
        default=default.freeze,
        metavar="STAGES",
        help="with --from: so many of the network's first stages stay as they are (default %(default)s)",
    )
    add_color_argument(add)
    add("--head", default=default.head, metavar="NAME", help="the margin head (default %(default)s)")
    add("--epochs", type=int, default=default.epochs, metavar="N", help="default %(default)s")
    add("--batch-size", type=int, default=default.batch_size, metavar="N", help="default %(default)s")
    add("--learning-rate", type=float, metavar="RATE", help="default: tuned to the batch size; a tenth with --from")
    add(
        "--schedule",
        default=default.schedule,
        choices=("cosine", "step"),
        help="how the learning rate falls after its warm-up (default %(default)s)",
    )
    add(
        "--optimizer",
        choices=("sgd", "muon"),
        help="what moves the weights (default: muon for small, sgd for the other networks and with --from)",
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
    add(
        "--watch",
        action="append",
        metavar="BENCHMARK",
        help="measure this benchmark, a name or a .bin pack, after each epoch; may be given several times. It is "
        "kept in metrics.jsonl and results.json and plotted by Trackio and TensorBoard; no checkpoint is picked by it",
    )
    add("--seed", type=int, default=default.seed, help="default %(default)s")
    add_compute_arguments(add, precision=default.precision, but="which rounds the gradients")
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="train", changes=changes_of(arguments))
    require(arguments.dataset is not None, "Say what to train on: --dataset with a run folder or a dataset.")
    values = {field.name: getattr(arguments, field.name) for field in fields(TrainOptions)}
    values["watch"] = tuple(absolute(name) for name in arguments.watch or ())
    for key in ("dataset", "against"):
        values[key] = None if values[key] is None else str(Path(values[key]).absolute())
    if arguments.start is not None:
        brought = sorted({"backbone", "input_size"} & getattr(arguments, "given", frozenset()))
        require(not brought, f"--from brings its own network: leave --{'-'.join(brought[:1]).replace('_', '-')} out.")
        values["start"] = absolute(arguments.start)
    options = TrainOptions(**values)
    if arguments.estimate:
        return estimate(options, console)

    def make() -> Run:
        alone = options.against is None
        return create(options, path=arguments.run) if alone else create_pair(options, path=arguments.run)[0]

    places.begin(JOB, make, console, device=options.device)
