"""Measure identification: of everybody in a dataset one image is enrolled, and all others are searched among them.

DATASET is a run folder of `generate`, or a dataset on disk. Rank 1: the share of searches that return the right person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperface.jobs.base import Console
from hyperface.steps import finish

if TYPE_CHECKING:
    from hyperface.datasets import LabelledImages
    from hyperface.evaluation import EmbeddedImages, EmbeddingStep
    from hyperface.recognizers import Recognizer


RANKS = (1, 5, 20)


def embed(dataset: LabelledImages, recognizer: Recognizer, console: Console, limit: int | None) -> EmbeddedImages:
    """`evaluation.embed_dataset` with a bar."""
    from hyperface import evaluation

    begun = False

    def show(step: EmbeddingStep) -> None:
        nonlocal begun
        if not begun:
            console.begin(recognizer.name, step.total, "image")
        begun = True
        console.step(step.done, {})

    images = finish(evaluation.embed_dataset(dataset, recognizer, images_per_identity=limit), show)
    console.end()
    return images
