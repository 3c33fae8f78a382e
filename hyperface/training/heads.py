"""Margin heads: the classifier that training puts on a backbone, with a margin against the true identity.

All turn cosines between a feature and the class centres into logits s · cos(θ + m …): ArcFace (Deng et al., CVPR
2019), CosFace (Wang et al., CVPR 2018), AdaFace (Kim et al., CVPR 2022), whose margin grows with image quality.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F

from hyperface.registry import Registry

HEADS: Registry["MarginHead"] = Registry("margin head")
MOST_CENTERS = 50_000  # that a step compares with: of more, those of its own people and others at random
EDGE = 1e-3  # cosines are kept this far from ±1, where the angle has no derivative (AdaFace's value)


def _as_they_are(norms: torch.Tensor) -> torch.Tensor:
    return norms


class MarginHead(nn.Module):
    """features (n, d), not normalised, and labels (n,) → logits (n, classes). A subclass writes `_with_margin`.

    gather: what is done with the batch's norms (n, 1) before statistics are taken of them; processes that share a
    batch join theirs. chosen: int64 (c,), rising, the classes whose centres a step compares with, and learns; None for
    all. Logits are then (n, c), in that order (partial FC: An et al., CVPR 2022).
    """

    gather: Callable[[torch.Tensor], torch.Tensor]

    def __init__(self, dimension: int, classes: int, scale: float = 64.0) -> None:
        super().__init__()
        self.gather = _as_they_are
        self.chosen: torch.Tensor | None = None
        self.scale = scale
        self.centers = nn.Parameter(torch.empty(dimension, classes).uniform_(-1, 1).renorm_(2, 1, 1e-5).mul_(1e5))

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        features = features.float()
        norms = features.norm(dim=1, keepdim=True)  # (n, 1)
        unit = features / norms.clamp_min(1e-6)  # a zero feature gives cosine 0, not NaN
        cosines = (unit @ F.normalize(self.compared(), dim=0)).clamp(-1 + EDGE, 1 - EDGE)  # (n, c)
        places = self.places(labels)[:, None]
        target = cosines.gather(1, places)  # (n, 1)
        hardened: torch.Tensor = cosines.scatter(1, places, self._with_margin(target, norms))
        return hardened * self.scale

    def choose(self, labels: torch.Tensor, draw: torch.Generator, most: int | None = None) -> None:
        """Set `chosen` for a batch: the classes of all its labels (n,), of all processes, and others at random up to
        `most` (None: `MOST_CENTERS`); all where there are no more. draw: a generator on the CPU."""
        most = MOST_CENTERS if most is None else most
        classes = self.centers.shape[1]
        if classes <= most:
            self.chosen = None
            return
        own = labels.unique().cpu()
        rank = torch.rand(classes, generator=draw)
        rank[own] = -1.0  # before all others
        chosen = rank.topk(max(most, len(own)), largest=False).indices
        self.chosen = chosen.sort().values.to(self.centers.device)

    def compared(self) -> torch.Tensor:
        """The centres of the chosen classes (d, c)."""
        return self.centers if self.chosen is None else self.centers[:, self.chosen]

    def places(self, labels: torch.Tensor) -> torch.Tensor:
        """Labels (n,), all of chosen classes, as columns of the logits."""
        return labels if self.chosen is None else torch.searchsorted(self.chosen, labels)

    @contextmanager
    def others_at_rest(self, optimizer: torch.optim.Optimizer) -> Iterator[None]:
        """Within this block an optimiser's step leaves the centres that were not chosen as they are: they neither
        decay nor go on by their momentum."""
        if self.chosen is None:
            yield
            return
        with torch.no_grad():
            rest = torch.ones(self.centers.shape[1], dtype=torch.bool, device=self.centers.device)
            rest[self.chosen] = False
            momentum = optimizer.state[self.centers].get("momentum_buffer")
            before = self.centers[:, rest], None if momentum is None else momentum[:, rest]
            yield
            self.centers[:, rest] = before[0]
            optimizer.state[self.centers]["momentum_buffer"][:, rest] = 0.0 if before[1] is None else before[1]

    def _with_margin(self, target: torch.Tensor, norms: torch.Tensor) -> torch.Tensor:
        """The cosine to the true centre (n, 1), made harder. norms: (n, 1), of the features."""
        raise NotImplementedError


@HEADS.register("arcface")
class ArcFace(MarginHead):
    """cos(θ + m), m = 0.5; beyond θ = π − m, where that would rise again, its tangent-like continuation."""

    margin = 0.5

    def _with_margin(self, target: torch.Tensor, norms: torch.Tensor) -> torch.Tensor:
        sine = (1 - target.square()).sqrt()
        shifted = target * math.cos(self.margin) - sine * math.sin(self.margin)
        beyond = target - math.sin(math.pi - self.margin) * self.margin
        return torch.where(target > math.cos(math.pi - self.margin), shifted, beyond)


@HEADS.register("cosface")
class CosFace(MarginHead):
    """cos θ − m, m = 0.4."""

    margin = 0.4

    def _with_margin(self, target: torch.Tensor, norms: torch.Tensor) -> torch.Tensor:
        return target - self.margin


@HEADS.register("adaface")
class AdaFace(MarginHead):
    """cos(θ − m·ẑ) − (m + m·ẑ), m = 0.4, ẑ the feature norm standardised, times h = 0.333, clipped to [−1, 1].

    A long feature means a good picture (ẑ = 1: all of the margin is additive), a short one an unrecognisable one.
    """

    margin, quality_scale, momentum = 0.4, 0.333, 0.01
    mean: torch.Tensor  # of the norms, running
    deviation: torch.Tensor

    def __init__(self, dimension: int, classes: int, scale: float = 64.0) -> None:
        super().__init__(dimension, classes, scale)
        self.register_buffer("mean", torch.tensor(20.0))
        self.register_buffer("deviation", torch.tensor(100.0))

    def _with_margin(self, target: torch.Tensor, norms: torch.Tensor) -> torch.Tensor:
        norms = norms.detach().clamp(0.001, 100)
        if self.training:
            batch = self.gather(norms)
            self.mean.lerp_(batch.mean(), self.momentum)
            if len(batch) > 1:  # one norm has no standard deviation
                self.deviation.lerp_(batch.std(), self.momentum)
        quality = ((norms - self.mean) / (self.deviation + 1e-3) * self.quality_scale).clamp(-1, 1)  # (n, 1)
        angle = (target.acos() - self.margin * quality).clamp(EDGE, math.pi - EDGE)
        return angle.cos() - (self.margin + self.margin * quality)
