"""Make this checkout a Hugging Face Space: push it, or write what would be pushed to a folder.

  hyperface space create OWNER/NAME

pushes the app, its assets and its documentation in one commit: no tests, no runs, nothing hidden. A new Space is
private until --public or its settings say otherwise. One that is there already is brought up to date and keeps its
settings. HF_TOKEN holds a token that may write.

On zero-a10g, GPUs that many Spaces share, short drawings and trainings compute on one, all else on the CPU. A free
account may have two such Spaces; those on a CPU need a paid plan of the Hub's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import add_estimate_argument, add_json_argument
from hyperface.jobs.console import Console
from hyperface.jobs.space import CPU_BASIC, HARDWARE, MOUNTED, SpaceOptions, create, estimate

HELP = "make a Hugging Face Space of this checkout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("create",), help="make it, or bring it up to date")
    parser.add_argument("name", nargs="?", metavar="OWNER/NAME", help="the Space on the Hub")
    parser.add_argument(
        "--output", "-o", type=Path, metavar="DIR", help="write its files to this new folder, and push nothing"
    )
    parser.add_argument(
        "--hardware",
        choices=HARDWARE,
        default=CPU_BASIC,
        help="of a new one; dearer ones are chosen in its settings (default %(default)s)",
    )
    parser.add_argument("--public", action="store_true", help="let everybody see a new one (default: you alone)")
    parser.add_argument(
        "--torch-index",
        metavar="URL",
        help="an index with builds of torch for CPUs, such as PyTorch's own, written into the Space's "
        "pre-requirements.txt: some gigabytes less to install (default: the usual build)",
    )
    parser.add_argument(
        "--bucket",
        metavar="OWNER/BUCKET",
        help=f"keep a new one's runs in this storage bucket, mounted at {MOUNTED}, when the Space restarts",
    )
    add_estimate_argument(parser)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    options = SpaceOptions(
        name=arguments.name,
        output=arguments.output,
        hardware=arguments.hardware,
        public=arguments.public,
        torch_index=arguments.torch_index,
        bucket=arguments.bucket,
    )
    (estimate if arguments.estimate else create)(options, console)
