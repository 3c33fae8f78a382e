"""Measure recognisers on IJB-B or IJB-C: templates of several photos each, compared 1:1 and searched 1:N.

FOLDER is the benchmark as InsightFace lays it out: loose_crop/ beside meta/ with ijbc_name_5pts_score.txt,
ijbc_face_tid_mid.txt, ijbc_template_pair_label.txt and, for 1:N, the lists of two galleries and of the probes (ijbb_…
for IJB-B). The photos are NIST's, who gives them out on request. Photos of a medium are averaged, media are added, each
photo counting by the length of its feature and the detector's confidence; TAR at FARs down to 1e-6, rank 1, 5 and 10,
TPIR at FPIR 0.01 and 0.1. The run folder gets results.json, results.csv and a page with the curves in report.html.
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
from hyperface.jobs.ijb import JOB, IjbOptions, create
from hyperface.jobs.models import absolute

HELP = "measure recognisers on IJB-B or IJB-C"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = IjbOptions("")
    parser.add_argument(
        "folder", nargs="?", metavar="FOLDER", help="with loose_crop/ and meta/; required unless resuming"
    )
    add = parser.add_argument_group("evaluation").add_argument
    add_models_argument(add)
    add("--batch-size", type=int, default=default.batch_size, metavar="N", help="default %(default)s")
    add_color_argument(add)
    add_compute_arguments(add)
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="ijb", changes=changes_of(arguments))
    require(arguments.folder is not None, "Say where the benchmark is: hyperface ijb FOLDER.")
    default = IjbOptions("")
    options = IjbOptions(
        folder=str(Path(arguments.folder).absolute()),
        models=tuple(absolute(model) for model in arguments.models or default.models),
        batch_size=arguments.batch_size,
        device=arguments.device,
        precision=arguments.precision,
        color=arguments.color,
    )
    begin(JOB, lambda path: create(options, path=path), arguments, console, alike=len(options.models))
