"""How a study chooses people: (gallery, plan, how many, draw) → embeddings (n, d)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from hyperface import packing
from hyperface.gallery import Gallery
from hyperface.seeds import stream_seed
from hyperface.steps import finish
from hyperface.studies.plan import Plan

Choice = Callable[[Gallery, Plan, int, int], torch.Tensor]
CANDIDATES = 10  # for each person that is chosen greedily: of the whole gallery every draw would choose the same few


def shuffled(gallery: Gallery, draw: int) -> np.ndarray:
    """The gallery's faces in the order of a draw: the first few are its random people, however many there are."""
    return np.random.default_rng(stream_seed(draw, "people of a study")).permutation(len(gallery))


def _random(gallery: Gallery, plan: Plan, count: int, draw: int) -> torch.Tensor:
    return gallery.embeddings[shuffled(gallery, draw)[:count]]


def _packed(span: bool) -> Choice:
    def choose(gallery: Gallery, plan: Plan, count: int, draw: int) -> torch.Tensor:
        return finish(
            packing.pack(
                _random(gallery, plan, count, draw),
                gallery=gallery.embeddings,
                alpha=plan.alpha,
                span=plan.span if span else None,
                steps=plan.packing_steps,
                seed=draw,
            )
        )

    return choose


def _greedy(gallery: Gallery, plan: Plan, count: int, draw: int) -> torch.Tensor:
    """Faces of the gallery, one after the other whoever is farthest from those chosen before (Gonzalez 1985)."""
    pool = gallery.embeddings[shuffled(gallery, draw)[: CANDIDATES * count]]  # (m, d)
    chosen = [0]
    nearest = pool @ pool[0]  # (m,) cosine of each candidate to the nearest one chosen
    for _ in range(count - 1):
        chosen.append(int(nearest.argmin()))
        nearest = torch.maximum(nearest, pool @ pool[chosen[-1]])
    return pool[chosen]


ARMS: dict[str, Choice] = {
    "random": _random,
    "packed": _packed(span=True),
    "packed-full-sphere": _packed(span=False),
    "greedy": _greedy,
}
