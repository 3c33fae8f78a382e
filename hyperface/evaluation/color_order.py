"""Does a recogniser get its colours in the right order? The commonest mistake with models of other projects.

Swapping red and blue costs accuracy silently. Pairs that ship with HyperFace are embedded in the declared order and in
the other: if the other tells people apart better, beyond chance, the declaration is probably wrong.
"""

from dataclasses import dataclass

import numpy as np
import torch

from hyperface.evaluation.benchmarks import load_benchmark
from hyperface.images import from_uint8
from hyperface.recognizers.base import Recognizer

BENCHMARK = "rendered_cross_pose"  # hard enough that strong recognisers make mistakes on it, too
PAIRS = 60  # half of them of one person
SURE = 0.95  # share of the resampled sets of pairs on which the other order must be better
RESAMPLED = 400


@dataclass(frozen=True)
class ColorOrder:
    """How well pairs are told apart (area under the ROC curve) in the declared order of colours, and in the other.
    other_better: share of resampled sets of pairs on which the other order is better."""

    declared: float
    other: float
    other_better: float

    @property
    def seems_wrong(self) -> bool:
        return self.other_better >= SURE


def check_color_order(recognizer: Recognizer, *, seed: int = 0) -> ColorOrder:
    """Embed PAIRS pairs in both orders; some seconds for an IResNet-50 on a CPU. Models that have learnt to ignore
    colour, such as dlib's, give no clear answer, and then do not need one."""
    benchmark = load_benchmark(BENCHMARK)
    half = PAIRS // 2
    chosen = np.concatenate([np.flatnonzero(benchmark.same == same)[:half] for same in (True, False)])  # (PAIRS,)
    images = from_uint8(benchmark.images[np.stack([2 * chosen, 2 * chosen + 1], axis=1).ravel()])  # (2·PAIRS, 3, …)
    with torch.inference_mode():
        wins = [_wins(recognizer.embed(order, batch_size=32)) for order in (images, images.flip(1))]  # (half, half)
    rng = np.random.default_rng(seed)
    better = 0
    for _ in range(RESAMPLED):
        rows, columns = rng.integers(half, size=(2, half))
        declared, other = (win[rows][:, columns].mean() for win in wins)
        better += other > declared
    return ColorOrder(float(wins[0].mean()), float(wins[1].mean()), better / RESAMPLED)


def _wins(embeddings: torch.Tensor) -> np.ndarray:
    """(same pairs, different pairs): 1 where the same pair is more alike, ½ where they are equally so."""
    cosine = (embeddings[::2] * embeddings[1::2]).sum(dim=1).cpu().numpy()  # (PAIRS,)
    same, different = np.split(cosine, 2)
    wins: np.ndarray = (same[:, None] > different) + 0.5 * (same[:, None] == different)
    return wins
