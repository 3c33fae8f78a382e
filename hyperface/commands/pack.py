"""Move identities apart on the hypersphere.

Starts from the embeddings of random faces, and moves them until their closest pairs are as far apart as they can be,
while each stays near the gallery (weight alpha) or inside its span. The run folder gets embeddings.npy, float32
(identities, dimension), unit rows; frames.bin, the picture on the sphere; and every step's figures in metrics.jsonl.

Several processes share one packing under torchrun: `torchrun --nproc-per-node 8 -m -- hyperface pack --device cuda …`.
"""

from __future__ import annotations

import argparse
from dataclasses import fields

from hyperface.commands.arguments import add_run_arguments, changes_of
from hyperface.commands.beginning import begin
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.pack import JOB, OBJECTIVES, STARTS, PackOptions, create

HELP = "move identities apart on the hypersphere"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = PackOptions()
    add = parser.add_argument_group("packing").add_argument
    add("--identities", type=int, default=default.identities, metavar="N", help="how many (default %(default)s)")
    add(
        "--gallery",
        default=default.gallery,
        metavar="NAME",
        help="a gallery that ships, a gallery file, or the run folder of `gallery` (default %(default)s)",
    )
    add(
        "--alpha",
        type=float,
        default=default.alpha,
        help="weight of staying near the gallery: 0 only moves apart (default %(default)s)",
    )
    add(
        "--span",
        type=_span,
        default=default.span,
        metavar="K",
        help="stay inside the gallery's top K principal directions, or those that hold a share K < 1 of its variance; "
        "generators cannot realise directions outside (default: the full sphere)",
    )
    add("--steps", type=int, default=default.steps, metavar="N", help="optimiser steps (default %(default)s)")
    add(
        "--objective",
        choices=OBJECTIVES,
        default=default.objective,
        help="what is optimised: the annealed soft maximum, the paper's (the closest pair), the paper's on points "
        "drawn anew for each step, or the mean over nearest pairs (default %(default)s); the paper's is reported",
    )
    add("--learning-rate", type=float, metavar="RATE", help="default: tuned to the objective")
    add("--start", choices=STARTS, default=default.start, help="gallery faces or random points (default %(default)s)")
    add("--seed", type=int, default=default.seed, help="same seed, same packing (default %(default)s)")
    add("--device", default=default.device, help="where torch computes: cpu, cuda, cuda:1 … (default %(default)s)")
    add(
        "--frames",
        type=int,
        default=default.frames,
        metavar="N",
        help="pictures to keep of the way, 0 for none (default %(default)s)",
    )
    add(
        "--umap",
        action="store_true",
        help="draw the last picture with umap-learn as well, beside our own steady map (about 15 seconds and more)",
    )
    add_run_arguments(parser)


def _span(text: str) -> int | float:
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="pack", changes=changes_of(arguments))
    options = PackOptions(**{field.name: getattr(arguments, field.name) for field in fields(PackOptions)})
    begin(JOB, lambda path: create(options, path=path), arguments, console, device=options.device)
