"""Draw many images of each packed identity: a labelled dataset.

For every image the identity's embedding is moved a little at random (beta) and given to an identity-conditional
generator with a style of its own. The dataset is in the run folder's dataset/.

Launched with `torchrun --nproc-per-node N -m hyperface generate …`, the processes share the images; the set is the
same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import add_run_arguments
from hyperface.jobs.base import Console, begin, require, resumable
from hyperface.jobs.generate import PATIENCE, WRITABLE, GenerateOptions, create, perform
from hyperface.ranks import joined

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
        help="variance of the random change of the embedding from image to image (default %(default)s)",
    )
    add("--generator", default=default.generator, metavar="NAME", help="default %(default)s")
    add("--seed", type=int, default=default.seed, help="same seed, same images (default %(default)s)")
    add("--batch-size", type=int, default=default.batch_size, metavar="N", help="default %(default)s")
    add("--also", choices=WRITABLE, metavar="FORMAT", help=f"write it as one of {', '.join(WRITABLE)}, too")
    add("--validate", action="store_true", help="read it again in the end, and say what looks wrong")
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments; launched in several processes, the first does, and the others draw for it."""
    with joined("cpu", PATIENCE) as ranks:
        if ranks.rank == 0:
            _execute(arguments, console)
            return ranks.dismiss()
        from hyperface.jobs.generate_ranks import follow

        ranks.follow(follow)


def _execute(arguments: argparse.Namespace, console: Console) -> None:
    if arguments.resume:
        perform(resumable(arguments.resume, "generate"), console)
    else:
        require(arguments.source is not None, "Say what to draw: --from with a packing's run folder or a .npy file.")
        values = {key: getattr(arguments, key) for key in GenerateOptions.__dataclass_fields__}
        options = GenerateOptions(**{**values, "source": str(Path(arguments.source).absolute())})
        begin(create(options, path=arguments.run), console, perform)
