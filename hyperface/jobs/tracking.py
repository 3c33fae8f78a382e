"""A run's figures go to Trackio and to TensorBoard too, where they are installed."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from hyperface.runs import Run

PROJECT = "hyperface"


TENSORBOARD = "tensorboard"  # folder of a run: tensorboard --logdir runs


@contextlib.contextmanager
def tracked(run: Run) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yields what takes each step's figures, "step" among them; where neither is installed, it does nothing."""
    with _trackio(run) as first, _tensorboard(run) as second:

        def log(figures: dict[str, Any]) -> None:
            first(figures)
            second(figures)

        yield log


@contextlib.contextmanager
def _tensorboard(run: Run) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Into the run's folder; a run that is continued goes on in it."""
    try:
        writers = importlib.import_module("torch.utils.tensorboard")
    except ImportError:
        yield lambda figures: None
        return
    writer = writers.SummaryWriter(log_dir=str(run.path / TENSORBOARD))

    def log(figures: dict[str, Any]) -> None:
        for name, value in figures.items():
            if value is not None and name != "step":
                writer.add_scalar(name, value, figures["step"])

    try:
        yield log
    finally:
        writer.close()


@contextlib.contextmanager
def _trackio(run: Run) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A run that is continued goes on under its name."""
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
