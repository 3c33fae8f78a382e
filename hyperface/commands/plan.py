"""Say what a recipe will do, and what that will cost, before anything is begun.

A recipe (examples/recipes/) is one file for a whole pass: gallery, packing, dataset, training, evaluation. With
--commands its command lines are printed instead, as a script that a shell runs:

  hyperface plan RECIPE --runs runs/ldm --commands > pass.sh && sh pass.sh

Hours are of this machine where it has the device: a few batches of each stage are measured, with the real parts where
they are here, else with networks as large. Elsewhere, and with --published, they are of one NVIDIA H100. Each figure
says which, and whether it was measured or worked out.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from hyperface.commands.arguments import add_json_argument
from hyperface.errors import require
from hyperface.jobs.console import Console
from hyperface.jobs.costs import Costs, MeasuredCosts, costs_on
from hyperface.jobs.recipe import PAPER_PACKED, PAPER_PICTURES, Recipe, Stage, as_command
from hyperface.words import duration

HELP = "say what a recipe will do, and what it will cost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help="its file, such as examples/recipes/*.toml")
    parser.add_argument("--runs", default="runs", metavar="DIR", help="where its runs shall be (default %(default)s)")
    parser.add_argument("--device", default="cuda", help="where each verb computes (default %(default)s)")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="GPUs that share the work, by torchrun")
    parser.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="STAGE.OPTION=VALUE",
        help="change what the recipe says, such as train.epochs=5; may be given several times",
    )
    parser.add_argument("--published", action="store_true", help="measure nothing: hours of one H100")
    parser.add_argument("--commands", action="store_true", help="print the commands, as a script")
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    require(arguments.processes >= 1, f"At least one process does the work; {arguments.processes} were asked for.")
    recipe = Recipe.read(arguments.recipe, tuple(arguments.changes))
    if arguments.commands:
        console.say("set -e")
        for stage in recipe.stages(arguments.runs, device=arguments.device):
            console.say(as_command(stage, processes=arguments.processes))
        return
    costs, where = (Costs(), "") if arguments.published else costs_on(arguments.device)
    if where:
        console.remark(where, measuring=isinstance(costs, MeasuredCosts))
    stages = recipe.stages(arguments.runs, device=arguments.device, costs=costs)
    for stage in stages:
        console.event("plan", **asdict(stage))
    if not console.json_lines:
        on_gpu = not isinstance(costs, MeasuredCosts) or arguments.device.startswith("cuda")
        _tell(recipe, stages, arguments.processes, console, "GPU-hours" if on_gpu else "hours")


def _tell(recipe: Recipe, stages: tuple[Stage, ...], processes: int, console: Console, unit: str) -> None:
    console.say(f"{recipe.title}. {recipe.about}\n")
    for stage in stages:
        hours = "" if stage.hours is None else f"{_few(stage.hours)} {unit}"
        size = f"{_few(stage.size / 1e9)} GB" if stage.size else ""
        console.say(f"  {stage.verb:9}{stage.what:38}{hours:>16}{size:>10}   {stage.origin}")
    total = sum(stage.hours or 0.0 for stage in stages)
    disk = sum(stage.size for stage in stages) / 1e9
    shared = f", {duration(3600 * total / processes)} on {processes}" if processes > 1 else ""
    hours, size = f"{_few(total)} {unit}", f"{_few(disk)} GB"
    console.say(f"\n  {'in all':9}{'':38}{hours:>16}{size:>10}   on one device{shared}")
    packed = PAPER_PACKED.get(recipe.identities)
    if packed is not None:
        console.say(
            f"\nThe paper's packing of {recipe.identities:,} is reported at about {packed:g} hours, and drawing "
            f"640,000 pictures at {PAPER_PICTURES:g} GPU-hours, on an RTX 3090 (second-hand)."
        )


def _few(number: float) -> str:
    """A number in two digits."""
    return "< 0.01" if number < 0.01 else f"{number:.2g}" if number < 100 else f"{round(number, -1):,.0f}"
