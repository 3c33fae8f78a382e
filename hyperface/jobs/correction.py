"""Asking the generator for something else, so that the packed identities are what is drawn: a part of `generate`.

requests.npy      float32 (n, d), unit rows: what is asked for; the packing's own embeddings stay as they are
correction.json   what came of it; there once the requests are whole
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperface.errors import InputError, RunError
from hyperface.files import read_object, remove, write_atomic
from hyperface.jobs.checkpoints import load_checkpoint, save_array, save_checkpoint
from hyperface.jobs.console import Console
from hyperface.jobs.driver import Driver, Report
from hyperface.runs import Worker, names

if TYPE_CHECKING:
    import torch

    from hyperface.generators import Generator
    from hyperface.realization import CorrectionStep
    from hyperface.recognizers import Embeddings

PICTURES = 3  # of each identity in each round
_LOOKS = 2  # more than there are rounds: in the end, what was wanted and what it has become are drawn once more


@dataclass(frozen=True)
class CorrectionPlan:
    """rounds: 1 or more. seed: same seed, same requests. images: that are drawn of each identity afterwards."""

    rounds: int
    seed: int
    images: int

    @property
    def share(self) -> float:
        """Of the run's progress that is the correction."""
        drawn = (self.rounds + _LOOKS) * PICTURES
        return drawn / (drawn + self.images)


def correct(
    worker: Worker, console: Console, embeddings: Embeddings, generator: Generator, plan: CorrectionPlan
) -> None:
    """Find the requests and keep them in the run; those that are there already are left alone."""
    if (worker.path / names.CORRECTION).exists():
        return
    from hyperface import recognizers
    from hyperface.realization import corrected

    embeddings.space.check_same(generator.space)
    generator.meet(embeddings.rows)
    checkpoint = worker.path / names.CHECKPOINT
    state, _ = load_checkpoint(checkpoint)
    steps = corrected(
        embeddings.rows,
        generator.calm(),
        recognizers.load(generator.recognizer, device=str(generator.device)),
        rounds=plan.rounds,
        pictures=PICTURES,
        seed=plan.seed,
        resume=state,
    )

    def report(step: CorrectionStep) -> Report:
        figures = {"cosine": step.cosines[-1]} if step.cosines else {}
        told = ", ".join(f"{cosine:.3f}" for cosine in step.cosines)
        told = f"; mean cosine to what was packed, round by round: {told}" if told else ""
        return Report(step.step, step.total, figures, f"Correcting the requests{told}")

    def save(step: CorrectionStep) -> None:
        save_checkpoint(checkpoint, step.state, len(step.cosines))

    found = Driver(console, worker).follow(
        steps, "correcting", "image", report, part=(0, plan.share), save=save, finish=save
    )
    save_array(worker.path / names.REQUESTS, found.requests)
    content = {
        "rounds": plan.rounds,
        "pictures": PICTURES,
        "cosine_before": round(float(found.before.mean()), 4),
        "cosine_after": round(float(found.after.mean()), 4),
    }
    write_atomic(worker.path / names.CORRECTION, json.dumps(content).encode())
    remove(checkpoint)


def requests_of(path: Path) -> tuple[torch.Tensor, dict[str, Any]]:
    """The requests (n, d) of a run folder, and what its correction came to; RunError if they are damaged."""
    from hyperface import sphere
    from hyperface.array_files import read_array

    try:
        rows = sphere.as_embeddings(read_array(path / names.REQUESTS))
        return rows, read_object(path / names.CORRECTION, error=InputError)
    except InputError as error:
        raise RunError(
            f"The corrected requests in {path} are damaged ({error}). Delete {names.CORRECTION} there, and resume."
        ) from error
