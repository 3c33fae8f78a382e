"""Make a benchmark, a .bin pack as InsightFace's, of photos and a list of their pairs, or of rendered heads.

SOURCE is a folder with LFW's pairs.txt or with pairs.csv (columns image1, image2, same) in it, or such a list itself;
or NAME:FOLDER, the official release of a known benchmark, such as cfp_fp:cfp-dataset or rfw_african:RFW; or the word
lfw, which downloads LFW with scikit-learn; or rendered_everyday, rendered_cross_pose, rendered_cross_age,
rendered_frontal_profile or rendered_large_age_gap, which is drawn with as many pairs as are asked for. Images of
112×112 pixels are taken as aligned, of all others the face is found and aligned. In the folder HYPERFACE_BENCHMARKS, a
pack is known by its name to `evaluate` and to the app. NAME is one of
lfw, cplfw, calfw, cfp_ff, cfp_fp, agedb_30, xqlfw, rfw_african, rfw_asian, rfw_caucasian, rfw_indian.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import (
    DETECTOR_HELP,
    add_aligned_argument,
    add_estimate_argument,
    add_json_argument,
)
from hyperface.defaults import DETECTOR
from hyperface.jobs.benchmark import LFW, make
from hyperface.jobs.console import Console
from hyperface.jobs.estimating import estimate

HELP = "make a benchmark of photos and a list of pairs, or of rendered heads"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help=f"a folder, a list, NAME:FOLDER, {LFW}, or rendered_…")
    parser.add_argument("--output", "-o", type=Path, required=True, metavar="FILE", help="the pack: a name ending .bin")
    parser.add_argument("--title", help="what the benchmark is called in tables (default: its name)")
    parser.add_argument("--detector", default=DETECTOR, metavar="NAME", help=f"what finds the faces: {DETECTOR_HELP}")
    add_aligned_argument(parser.add_argument)
    parser.add_argument("--pairs", type=int, default=3000, metavar="N", help="of a rendered one (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of a rendered one's people (default 1)")
    add_estimate_argument(parser)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""

    def work(console: Console, output: Path) -> None:
        make(
            arguments.source,
            output,
            console,
            title=arguments.title,
            detector=arguments.detector,
            aligned=arguments.aligned,
            pairs=arguments.pairs,
            seed=arguments.seed,
        )

    if arguments.estimate:
        estimate(lambda watching, folder: work(watching, folder / arguments.output.name), console)
    else:
        work(console, arguments.output)
