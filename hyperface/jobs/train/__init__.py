"""Training a recogniser on a dataset of labelled faces, as a run; A against B as two."""

from __future__ import annotations

import datetime

from hyperface.jobs.job import Job
from hyperface.jobs.train.duration import estimate, image_count
from hyperface.jobs.train.options import TrainOptions, create
from hyperface.jobs.train.pair import complete_pair, create_pair, discard, pair_of, partner_of
from hyperface.jobs.train.work import PAIRS, follow, perform
from hyperface.runs import Run

__all__ = ["JOB", "PAIRS", "TrainOptions", "create", "create_pair", "estimate", "image_count", "partner_of"]

PATIENCE = datetime.timedelta(days=1)  # that processes wait for each other: the first may have a dataset to draw


def _told(run: Run) -> str:
    results = run.results()
    if not results or results["loss"] is None:
        return f"nothing was trained yet\n{run.path}"
    validation = results["validation"]
    held_out = "" if validation is None else f", verification on held-out identities {100 * validation:.1f} %"
    if validation is not None and validation <= 0.5:
        held_out += ", no better than guessing: every face gets about the same embedding"
    accuracy = f"training accuracy {100 * results['accuracy']:.1f} %"
    held_out += "".join(f", {name} {100 * value:.1f} %" for name, value in results.get("watched", {}).items())
    return f"loss {results['loss']:.3f}, {accuracy}{held_out}\n{run.path}"


JOB = Job(
    "train",
    perform,
    _told,
    belonging=pair_of,
    complete=complete_pair,
    discard=discard,
    follow=follow,
    patience=PATIENCE,
    anew=("epochs", "learning_rate", "schedule", "watch"),
    longer=("epochs",),
)
