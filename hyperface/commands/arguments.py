"""Arguments that several verbs have."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from hyperface.defaults import EMBEDDED_GENERATORS
from hyperface.hardware import PRECISIONS
from hyperface.hub import RELEASED, SCHEME


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --resume and --json."""
    group = parser.add_argument_group("run folder")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument(
        "--run", metavar="DIR", type=Path, help="folder for the run; default: a new one in runs/ (or in HYPERFACE_RUNS)"
    )
    choice.add_argument(
        "--resume", metavar="DIR", type=Path, help="continue this run with the options it was started with"
    )
    add_json_argument(parser)


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="write JSON lines to stdout instead of a progress bar")


RECOGNIZER_HELP = (
    f"dlib, dlib-heads, rendered-heads, {', '.join(RELEASED)}, "
    f"{SCHEME}owner/repo[@revision], an .onnx file, a run folder of `train` or its .safetensors, or a network and its "
    "weights: ir_50:weights.ckpt"
)
GENERATOR_HELP = f"{', '.join(EMBEDDED_GENERATORS)} … (default: the one that ships and draws these embeddings)"
DETECTOR_HELP = (
    "dlib; yunet, sfd, blazeface or retinaface, whose weights are downloaded once; auto: yunet if that works, else "
    "dlib (default %(default)s)"
)


def add_compute_arguments(
    add: Callable[..., argparse.Action],
    *,
    precision: str = "float32",
    but: str = "which changes cosines by about 0.0001",
) -> None:
    """--device and --precision. add: `add_argument` of a parser or of one of its groups."""
    add("--device", default="cpu", help="where torch computes: cpu, cuda … (default %(default)s)")
    add(
        "--precision",
        choices=PRECISIONS,
        default=precision,
        help=f"fastest: bfloat16 where the hardware is fast in it, {but} (default %(default)s)",
    )
