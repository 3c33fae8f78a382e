"""One training shared by the processes of `accelerate launch` or `torchrun`.

The first process has the run folder and the terminal. It tells the others what to train on, and all take the same
steps.
"""

from __future__ import annotations

from pathlib import Path

from hyperface.jobs.train import TrainOptions, load_training, training_steps
from hyperface.ranks import Ranks


def follow(options: TrainOptions, run: Path) -> None:
    """Train with the first process; all of them must see the folders."""
    dataset, resume, _ = load_training(options, run)
    Ranks.current().take_along(training_steps(options, dataset, resume))
