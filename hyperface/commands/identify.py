"""Measure identification: whose face is this?

DATASET is a run folder of `generate`, or a dataset on disk. Closed set: of everybody one image is enrolled, and all
others are searched among them; rank 1 is the share of searches that return the right person. Open set: half of the
people are enrolled, the others are strangers, and then the other way round; TPIR is the share of searches of enrolled
people that are named rightly, with a line that only the share FPIR of the strangers' searches come above.

The run folder gets the figures in results.json, a table in results.csv, a page with the curves in report.html, and in
scores/<number>.npz what every curve can be drawn from again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import (
    add_color_argument,
    add_compute_arguments,
    add_models_argument,
    add_run_arguments,
    changes_of,
)
from hyperface.commands.beginning import begin
from hyperface.errors import require
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.identify import JOB, IdentifyOptions, create
from hyperface.jobs.models import absolute

HELP = "measure how well recognisers identify"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = IdentifyOptions("")
    parser.add_argument("dataset", nargs="?", metavar="DATASET", help="required unless resuming")
    add = parser.add_argument_group("identification").add_argument
    add_models_argument(add)
    add("--images-per-identity", type=int, metavar="N", help="only the first so many images of each (default: all)")
    add(
        "--seed",
        type=int,
        default=default.seed,
        metavar="N",
        help="of who is enrolled first in the open set (default %(default)s)",
    )
    add_color_argument(add)
    add_compute_arguments(add)
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="identify", changes=changes_of(arguments))
    require(arguments.dataset is not None, "Say in which dataset to search: hyperface identify DATASET.")
    default = IdentifyOptions("")
    options = IdentifyOptions(
        dataset=str(Path(arguments.dataset).absolute()),
        models=tuple(absolute(model) for model in arguments.models or default.models),
        images_per_identity=arguments.images_per_identity,
        seed=arguments.seed,
        device=arguments.device,
        precision=arguments.precision,
        color=arguments.color,
    )
    begin(JOB, lambda path: create(options, path=path), arguments, console, alike=len(options.models))
