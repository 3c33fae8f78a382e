"""Arguments that several verbs have."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hyperface.defaults import EMBEDDED_GENERATORS
from hyperface.errors import require
from hyperface.hardware import PRECISIONS
from hyperface.hub import RELEASED, SCHEME


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """--run, --resume, --estimate and --json."""
    group = parser.add_argument_group("run folder")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument(
        "--run", metavar="DIR", type=Path, help="folder for the run; default: a new one in runs/ (or in HYPERFACE_RUNS)"
    )
    choice.add_argument(
        "--resume",
        metavar="DIR",
        type=Path,
        help="continue this run with the options it was started with. What may be said anew: more --steps of a "
        "packing; more --epochs, another --learning-rate or --schedule of a training; more --images-per-identity of a "
        "dataset",
    )
    add_estimate_argument(group)
    add_json_argument(parser)


def changes_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was said beside --resume: options that the run is to go on with instead of its own."""
    given: frozenset[str] = getattr(arguments, "given", frozenset())
    said = given - {"resume", "run", "json", "execute", "verb", "help"}
    return {name: getattr(arguments, name) for name in sorted(said)}


def add_estimate_argument(parser: argparse._ActionsContainer) -> None:
    """--estimate."""
    parser.add_argument(
        "--estimate", action="store_true", help="only tell how long it would take, from its first steps; keep nothing"
    )


def add_json_argument(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="write JSON lines to stdout instead of a progress bar")


def add_option_argument(add: Callable[..., argparse.Action]) -> None:
    """--option NAME=VALUE, for generators. add: `add_argument` of a parser or of one of its groups."""
    add(
        "--option",
        dest="generator_options",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="tell the generator something of its own, such as steps=25; a name that it does not know lists those it "
        "does; may be given several times",
    )


def option_values(words: list[str]) -> dict[str, Any]:
    """What `--option` said: numbers as numbers, files and folders with their whole paths, the rest as words."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        require(bool(name and equals), f"An option is NAME=VALUE, such as steps=25; it was {word!r}.")
        try:
            values[name.replace("-", "_")] = json.loads(text)
        except ValueError:
            values[name.replace("-", "_")] = str(Path(text).absolute()) if Path(text).exists() else text
    return values


def absolute_weights(name: str | None) -> str | None:
    """A generator's name, with the whole path of the weights behind it: a run may be continued from anywhere."""
    kind, colon, weights = (name or "").partition(":")
    return f"{kind}:{Path(weights).absolute()}" if colon and Path(weights).exists() else name


RECOGNIZER_HELP = (
    f"dlib, dlib-heads, rendered-heads, {', '.join(RELEASED)}, "
    f"{SCHEME}owner/repo[@revision], an .onnx file, a run folder of `train` or its .safetensors, or a network and its "
    "weights: ir_50:weights.ckpt, iresnet100:backbone.pth"
)
GENERATOR_HELP = (
    f"{', '.join(EMBEDDED_GENERATORS)}; vec2face, vec2face-plus, arc2face, with weights behind it if they are not the "
    "published ones: vec2face:FILE (default: the one that ships and draws these embeddings)"
)
DETECTOR_HELP = (
    "dlib; yunet, sfd, blazeface or retinaface, whose weights are downloaded once; auto: yunet if that works, else "
    "dlib (default %(default)s)"
)


def add_aligned_argument(add: Callable[..., argparse.Action]) -> None:
    """--aligned. add: `add_argument` of a parser or of one of its groups."""
    add(
        "--aligned",
        choices=("auto", "yes", "no"),
        default="auto",
        help="whether pictures are faces aligned to 112×112 already and are not searched: auto, those of that size; "
        "yes, all; no, none (default %(default)s)",
    )


def add_models_argument(add: Callable[..., argparse.Action]) -> None:
    """--model, as often as wanted. add: `add_argument` of a parser or of one of its groups."""
    add(
        "--model",
        dest="models",
        action="append",
        metavar="MODEL",
        help=f"{RECOGNIZER_HELP}; may be given more than once (default dlib)",
    )


def add_color_argument(add: Callable[..., argparse.Action]) -> None:
    """--color. add: `add_argument` of a parser or of one of its groups."""
    add(
        "--color",
        choices=("RGB", "BGR"),
        help="the order in which another project's network wants its colours, such as RGB for CVLface's weights "
        "(default: what a JSON file beside the weights says, or its network's own)",
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
