"""The command line: one verb for each stage of the pipeline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hyperface import __version__
from hyperface.commands import VERBS
from hyperface.jobs.console import EXIT_INTERRUPTED, EXIT_USER_ERROR, Console, exit_status

__all__ = ["EXIT_INTERRUPTED", "EXIT_USER_ERROR", "build_parser", "main"]

_UNSAID = object()
DESCRIPTION = "Synthetic face-recognition data by packing identities on a hypersphere."
EPILOG = """\
a whole pass through the pipeline:
  python -m hyperface pack --identities 200 --span 30 --run runs/packing
  python -m hyperface generate --from runs/packing --images-per-identity 20 --run runs/faces
  python -m hyperface train --dataset runs/faces --run runs/model
  python -m hyperface evaluate --model runs/model

Each verb keeps its work in a run folder, which the app shows too (`app` starts it). Ctrl-C stops cleanly; --resume
continues.
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser with all verbs. Imports nothing heavy."""
    parser = argparse.ArgumentParser(
        prog="hyperface" if Path(sys.argv[0]).stem == "hyperface" else "python -m hyperface",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"HyperFace {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="verb", required=True)
    for name, module in VERBS.items():
        verb = verbs.add_parser(
            name, help=module.HELP, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        module.add_arguments(verb)
        verb.set_defaults(execute=module.execute)
    return parser


def given_options(parser: argparse.ArgumentParser, verb: str, arguments: Sequence[str]) -> frozenset[str]:
    """Which options were said, and not left to their defaults: the names that they have in the parsed arguments."""
    verbs = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    own = verbs.choices[verb]
    unsaid = argparse.Namespace()
    for action in own._actions:
        # argparse sets a default only where there is nothing yet; lists that are appended to begin at None.
        setattr(unsaid, action.dest, None if isinstance(action, argparse._AppendAction) else _UNSAID)
    said = own.parse_args(list(arguments)[list(arguments).index(verb) + 1 :], unsaid)
    return frozenset(name for name, value in vars(said).items() if value is not None and value is not _UNSAID)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; returns the exit status: 0 done, 2 an error for the user (message on stderr), 130 stopped."""
    parser = build_parser()
    parsed = parser.parse_args(arguments)
    parsed.given = given_options(parser, parsed.verb, sys.argv[1:] if arguments is None else arguments)
    console = Console(json_lines=parsed.json)
    continued_by = getattr(VERBS[parsed.verb], "CONTINUED_BY", "--resume")
    return exit_status(lambda: parsed.execute(parsed, console), console, continued_by=continued_by)
