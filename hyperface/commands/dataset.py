"""Say what a dataset is, fuse it with others, check it, write it in another format, or upload it.

SOURCE is a run folder of `generate`, or a dataset on disk, recognised by its content: an image folder, also in a tar or
zip, a list of `path label` lines, Parquet, Arrow files, WebDataset, InsightFace's RecordIO or Vec2Face's LMDB. The
output is a folder that appears once all is there; images keep their bytes. Parquet and Arrow need pyarrow, LMDB the
packages lmdb and msgpack. --fuse is for sets of different people. Whether it helps, a training tells:
`train --dataset FUSED --against SOURCE` gives both the same budget. --push-to-hub uploads what --to wrote, or else the
source; Parquet is what the hub shows best. HF_TOKEN holds the token.

--measure looks at a dataset before anything is trained on it, and says of each figure what to do about it. Its run
folder is a new one, or --output.

--reproduce CARD packs and draws a dataset of `generate` again from its data card (dataset.json), in new run folders,
and says whether all pictures have the same bytes: exit status 0 if so, 2 if not. A card names no files: a gallery or
weights that do not ship are named with --gallery, --generator and --option, packed people that it cannot repeat with
--from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import (
    GENERATOR_HELP,
    RECOGNIZER_HELP,
    absolute_weights,
    add_compute_arguments,
    add_estimate_argument,
    add_json_argument,
    add_option_argument,
    option_values,
)
from hyperface.commands.beginning import begin
from hyperface.defaults import SECOND_RECOGNIZER
from hyperface.errors import require
from hyperface.jobs.console import Console
from hyperface.jobs.dataset import WRITABLE, handle
from hyperface.jobs.estimating import estimate
from hyperface.jobs.measure import JOB, MeasureOptions, create
from hyperface.jobs.models import absolute
from hyperface.jobs.reproduce import Named, reproduce

HELP = "describe, measure, fuse, check, convert, upload or make again a dataset"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        type=Path,
        nargs="?",
        metavar="SOURCE",
        help="a run folder of `generate`, or a dataset on disk; required unless reproducing",
    )
    parser.add_argument(
        "--fuse",
        type=Path,
        action="append",
        default=[],
        metavar="OTHER",
        help="add the people of another dataset, all of whom are others; may be given more than once",
    )
    parser.add_argument("--to", choices=WRITABLE, metavar="FORMAT", help=f"write it as one of {', '.join(WRITABLE)}")
    parser.add_argument("--output", "-o", type=Path, metavar="PATH", help="the new folder; required with --to")
    parser.add_argument(
        "--hold-out",
        type=float,
        metavar="SHARE",
        help="write so many of the identities, 0.1 for a tenth, to PATH-held-out instead, such as to evaluate on",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of who is held out or measured (default %(default)s)"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="read every image and say what looks wrong: broken or duplicate images, BGR, crops off the template, …",
    )
    parser.add_argument("--push-to-hub", metavar="OWNER/NAME", help="upload it to this dataset repository")
    parser.add_argument("--private", action="store_true", help="make that repository private if it is new")
    add = parser.add_argument_group("what a dataset is worth").add_argument
    add("--measure", action="store_true", help="say how far apart its people are, how they vary, whom it shows, …")
    add(
        "--recognizer",
        dest="recognizers",
        action="append",
        metavar="NAME",
        help=f"what looks at it beside dlib: {RECOGNIZER_HELP} (default {SECOND_RECOGNIZER}); may be given several "
        "times",
    )
    default = MeasureOptions("")
    add("--people", type=int, default=default.people, metavar="N", help="at most, at random (default %(default)s)")
    add("--pictures", type=int, default=default.pictures, metavar="N", help="at most, of each (default %(default)s)")
    add_compute_arguments(add)
    add = parser.add_argument_group("making a dataset again").add_argument
    add("--reproduce", type=Path, metavar="CARD", help="a dataset.json, or the dataset that it is in")
    add("--from", dest="packed", type=Path, metavar="PATH", help="the packed people: a run folder or a .npy file")
    add(
        "--gallery",
        metavar="NAME",
        help="what was packed from, by name or file (default: the card's, if it ships)",
    )
    add("--generator", metavar="NAME", help=GENERATOR_HELP)
    add_option_argument(add)
    add_estimate_argument(parser)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.reproduce is not None:
        return _reproduce(arguments, console)
    require(arguments.source is not None, "Say which dataset: a run folder of `generate`, or a dataset on disk.")

    if arguments.measure:
        return _measure(arguments, console)

    def work(console: Console, output: Path | None, push_to_hub: str | None = None) -> None:
        handle(
            arguments.source,
            console,
            others=arguments.fuse,
            check=arguments.check,
            to=arguments.to,
            output=output,
            hold_out=arguments.hold_out,
            seed=arguments.seed,
            push_to_hub=push_to_hub,
            private=arguments.private,
        )

    if arguments.estimate:
        estimate(lambda watching, folder: work(watching, arguments.output and folder / "out"), console)
    else:
        work(console, arguments.output, arguments.push_to_hub)


def _measure(arguments: argparse.Namespace, console: Console) -> None:
    allowed = {"source", "measure", "recognizers", "people", "pictures", "gallery", "seed", "device", "precision"}
    allowed |= {"output", "estimate", "json"}
    _require_only(arguments, allowed, "A dataset is measured by itself")
    options = MeasureOptions(
        dataset=str(arguments.source.absolute()),
        recognizers=tuple(map(absolute, arguments.recognizers or (SECOND_RECOGNIZER,))),
        gallery=None if arguments.gallery is None else absolute(arguments.gallery),
        people=arguments.people,
        pictures=arguments.pictures,
        seed=arguments.seed,
        device=arguments.device,
        precision=arguments.precision,
    )
    arguments.run = arguments.output
    begin(JOB, lambda path: create(options, path=path), arguments, console)


def _reproduce(arguments: argparse.Namespace, console: Console) -> None:
    allowed = {"reproduce", "output", "packed", "gallery", "generator", "generator_options", "estimate", "json"}
    _require_only(arguments, allowed, "A dataset is made again by itself")
    named = Named(
        arguments.packed,
        None if arguments.gallery is None else absolute(arguments.gallery),
        absolute_weights(arguments.generator),
        option_values(arguments.generator_options),
    )
    if arguments.estimate:
        estimate(lambda watching, folder: reproduce(arguments.reproduce, folder / "again", named, watching), console)
    else:
        reproduce(arguments.reproduce, arguments.output, named, console)


def _require_only(arguments: argparse.Namespace, allowed: set[str], reason: str) -> None:
    """InputError that names whatever was said besides what is allowed."""
    others = sorted(arguments.given - allowed - {"execute", "verb", "help"})
    require(not others, f"{reason}: leave out {', '.join(others)}.")
