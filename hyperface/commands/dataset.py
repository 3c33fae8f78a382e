"""Say what a dataset is, check it, write it in another format, or upload it.

SOURCE is a run folder of `generate`, or a dataset on disk: an image folder, Parquet, WebDataset, InsightFace's RecordIO
or Vec2Face's LMDB, recognised by its content. The output is a folder that appears once all is there; images keep their
bytes. Parquet needs pyarrow, LMDB the packages lmdb and msgpack. --push-to-hub uploads what --to wrote, or else the
source; Parquet is what the hub shows best. HF_TOKEN holds the token.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import add_json_argument
from hyperface.jobs.console import Console
from hyperface.jobs.dataset import WRITABLE, handle

HELP = "describe, check, convert or upload a dataset"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a run folder of `generate`, or a dataset on disk")
    parser.add_argument("--to", choices=WRITABLE, metavar="FORMAT", help=f"write it as one of {', '.join(WRITABLE)}")
    parser.add_argument("--output", "-o", type=Path, metavar="PATH", help="the new folder; required with --to")
    parser.add_argument(
        "--check",
        action="store_true",
        help="read every image and say what looks wrong: broken or duplicate images, BGR, crops off the template, …",
    )
    parser.add_argument("--push-to-hub", metavar="OWNER/NAME", help="upload it to this dataset repository")
    parser.add_argument("--private", action="store_true", help="make that repository private if it is new")
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    handle(
        arguments.source,
        console,
        check=arguments.check,
        to=arguments.to,
        output=arguments.output,
        push_to_hub=arguments.push_to_hub,
        private=arguments.private,
    )
