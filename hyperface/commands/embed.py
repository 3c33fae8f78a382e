"""Turn photos into embeddings.

The largest face of each photo (or all of them) is found, aligned and embedded. The output's suffix says its format:
.npz (arrays embeddings (n, d) float32, files, boxes, landmarks, confidences …), .csv or .parquet (a row for each face).
Photos that cannot be read, or show no face, are left out and listed with the reason in <output>.left-out.csv.

Work that was broken off is continued by the same command.
"""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

from hyperface.commands.arguments import (
    DETECTOR_HELP,
    RECOGNIZER_HELP,
    add_aligned_argument,
    add_color_argument,
    add_compute_arguments,
    add_estimate_argument,
    add_json_argument,
)
from hyperface.defaults import DETECTOR, RECOGNIZER
from hyperface.jobs.console import Console
from hyperface.jobs.embed import SUFFIXES, EmbedOptions, embed
from hyperface.jobs.estimating import estimate

HELP = "turn photos into embeddings"
CONTINUED_BY = "the same command"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("photos", type=Path, metavar="FOLDER", help="folder of photos, with all below it, or one photo")
    add("--output", "-o", type=Path, required=True, metavar="FILE", help=f"one of {', '.join(SUFFIXES)}")
    add("--recognizer", default=RECOGNIZER, metavar="NAME", help=f"{RECOGNIZER_HELP} (default %(default)s)")
    add("--detector", default=DETECTOR, metavar="NAME", help=DETECTOR_HELP)
    add("--all-faces", action="store_true", help="every face of a photo, not only the largest")
    add("--any-orientation", action="store_true", help="photos may be turned by 90 or 180 degrees (four times slower)")
    add_aligned_argument(add)
    add("--crops", type=Path, metavar="DIR", help="also write each aligned face here, as PNG")
    add("--workers", type=int, metavar="N", help="photos looked at side by side (default: one for each core)")
    add("--fresh", action="store_true", help="begin again, forgetting what an earlier, broken-off call has done")
    add_color_argument(add)
    add_compute_arguments(add)
    add_estimate_argument(parser)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    options = EmbedOptions(**{field.name: getattr(arguments, field.name) for field in fields(EmbedOptions)})
    if not arguments.estimate:
        return embed(options, console)

    def work(watching: Console, folder: Path) -> None:
        crops = None if options.crops is None else folder / "crops"
        embed(replace(options, output=folder / options.output.name, crops=crops), watching)

    estimate(work, console)
