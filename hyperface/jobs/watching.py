"""Benchmarks measured after each epoch of a training: to be looked at, not to pick a checkpoint by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hyperface.errors import require

if TYPE_CHECKING:
    from hyperface.evaluation import Benchmark
    from hyperface.training import TrainingStep


def watched_benchmarks(names: Sequence[str]) -> list[Benchmark]:
    """The benchmarks of these names and .bin packs; an error, before any training, for one that is not there.

    Lists of photos are no packs yet: they are aligned by `hyperface benchmark` first.
    """
    from hyperface import evaluation

    for name in names:
        require(
            not (evaluation.is_path(name) and evaluation.is_pair_list(Path(name))),
            f"{name} is photos with a list of pairs: make a pack of them first, with `hyperface benchmark`.",
        )
    return [evaluation.load_benchmark(name) for name in names]


def measured(step: TrainingStep, benchmarks: Sequence[Benchmark]) -> dict[str, float]:
    """Ten-fold accuracy of the network as it is at this step, by benchmark. It stays in training mode; nothing random
    is drawn, so that a training that is watched ends in the same weights."""
    from hyperface import evaluation

    recognizer = step.recognizer
    was_training = recognizer.training
    recognizer.eval()
    accuracies = {benchmark.name: evaluation.verify(recognizer, benchmark).accuracy for benchmark in benchmarks}
    recognizer.train(was_training)
    return accuracies
