"""Write a recogniser as an ONNX file, which runs without torch, with a JSON file beside it that says what it is.

The graph takes float32 (n, 3, size, size) as (x − 127.5) / 127.5 with x from 0 to 255, in the order of colours that the
JSON file names, and gives features, which are made unit vectors to be compared. It is read again and compared with the
model before the command ends. Needs the package onnx (the extra `onnx`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from hyperface.commands.arguments import RECOGNIZER_HELP, add_color_argument, add_json_argument
from hyperface.jobs.console import Console
from hyperface.jobs.export import export

HELP = "write a recogniser as an ONNX file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help=RECOGNIZER_HELP)
    parser.add_argument("--onnx", type=Path, required=True, metavar="FILE", help="the file: a name ending .onnx")
    add_color_argument(parser.add_argument)
    add_json_argument(parser)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Run the verb from its arguments."""
    export(arguments.model, arguments.onnx, console, color=arguments.color)
