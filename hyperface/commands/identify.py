"""Measure identification: of everybody in a dataset one image is enrolled, and all others are searched among them.

DATASET is a run folder of `generate`, or a dataset on disk. Rank 1: the share of searches that return the right person.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import RECOGNIZER_HELP, add_compute_arguments, add_json_argument
from hyperface.jobs.base import Console
from hyperface.jobs.dataset import dataset_path, report_skipped
from hyperface.jobs.identify import RANKS, embed
from hyperface.jobs.models import absolute, load

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
    add_compute_arguments(add)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    from hyperface import datasets, evaluation

    dataset = datasets.open(dataset_path(arguments.dataset))
    report_skipped(console, dataset.skipped)
    for model in arguments.models or ["dlib"]:
        recognizer = load(absolute(model), console, device=arguments.device, precision=arguments.precision)
        images = embed(dataset, recognizer, console, arguments.images_per_identity)
        found = evaluation.identify(images)
        low, high = found.interval()
        ranks = {rank: found.rate(rank) for rank in RANKS if rank <= found.enrolled}
        shown = ", ".join(f"rank {rank} {100 * rate:.2f} %" for rank, rate in ranks.items())
        console.say(
            f"{recognizer.name}: {shown} (95 % interval of rank 1: {100 * low:.2f} to {100 * high:.2f} %); "
            f"{len(found.ranks):,} searches among {found.enrolled:,} people",
            model=model,
            searches=len(found.ranks),
            enrolled=found.enrolled,
            rates=ranks,
            rank_1_interval=[low, high],
            cumulative_match=found.cumulative_match.tolist(),
        )
