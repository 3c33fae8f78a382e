"""Start the app in this process and serve it until Ctrl-C.

It shows the runs of the folder `runs` below the working directory, or of HYPERFACE_RUNS, and starts new ones there.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from hyperface.defaults import EMBEDDED_GENERATORS, GENERATOR
from hyperface.errors import InputError
from hyperface.jobs.console import Console

HELP = "start the app"
PORTS = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--host",
        metavar="NAME",
        help="address to listen on; 0.0.0.0 for every one of this machine's "
        "(default GRADIO_SERVER_NAME, or 127.0.0.1: this machine alone)",
    )
    parser.add_argument(
        "--port",
        metavar="N",
        type=int,
        help="port to listen on (default GRADIO_SERVER_PORT, or the first free from 7860)",
    )
    parser.add_argument(
        "--runs", metavar="DIR", type=Path, help="folder of the runs (default HYPERFACE_RUNS, or runs/ in this folder)"
    )
    parser.add_argument(
        "--generator",
        metavar="NAME",
        help=f"generator that pages begin with: {', '.join(EMBEDDED_GENERATORS)} (default HYPERFACE_GENERATOR, or "
        f"{GENERATOR})",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer the endpoints to agents as tools of the Model Context Protocol, at /gradio_api/mcp/ "
        "(default HYPERFACE_MCP=1)",
    )
    parser.add_argument(
        "--shared",
        action="store_true",
        default=None,
        help="strangers use this server: each finds the ready-made runs and their own (default HYPERFACE_SHARED, or "
        "where this is a Space)",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--open", action="store_true", help="open it in this machine's web browser")
    shown.add_argument(
        "--window",
        action="store_true",
        help="show it in a window of its own, and end with it (needs the package pywebview)",
    )
    parser.set_defaults(json=False)


def execute(arguments: argparse.Namespace, console: Console) -> None:
    """Serve until the process, or the window, ends. InputError for a port that cannot be listened on, or no display."""
    if arguments.port is not None and not 0 < arguments.port <= PORTS:
        raise InputError(f"A port is a number from 1 to {PORTS}; {arguments.port} was asked for.")
    from hyperface.jobs.placement import prepare

    prepare()  # before Gradio and torch
    if arguments.window:
        from hyperface.ui.window import check_window

        check_window()  # before anything is served
    from hyperface.serving.limits import limits_from
    from hyperface.ui.app import launch
    from hyperface.ui.parts.context import AppContext

    chosen: dict[str, Any] = {"limits": limits_from(shared=arguments.shared)}
    if arguments.runs is not None:
        chosen["runs_folder"] = arguments.runs.absolute()
    if arguments.generator is not None:
        chosen["generator_name"] = arguments.generator
    context = AppContext(**chosen)
    mcp = True if arguments.mcp else None
    asked: dict[str, Any] = {"host": arguments.host, "port": arguments.port, "mcp": mcp}
    try:
        blocks = launch(context, **asked, open_browser=arguments.open, wait=not arguments.window)
    except OSError as error:  # Gradio's own words, such as "Cannot find empty port in range: 80-80"
        raise InputError(f"The app could not start: {error}. Choose another with --host or --port.") from error
    if arguments.window:
        from hyperface.ui.window import show_window

        try:
            show_window(context, str(blocks.local_url))
        finally:
            blocks.close(verbose=False)
