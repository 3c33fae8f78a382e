"""Measuring identification: of everybody in a dataset one image is enrolled, and all others are searched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hyperface.jobs.console import Console, report_skipped
from hyperface.jobs.dataset import dataset_path, embed_images
from hyperface.jobs.driver import Driver
from hyperface.jobs.models import absolute, check_color, color_of, load
from hyperface.words import collapsed

RANKS = (1, 5, 20)


def identify(
    source: Path,
    models: Sequence[str],
    console: Console,
    *,
    images_per_identity: int | None = None,
    device: str = "cpu",
    precision: str = "float32",
    color: str | None = None,
) -> None:
    """Say, for each model, how often a search in the dataset returns the right person."""
    from hyperface import datasets, evaluation

    check_color(color, models)
    dataset = datasets.open(dataset_path(source))
    report_skipped(console, dataset.skipped)
    for model in models:
        recognizer = load(absolute(model), console, device=device, precision=precision, color=color_of(model, color))
        images = embed_images(dataset, recognizer, Driver(console), recognizer.name, limit=images_per_identity)
        if images.collapsed:
            console.warn(collapsed(recognizer.name))
        found = evaluation.identify(images)
        low, high = found.interval()
        ranks = {rank: found.rate(rank) for rank in RANKS if rank <= found.enrolled}
        shown = ", ".join(f"rank {rank} {100 * rate:.2f} %" for rank, rate in ranks.items())
        console.say(
            f"{recognizer.name}: {shown} (95 % interval of rank 1: {100 * low:.2f} to {100 * high:.2f} %); "
            f"{len(found.ranks):,} searches among {found.enrolled:,} people",
            model=model,
            searches=len(found.ranks),
            enrolled=found.enrolled,
            rates=ranks,
            rank_1_interval=[low, high],
            cumulative_match=found.cumulative_match.tolist(),
        )
