"""Measure how well recognisers verify faces: InsightFace's ten-fold protocol.

Every model is run on every benchmark. The run folder gets the figures in results.json, one entry for each pair of
model and benchmark, the same as a table in results.csv, a page with all curves in report.html, and the pairs' distances
in scores/<number>.npz (arrays distances and same), from which every curve can be drawn again.
"""

from __future__ import annotations

import argparse

from hyperface.commands.arguments import (
    add_color_argument,
    add_compute_arguments,
    add_models_argument,
    add_run_arguments,
    changes_of,
)
from hyperface.commands.beginning import begin
from hyperface.defaults import RELEASED_BENCHMARKS
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.evaluate import JOB, EvaluateOptions, absolute_benchmark, create
from hyperface.jobs.models import absolute

HELP = "measure how well recognisers verify faces"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = EvaluateOptions()
    add = parser.add_argument_group("evaluation").add_argument
    add_models_argument(add)
    add(
        "--benchmark",
        dest="benchmarks",
        action="append",
        metavar="NAME",
        help="a name, a .bin pack, or a folder of photos with pairs.txt or pairs.csv in it; may be given more than "
        "once (default rendered_everyday). As packs or official releases "
        f"{', '.join(RELEASED_BENCHMARKS)} are looked for in HYPERFACE_BENCHMARKS; a release elsewhere is NAME:FOLDER",
    )
    add("--batch-size", type=int, default=default.batch_size, metavar="N", help="default %(default)s")
    add_color_argument(add)
    add_compute_arguments(add)
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="evaluate", changes=changes_of(arguments))
    default = EvaluateOptions()
    options = EvaluateOptions(
        models=tuple(absolute(model) for model in arguments.models or default.models),
        benchmarks=tuple(absolute_benchmark(name) for name in arguments.benchmarks or default.benchmarks),
        batch_size=arguments.batch_size,
        device=arguments.device,
        precision=arguments.precision,
        color=arguments.color,
    )
    begin(
        JOB,
        lambda path: create(options, path=path),
        arguments,
        console,
        alike=len(options.models) * len(options.benchmarks),
    )
