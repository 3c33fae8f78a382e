"""Make a gallery: random faces, filtered to detectable ones, with their embeddings.

A gallery marks where faces lie on the sphere: packings start from it and are pulled towards it. The faces come from an
unconditional generator or from a folder of images. The run folder gets gallery.safetensors.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from hyperface.commands.arguments import (
    DETECTOR_HELP,
    RECOGNIZER_HELP,
    absolute_weights,
    add_aligned_argument,
    add_color_argument,
    add_compute_arguments,
    add_option_argument,
    add_run_arguments,
    changes_of,
    option_values,
)
from hyperface.commands.beginning import begin
from hyperface.defaults import recognizer_for
from hyperface.jobs import places
from hyperface.jobs.console import Console
from hyperface.jobs.gallery import JOB, GalleryOptions, create
from hyperface.jobs.models import absolute

HELP = "make a gallery of random faces"
GALLERY_GENERATOR_HELP = (
    "unconditional generator: heads, dcgan, diffusion (a latent diffusion model), stylegan:FILE (.pkl or .pt), the "
    "weights behind its name, if they are not the published ones (default %(default)s)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    default = GalleryOptions()
    add = parser.add_argument_group("gallery").add_argument
    add("--generator", default=default.generator, metavar="NAME", help=GALLERY_GENERATOR_HELP)
    add_option_argument(add)
    add("--folder", type=Path, metavar="DIR", help="take the images below this folder instead of a generator's")
    add(
        "--recognizer",
        metavar="NAME",
        help=f"what embeds them: {RECOGNIZER_HELP} (default: the one whose embeddings a generator that ships draws, "
        f"{recognizer_for(None)} for heads and photos)",
    )
    add("--count", type=int, metavar="N", help="how many faces; needed with a generator, default with a folder: all")
    add("--name", help="default: the generator's or the folder's")
    add("--seed", type=int, default=default.seed, help="first seed of the generator (default %(default)s)")
    add("--output", "-o", type=Path, metavar="FILE", help="also write the gallery here")
    add("--detector", default=default.detector, metavar="NAME", help=f"what finds them: {DETECTOR_HELP}")
    add_aligned_argument(add)
    add_color_argument(add)
    add_compute_arguments(add)
    add_run_arguments(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    if arguments.resume:
        return places.resume(arguments.resume, console, verb="gallery", changes=changes_of(arguments))
    values = {field.name: getattr(arguments, field.name) for field in fields(GalleryOptions)}
    values["generator"] = absolute_weights(arguments.generator)
    values["generator_options"] = option_values(arguments.generator_options)
    if arguments.recognizer is not None:
        values["recognizer"] = absolute(arguments.recognizer)
    for key in ("folder", "output"):
        values[key] = None if values[key] is None else str(values[key].absolute())
    if arguments.estimate:
        values["output"] = None
    begin(JOB, lambda path: create(GalleryOptions(**values), path=path), arguments, console)
