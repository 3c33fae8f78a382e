"""Run a whole experiment, and write a report of it.

packed-vs-random: identities taken at random against packed ones, with the same generator and the same budget, each with
several draws of people, evaluated on the rendered benchmarks that ship and on larger ones, which are rendered when they
are first needed. The run folder gets report.html, difference.svg, results.json with every trial, and the datasets. How
long it will take is said first. A study that is stopped or killed goes on with the trial it was at.
"""

from __future__ import annotations

import argparse
from dataclasses import fields

from hyperface.commands.arguments import GENERATOR_HELP, absolute_weights, add_run_arguments, changes_of
from hyperface.commands.beginning import begin
from hyperface.defaults import BETA, PAIRS
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.evaluate import absolute_benchmark
from hyperface.jobs.job import as_option
from hyperface.jobs.models import absolute
from hyperface.jobs.study import EXPERIMENTS, JOB, StudyOptions, create

SPANS = ", ".join(f"{pair.span} for {pair.generator}" for pair in PAIRS)
HELP = "run a whole experiment: packed against random identities"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = StudyOptions()
    add = parser.add_argument_group("study").add_argument
    add("experiment", nargs="?", choices=EXPERIMENTS, default=default.experiment, help="default %(default)s")
    add("--draws", type=int, default=default.draws, metavar="N", help="of people (default %(default)s)")
    add("--seeds", type=int, default=default.seeds, metavar="N", help="trainings of each draw (default %(default)s)")
    add(
        "--arms",
        nargs="+",
        default=default.arms,
        metavar="ARM",
        help="what is compared with the first: random, packed (inside the gallery's span), packed-full-sphere, greedy "
        "(faces of the gallery chosen far apart) (default: random packed)",
    )
    add(
        "--identities",
        type=int,
        nargs="+",
        metavar="N",
        help="people of each trial; several numbers are compared at equally many images in all (default 100)",
    )
    add("--images-per-identity", type=int, metavar="N", help="with the first number of people (default 16)")
    add("--epochs", type=int, metavar="N", help="default 8")
    add("--backbone", metavar="NAME", help="default small")
    add("--head", metavar="NAME", help="default adaface")
    add("--batch-size", type=int, metavar="N", help="default 128")
    add("--learning-rate", type=float, metavar="RATE", help="default: the backbone's own")
    add("--optimizer", choices=("sgd", "muon"), help="default: the backbone's own")
    add("--input-size", type=int, metavar="PIXELS", help="default: the backbone's own")
    add(
        "--beta",
        type=float,
        help=f"variance of an identity's embedding from image to image (default: the generator's own, {BETA} for gan, "
        "0 for heads)",
    )
    add("--alpha", type=float, help="of the packing: how strongly it stays near the gallery (default 0.5)")
    add("--span", type=int, metavar="N", help=f"principal directions of the gallery to pack in (default {SPANS})")
    add(
        "--correct",
        type=int,
        metavar="N",
        help="rounds in which every arm's requests are corrected by what is drawn (default 0)",
    )
    add("--benchmarks", nargs="+", metavar="NAME", help="default: the five rendered ones that ship")
    add(
        "--pairs",
        type=int,
        metavar="N",
        help="of each of five larger rendered benchmarks; 0 for those named only (default 3000)",
    )
    add("--pairs-seed", type=int, metavar="N", help="of whom they show (default 1)")
    add("--gallery", default=default.gallery, metavar="NAME", help="a name or a file (default %(default)s)")
    add("--generator", metavar="NAME", help=GENERATOR_HELP)
    add("--device", default=default.device, help="where torch trains: cpu, cuda … (default %(default)s)")
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="study", changes=changes_of(arguments))
    values = {field.name: as_option(getattr(arguments, field.name)) for field in fields(StudyOptions)}
    values["gallery"], values["generator"] = absolute(arguments.gallery), absolute_weights(arguments.generator)
    if arguments.benchmarks:
        values["benchmarks"] = tuple(map(absolute_benchmark, arguments.benchmarks))
    begin(JOB, lambda path: create(StudyOptions(**values), path=path), arguments, console)
