"""Audit a dataset for leakage: does it show people of another set, such as the gallery it was made from?

Each image is searched among the reference faces, a gallery or another dataset. The line is drawn where searches of
other people seldom reach (the false positive identification rate). The run folder gets the figures in results.json,
each identity's nearest reference in pairs.csv, a page with the pictures above the line in report.html, and the cosines
of all searches in searches.npz.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from hyperface.commands.arguments import (
    RECOGNIZER_HELP,
    add_color_argument,
    add_compute_arguments,
    add_run_arguments,
    changes_of,
)
from hyperface.commands.beginning import begin
from hyperface.errors import require
from hyperface.jobs import places
from hyperface.jobs.audit import JOB, AuditOptions, create
from hyperface.jobs.console import Console
from hyperface.jobs.models import absolute

HELP = "audit a dataset for people of another set"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = AuditOptions("")
    add = parser.add_argument_group("audit").add_argument
    add("--dataset", metavar="PATH", help="run folder of `generate`, or a dataset on disk; required unless resuming")
    add(
        "--reference",
        default=default.reference,
        metavar="NAME",
        help="a gallery, by name or file, or a dataset: whom the images must not show (default %(default)s)",
    )
    add(
        "--recognizer",
        metavar="NAME",
        help=f"what compares the faces: {RECOGNIZER_HELP} (default: the gallery's, or dlib)",
    )
    add(
        "--fpir",
        type=float,
        default=default.fpir,
        metavar="SHARE",
        help="share of searches of other people that reach the line (default %(default)s)",
    )
    add("--images-per-identity", type=int, metavar="N", help="only the first so many images of each (default: all)")
    add_color_argument(add)
    add_compute_arguments(add)
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="audit", changes=changes_of(arguments))
    require(arguments.dataset is not None, "Say which dataset to audit: --dataset.")
    values = {field.name: getattr(arguments, field.name) for field in fields(AuditOptions)}
    values["dataset"] = str(Path(arguments.dataset).absolute())
    values["reference"] = absolute(arguments.reference)
    if arguments.recognizer is not None:
        values["recognizer"] = absolute(arguments.recognizer)
    begin(JOB, lambda path: create(AuditOptions(**values), path=path), arguments, console)
