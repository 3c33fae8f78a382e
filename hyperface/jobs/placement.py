"""Where a run's work is done on a Space whose GPU is only lent: in one call of it what fits, all else on the CPU.

A Space on shared GPUs (ZeroGPU) has none of its own. The package `spaces`, which the Hub installs there and which must
be imported before Gradio and torch, lends one to a function: it calls it in a process forked for that, for at most the
seconds that were asked for, at the expense of the visitor whose request Gradio knows where the call is made (spaces
0.51.3, zero/wrappers.py and zero/client.py). A run that fits is performed in such a call; where the GPU is not to be
had, or the call is ended early, a worker process goes on with it on the CPU. What computes knows nothing of this: a run
is told its device by its options, as everywhere.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import importlib
import logging
import math
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hyperface.errors import HyperFaceError
from hyperface.files import write_atomic
from hyperface.hardware import LENT, only_lent
from hyperface.jobs import places
from hyperface.jobs.changes import write_options
from hyperface.jobs.console import Console
from hyperface.jobs.costs import Costs
from hyperface.jobs.generate import GenerateOptions, identity_count
from hyperface.jobs.job import options_of
from hyperface.jobs.registry import JOBS
from hyperface.jobs.train import TrainOptions, image_count
from hyperface.rates import SHIPPED, drawing_rate
from hyperface.runs import DONE, FAILED, INTERRUPTED, STOPPED, Run, is_run, mark_launched, open_run
from hyperface.words import duration

CPU, GPU = "cpu", "cuda"
MOST_SECONDS = 60  # of a call: visitors without an account have 120 a day, and short calls come first
LOADING = 15.0  # seconds for the GPU to be there, and networks on it
SLOWER = 2.0  # times one H100, of which the rates are: half of another card is lent
READING = 1 / 2000  # seconds for a picture to be read, on the cores that share the work
SEEING = 0.1  # seconds for a picture to be kept, and looked at by two recognisers, on one core
PLACED = "placed"  # a file in the run's folder: where its work is, for people
LONGEST = 300  # letters of it
ON_GPU = "on the Space's GPU"
log = logging.getLogger(__name__)
_asked: dict[Path, contextvars.Context] = {}  # who asked for a run that has not begun


@dataclass(frozen=True)
class Placement:
    """seconds: that the GPU is asked for; None for a run that is the CPU's. why: it is, "" where that goes unsaid."""

    seconds: int | None
    why: str = ""


def prepare() -> None:
    """Before Gradio and torch are imported: make ready what lends the GPU, where one is lent."""
    _lender()


def remember(run: Run) -> None:
    """The request that is being answered asks for this run, whenever its turn comes: its visitor is lent the GPU."""
    if only_lent():
        _asked[run.path] = contextvars.copy_context()


def forget(run: Run) -> None:
    """It was taken back."""
    _asked.pop(run.path, None)


def start(run: Run, *, runs_folder: Path | None = None) -> None:
    """Do, or continue, the work of a run folder where it belongs, in a process of its own. As `places.start`."""
    asked = _asked.pop(run.path, None) or contextvars.Context()  # never at another visitor's expense
    lender = _lender()
    placed = Placement(None) if lender is None else place(run)
    if lender is None or placed.seconds is None:
        _start_on_cpu(run, placed.why, runs_folder)
        return
    mark_launched(run, os.getpid())
    _tell(run, ON_GPU)
    work = functools.partial(_borrow, lender, run, placed.seconds, runs_folder)
    threading.Thread(target=asked.run, args=(work,), name=f"lent to {run.name}", daemon=True).start()


def place(run: Run) -> Placement:
    """Where a run belongs on a Space whose GPU is lent. Nothing heavy is loaded for it."""
    if run.options.get("device") != GPU:
        return Placement(None)
    needs = _NEEDS.get(run.verb)
    seconds: float | str = "this kind of work is done there" if needs is None else needs(run)
    if isinstance(seconds, str):
        return Placement(None, seconds)
    if seconds > MOST_SECONDS:
        longer = f"it takes about {duration(seconds)}, and the GPU is lent for {duration(MOST_SECONDS)} at a time"
        return Placement(None, longer)
    return Placement(math.ceil(seconds))


