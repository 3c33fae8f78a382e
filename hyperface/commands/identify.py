"""Measure identification: of everybody in a dataset one image is enrolled, and all others are searched among them.

DATASET is a run folder of `generate`, or a dataset on disk. Rank 1: the share of searches that return the right person.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import RECOGNIZER_HELP, add_color_argument, add_compute_arguments, add_json_argument
from hyperface.defaults import RECOGNIZER
from hyperface.jobs.console import Console
from hyperface.jobs.identify import identify

HELP = "measure how well recognisers identify"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("dataset", type=Path, metavar="DATASET", help="a run folder of `generate`, or a dataset on disk")
    add(
        "--model",
        dest="models",
        action="append",
        metavar="MODEL",
        help=f"{RECOGNIZER_HELP}; may be given more than once (default dlib)",
    )
    add("--images-per-identity", type=int, metavar="N", help="only the first so many images of each (default: all)")
    add_color_argument(add)
    add_compute_arguments(add)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    identify(
        arguments.dataset,
        arguments.models or [RECOGNIZER],
        console,
        images_per_identity=arguments.images_per_identity,
        device=arguments.device,
        precision=arguments.precision,
        color=arguments.color,
    )
