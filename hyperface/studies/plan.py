"""What a study does: the budget, the same for every trial, and what became of a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hyperface.defaults import RENDERED_BENCHMARKS, pair_of
from hyperface.evaluation.rendered import rendered_path
from hyperface.generators import Generator

SPAN_SHARE = 0.85  # of the gallery's variance, which the spans of the generators that ship hold about


@dataclass(frozen=True)
class Plan:
    """The budget of every trial, and what it is judged by.

    identities: how many people; several numbers for several studies in one, all with as many pictures as the first:
    identities[0] × images_per_identity. They are drawn with the noise beta (None for what the generator wants) and seen
    `epochs` times.
    learning_rate, optimizer: None for the backbone's own.
    alpha, span (None for what the generator can draw) and packing_steps: of the packing, which starts at the random
    identities of its draw.
    correct: rounds in which the requests of every arm are corrected by what is drawn (`realization.corrected`).
    benchmarks: names or paths. pairs: of each of the five benchmarks that are rendered for the study from `pairs_seed`;
    0 for none.
    """

    identities: tuple[int, ...] = (100,)
    images_per_identity: int = 16
    epochs: int = 8
    backbone: str = "small"
    head: str = "adaface"
    batch_size: int = 128
    learning_rate: float | None = None
    optimizer: str | None = None
    input_size: int | None = None
    beta: float | None = None
    alpha: float = 0.5
    span: int | float | None = None
    packing_steps: int = 300
    correct: int = 0
    benchmarks: tuple[str, ...] = RENDERED_BENCHMARKS
    pairs: int = 3000
    pairs_seed: int = 1

    @property
    def images(self) -> int:
        """Of one trial's dataset, or a few less where they cannot be shared out evenly."""
        return self.identities[0] * self.images_per_identity

    def images_of_each(self, identities: int) -> int:
        """How many pictures each of so many people has."""
        return self.images // identities

    def drawn_by(self, generator: Generator) -> Plan:
        """The plan with the generator's own beta and span, where it has none."""
        pair = pair_of(generator.recognizer)
        span = SPAN_SHARE if pair is None else pair.span
        return replace(
            self,
            beta=generator.beta if self.beta is None else self.beta,
            span=span if self.span is None else self.span,
        )

    @property
    def large(self) -> tuple[str, ...]:
        """Names of the benchmarks that are rendered for the study."""
        return tuple(path.stem for path in self._packs.values())

    @property
    def unrendered(self) -> list[str]:
        """Which of the five are to be rendered first: they are not in the cache."""
        return [name for name, path in self._packs.items() if not path.is_file()]

    @property
    def _packs(self) -> dict[str, Path]:
        """Where the benchmarks that are rendered for the study are, or will be."""
        names = RENDERED_BENCHMARKS if self.pairs else ()
        return {name: rendered_path(name, pairs=self.pairs, seed=self.pairs_seed) for name in names}


@dataclass(frozen=True)
class Trial:
    """One way to choose so many people, with one draw of people and one seed of the training.

    accuracy, auc: benchmark → share in [0, 1]. right: benchmark → which of its pairs were decided rightly, as
    hexadecimal digits of packed bits; pairs: how many it has. nearest_cosine: mean over identities of the largest
    cosine to another one, as requested. loss: of training, at its end. seconds: of each stage.
    """

    arm: str
    identities: int
    draw: int
    seed: int
    accuracy: dict[str, float]
    auc: dict[str, float]
    nearest_cosine: float
    loss: float
    right: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, int, int, int]:
        return self.arm, self.identities, self.draw, self.seed

    def right_on(self, benchmark: str) -> np.ndarray | None:
        """bool (p,): each pair of a benchmark, decided rightly? None where it was not kept."""
        if benchmark not in self.right:
            return None
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(self.right[benchmark]), np.uint8))
        return bits[: self.pairs[benchmark]].astype(bool)


def packed_bits(right: np.ndarray | Sequence[bool]) -> str:
    """What `Trial.right` keeps."""
    return np.packbits(np.asarray(right, bool)).tobytes().hex()
