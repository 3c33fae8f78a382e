"""A run's figures go to Trackio too, where it is installed."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from hyperface.runs import Run

PROJECT = "hyperface"


@contextlib.contextmanager
def tracked(run: Run) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yields what takes each step's figures, "step" among them; without Trackio it does nothing with them.

    A run that is continued goes on under its name.
    """
    try:
        trackio = importlib.import_module("trackio")
    except ImportError:
        yield lambda figures: None
        return
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for those who read our own output
        trackio.init(
            project=PROJECT, name=run.name, config=run.options, resume="allow", embed=False, auto_log_cpu=False
        )

    def log(figures: dict[str, Any]) -> None:
        trackio.log({key: value for key, value in figures.items() if value is not None}, step=figures["step"])

    try:
        yield log
    finally:
        with contextlib.redirect_stdout(sys.stderr):
            trackio.finish()
