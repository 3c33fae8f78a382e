"""Make a benchmark, a .bin pack as InsightFace's, of photos and a list of their pairs.

SOURCE is a folder with LFW's pairs.txt or with pairs.csv (columns image1, image2, same) in it, or such a list itself;
or the word lfw, which downloads LFW with scikit-learn. Images of 112×112 pixels are taken as aligned, of all others the
face is found and aligned. In the folder HYPERFACE_BENCHMARKS, a pack is known by its name to `evaluate` and to the app.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import DETECTOR_HELP, add_json_argument
from hyperface.jobs.base import Console, require
from hyperface.jobs.benchmark import LFW, prepare

HELP = "make a benchmark of photos and a list of pairs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help=f"a folder, pairs.txt or a CSV file, or {LFW} to download LFW")
    parser.add_argument("--output", "-o", type=Path, required=True, metavar="FILE", help="the pack: a name ending .bin")
    parser.add_argument("--title", help="what the benchmark is called in tables (default: its name)")
    parser.add_argument("--detector", default="dlib", metavar="NAME", help=f"what finds the faces: {DETECTOR_HELP}")
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    from hyperface.evaluation import fetch_lfw, read_pair_list, save_benchmark

    output: Path = arguments.output
    require(output.suffix == ".bin", f"A pack's name ends in .bin; {output.name} does not.")
    require(output.absolute().parent.is_dir(), f"The folder of {output} does not exist. Make it first.")
    title = arguments.title or output.stem
    if arguments.source == LFW and not Path(LFW).exists():
        console.say("LFW: downloading about 230 MB, unless scikit-learn has it already")
        pairs, title = read_pair_list(fetch_lfw()), arguments.title or "LFW"
    else:
        pairs = read_pair_list(Path(arguments.source))
    benchmark = prepare(pairs, console, detector=arguments.detector, title=title)
    save_benchmark(benchmark, output)
    console.event("done", output=str(output), pairs=len(benchmark), same=int(benchmark.same.sum()))
    console.say(f"{output}: {len(benchmark):,} pairs. {benchmark.note}")
