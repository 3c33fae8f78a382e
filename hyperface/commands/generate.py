"""Draw many images of each packed identity: a labelled dataset.

For every image the identity's embedding is moved a little at random (beta) where the generator needs that for variety,
and given to it with a style of its own. The dataset is in the run folder's dataset/.

Launched with `torchrun --nproc-per-node N -m hyperface generate …`, the processes share the images; the set is the
same.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from hyperface.commands.arguments import (
    GENERATOR_HELP,
    absolute_weights,
    add_option_argument,
    add_run_arguments,
    changes_of,
    option_values,
)
from hyperface.commands.beginning import begin
from hyperface.defaults import BETA
from hyperface.errors import require
from hyperface.hardware import PRECISIONS
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.generate import JOB, WRITABLE, GenerateOptions, create

HELP = "draw many images of each packed identity: a labelled dataset"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = GenerateOptions("")
    add = parser.add_argument_group("dataset").add_argument
    add(
        "--from",
        dest="source",
        metavar="PATH",
        help="run folder of `pack`, or a .npy file of embeddings (n, d); required unless resuming",
    )
    add("--identities", type=int, metavar="N", help="only the first N (default: all)")
    add(
        "--images-per-identity",
        type=int,
        default=default.images_per_identity,
        metavar="N",
        help="default %(default)s",
    )
    add(
        "--beta",
        type=float,
        default=default.beta,
        help=f"variance of the random change of the embedding from image to image (default: the generator's own, "
        f"{BETA} for gan, 0 for heads, whose people are the same in all their pictures)",
    )
    add(
        "--correct",
        type=int,
        default=default.correct,
        metavar="ROUNDS",
        help="so many times, look at what is drawn and ask for what is missing (default %(default)s: ask for the "
        "packed embeddings themselves; 1 brings pictures of heads nearer to them, more follow the noise of the "
        "few pictures that are looked at); what is asked for is kept in requests.npy",
    )
    add("--generator", metavar="NAME", help=GENERATOR_HELP)
    add_option_argument(add)
    add("--seed", type=int, default=default.seed, help="same seed, same images (default %(default)s)")
    add("--device", default=default.device, help="where torch draws: cpu, cuda … (default %(default)s)")
    add("--precision", choices=PRECISIONS, default=default.precision, help="of the generator (default %(default)s)")
    add("--batch-size", type=int, default=default.batch_size, metavar="N", help="default %(default)s")
    add(
        "--also",
        choices=WRITABLE,
        action="append",
        metavar="FORMAT",
        help=f"write it as one of {', '.join(WRITABLE)}, too; may be given several times",
    )
    add("--validate", action="store_true", help="read it again in the end, and say what looks wrong")
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="generate", changes=changes_of(arguments))
    require(arguments.source is not None, "Say what to draw: --from with a packing's run folder or a .npy file.")
    values = {field.name: getattr(arguments, field.name) for field in fields(GenerateOptions)}
    values["source"] = str(Path(arguments.source).absolute())
    values["generator"] = absolute_weights(arguments.generator)
    values["generator_options"] = option_values(arguments.generator_options)
    values["also"] = tuple(arguments.also) if arguments.also else None
    options = GenerateOptions(**values)
    begin(JOB, lambda path: create(options, path=path), arguments, console, device=options.device)