def told(run: Run) -> str:
    """Where a run's work is, for people; "" where that goes without saying."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (run.path / PLACED).read_text(encoding="utf-8")[:LONGEST]
    return ""


def training_pace(backbone: str) -> float:
    """Pictures a second that a training is expected to see on the GPU that is lent."""
    return 1 / max(Costs().training(backbone).seconds * SLOWER, READING)


def _drawing(run: Run) -> float | str:
    options = options_of(run, GenerateOptions)
    name = (options.generator or "").partition(":")[0]
    if name in SHIPPED:
        return "what draws these people needs no GPU"
    steps = options.generator_options.get("steps")
    rate = drawing_rate(name, GPU, steps=steps, measured=False)
    if rate is None:
        return "how long it takes is not known"
    pictures = identity_count(options) * options.images_per_identity
    return LOADING + pictures * ((1 + options.correct) * rate.seconds * SLOWER + SEEING)


def _training(run: Run) -> float | str:
    options = options_of(run, TrainOptions)
    datasets = [Path(path) for path in (options.dataset, options.against) if path is not None]
    if any(is_run(path) and open_run(path).status().state != DONE for path in datasets):
        return "its dataset is drawn first"
    if options.watch:
        return "benchmarks are measured after each epoch"
    pictures = min(map(image_count, datasets)) * len(datasets) * options.epochs
    return LOADING + pictures / training_pace(options.backbone)


_NEEDS: dict[str, Callable[[Run], float | str]] = {"generate": _drawing, "train": _training}


@functools.cache
def _lender() -> Callable[[str, int], None] | None:
    """`_perform`, with the GPU; None where none is lent."""
    if not only_lent():
        return None
    try:
        spaces = importlib.import_module("spaces")
    except ImportError as error:
        log.warning("The GPU of this Space cannot be used: %s", error)
        return None
    lent: Callable[[str, int], None] = spaces.GPU(duration=_asked_for)(_perform)
    return lent


def _asked_for(path: str, seconds: int) -> int:
    """What `spaces` asks for the seconds of a call, with the same arguments."""
    return seconds


def _perform(path: str, seconds: int) -> None:
    """Do the work of a run folder, in the process that has the GPU. How it ended, the run's status says."""
    os.environ.pop(LENT, None)  # in this process there is a GPU
    import torch

    torch.set_num_threads(1)  # the other threads of the pools stayed behind when it was forked
    torch.ones(
        1, requires_grad=True
    ).sum().backward()  # fails before anything is begun, if the fork left autograd unusable
    run = open_run(path)
    with (run.path / "log.txt").open("a", encoding="utf-8") as kept, contextlib.suppress(HyperFaceError):
        JOBS[run.verb].perform(run, Console(output=kept))


def _borrow(lender: Callable[[str, int], None], run: Run, seconds: int, runs_folder: Path | None) -> None:
    """Perform a run on the GPU, and on the CPU what the GPU leaves of it."""
    reason = "nothing was said"
    try:
        lender(str(run.path), seconds)
    except Exception as error:  # whatever the lender says: no seconds left today, none free, or the call was ended
        log.warning("%s is not on the GPU: %s: %s", run.name, type(error).__name__, error)
        reason = " ".join(str(error).split())[:150]
    with contextlib.suppress(HyperFaceError):  # a run that is gone, or is being worked on
        left = open_run(run.path)
        state = left.status().state
        if state not in (DONE, STOPPED, FAILED):
            happened = "taken back" if state == INTERRUPTED else "not to be had"
            _start_on_cpu(left, f"the GPU was {happened} ({reason})", runs_folder)


def _start_on_cpu(run: Run, why: str, runs_folder: Path | None) -> None:
    """In a worker process, which has no GPU where one is only lent."""
    if only_lent():
        for each in JOBS[run.verb].belonging(run):
            if each.options.get("device", CPU) != CPU:
                write_options(each, {"device": CPU})
        _tell(run, f"on the CPU: {why}" if why else "on the CPU")
    places.start(run, runs_folder=runs_folder)


def _tell(run: Run, where: str) -> None:
    write_atomic(run.path / PLACED, where.encode())
