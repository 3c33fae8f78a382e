"""Move packed identities until the generator's pictures of them are far apart, too (the closed loop).

A packing spreads what is asked for; what the generator draws follows only in part. Here the requests are moved down the
gradient of what the recogniser sees in the pictures, or of the linear function that heads nearly follow, checked in
pictures. The run folder gets embeddings.npy, float32 (identities,
dimension), unit rows: `generate --from` draws it like a packing. The recogniser that leads is not one to judge by:
evaluate with another.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from hyperface.commands.arguments import (
    GENERATOR_HELP,
    RECOGNIZER_HELP,
    absolute_weights,
    add_run_arguments,
    changes_of,
)
from hyperface.commands.beginning import begin
from hyperface.errors import require
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.models import absolute
from hyperface.jobs.separate import JOB, SeparateOptions, create

HELP = "move packed identities further apart in the generator's pictures"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = SeparateOptions("")
    add = parser.add_argument_group("closed loop").add_argument
    add(
        "--from",
        dest="source",
        metavar="PATH",
        help="run folder of `pack`, or a .npy file of embeddings (n, d); required unless resuming",
    )
    add("--identities", type=int, metavar="N", help="only the first N (default: all)")
    add(
        "--rounds",
        type=int,
        default=default.rounds,
        metavar="N",
        help="how often each identity is moved (default %(default)s)",
    )
    add(
        "--repulsion",
        type=float,
        default=default.repulsion,
        help="weight of moving apart; 0 is the control that spends the same effort (default %(default)s)",
    )
    add(
        "--learning-rate",
        type=float,
        default=default.learning_rate,
        metavar="RATE",
        help="length of the first moves, radians (default: what suits the generator)",
    )
    add(
        "--generator",
        metavar="NAME",
        help=f"a differentiable one, or one of people in numbers: {GENERATOR_HELP}",
    )
    add("--seed", type=int, default=default.seed, help="same seed, same result (default %(default)s)")
    add(
        "--batch-size",
        type=int,
        default=default.batch_size,
        metavar="N",
        help="identities moved in a step (default %(default)s)",
    )
    add(
        "--judge",
        default=default.judge,
        metavar="NAME",
        help=f"recogniser that looks at the result and does not lead: {RECOGNIZER_HELP} (default %(default)s)",
    )
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="separate", changes=changes_of(arguments))
    require(arguments.source is not None, "Say what to separate: --from with a packing's run folder or .npy file.")
    values = {field.name: getattr(arguments, field.name) for field in fields(SeparateOptions)}
    values["source"] = str(Path(arguments.source).absolute())
    values["judge"], values["generator"] = absolute(arguments.judge), absolute_weights(arguments.generator)
    options = SeparateOptions(**values)
    begin(JOB, lambda path: create(options, path=path), arguments, console)
