"""What a packing minimises, apart from the gallery term, and how a step is taken.

An objective evaluates the points: the nearest other point of each, which the exact figures are made from, and the
gradient of what it minimises. The gradients are analytic and need no matrix of all cosines.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import torch

from hyperface.packing.neighbors import dots, nearest_points
from hyperface.packing.soft_maximum import soft_maximum
from hyperface.packing.tiles import Tiling
from hyperface.ranks import ALONE, Ranks
from hyperface.registry import Registry

ROUNDING = 1e-6  # of a gradient's length: float32 leaves about this much when the radial part is taken away


@dataclass(frozen=True)
class Evaluation:
    """gradient: (b, k), ambient, of this process's rows of the points, all n rows for a process alone.

    nearest: (n,) index of each point's nearest other one, −1 for a lone point; None where the objective does not look
    at every point. moving: (m,) indices of the points that this step moves, None for all.
    """

    nearest: torch.Tensor | None
    gradient: torch.Tensor
    moving: torch.Tensor | None = None


@dataclass(frozen=True)
class Moments:
    """Adam's running averages of the gradient (n, k) and of its square, (n, k) or one number per point (n, 1)."""

    first: torch.Tensor
    second: torch.Tensor


@dataclass(frozen=True)
class Surroundings:
    """What an evaluation may use besides the points.

    progress: share of the steps that are done, 0 to 1. guess: (n,) the last step's nearest, or None. draw: where an
    objective takes its chances from, the same in every process. ranks: the processes that share the work. tiling: the
    sizes of the pieces it is done in.
    """

    progress: float
    guess: torch.Tensor | None
    draw: torch.Generator | None
    ranks: Ranks
    tiling: Tiling


class Objective(ABC):
    """One way of spreading points: the whole contract. A subclass sets `learning_rate` and writes `_evaluate`, `start`,
    `_direction` and `_rate`; what is the same for all of them is here.

    n points of k dimensions are shared by processes, each with b of the rows; alone, b is n. Tensors are float32 on the
    points' device.
    """

    learning_rate: float

    def evaluate(
        self,
        points: torch.Tensor,
        progress: float,
        *,
        guess: torch.Tensor | None = None,
        draw: torch.Generator | None = None,
        ranks: Ranks = ALONE,
        tiling: Tiling | None = None,
    ) -> Evaluation:
        """Nearest points and gradient of the pair term.

        Args:
            points: (n, k), unit rows, the same in every process.
            progress: share of the steps that are done, 0 to 1.
            guess: (n,) the last step's nearest.
            draw: where an objective takes its chances from, the same in every process.
            ranks: the processes that share the work.
            tiling: of the packing that this evaluation is a part of; one of its own if not given.

        Returns:
            The gradient of this process's rows, and what `Evaluation` has besides.

        Raises:
            DeviceError: when memory runs out with the smallest pieces, too.
        """
        pieces = Tiling(points.device) if tiling is None else tiling
        return self._evaluate(points, Surroundings(progress, guess, draw, ranks, pieces))

    def step(
        self, points: torch.Tensor, gradient: torch.Tensor, moments: Moments, count: int, progress: float
    ) -> tuple[torch.Tensor, Moments]:
        """Take one step. Row by row: any rows can be moved apart from the others.

        Args:
            points: (b, k), unit rows.
            gradient: (b, k), ambient, the gallery term included.
            moments: of these rows, before the step.
            count: the step's number, from 1.
            progress: share of the steps that are done, 0 to 1.

        Returns:
            Unit rows (b, k), and the moments after the step.
        """
        direction, moments = self._direction(points, gradient, moments, count)
        moved = points - self._rate(points.shape[1], progress) * direction
        return torch.nn.functional.normalize(moved, dim=1), moments

    @abstractmethod
    def start(self, points: torch.Tensor) -> Moments:
        """Moments of the points (b, k) before the first step."""

    @abstractmethod
    def _evaluate(self, points: torch.Tensor, around: Surroundings) -> Evaluation:
        """What `evaluate` promises."""

    @abstractmethod
    def _direction(
        self, points: torch.Tensor, gradient: torch.Tensor, moments: Moments, count: int
    ) -> tuple[torch.Tensor, Moments]:
        """Uphill (b, k), to be multiplied by the rate, and the moments after it. Arguments as in `step`."""

    @abstractmethod
    def _rate(self, dimension: int, progress: float) -> float:
        """How much of the direction is gone, `learning_rate` at the first step, for points of k = `dimension`."""


OBJECTIVES: Registry[Objective] = Registry("packing objective")


def adam(
    moments: Moments, gradient: torch.Tensor, square: torch.Tensor, count: int, *, beta2: float, epsilon: float
) -> tuple[torch.Tensor, Moments]:
    """Adam (Kingma & Ba 2015), with β1 = 0.9.

    Args:
        moments: before the step.
        gradient: (b, k).
        square: its square, (b, k), or one number for each point, (b, 1).
        count: the step's number, from 1, for the correction of the averages' bias.
        beta2: of the average of the squares.
        epsilon: added to the root of that average.

    Returns:
        The step uphill (b, k) for a learning rate of 1, and the moments after it.
    """
    first = torch.lerp(moments.first, gradient, 0.1)  # beta1 = 0.9
    second = torch.lerp(moments.second, square, 1 - beta2)
    size = (second / (1 - beta2**count)).sqrt_().add_(epsilon).mul_(1 - 0.9**count)
    return first / size, Moments(first, second)


class PaperMinimum(Objective):
    """Algorithm 1 of the paper: −min d(x_i, x_j), so that the closest pair alone has a gradient.

    Adam on the ambient coordinates, then back to the sphere; the learning rate decays to 0 as half a cosine.
    """

    def __init__(self, learning_rate: float | None = None) -> None:
        self.learning_rate = 0.01 if learning_rate is None else learning_rate

    def _evaluate(self, points: torch.Tensor, around: Surroundings) -> Evaluation:
        nearest = nearest_points(points, guess=around.guess, ranks=around.ranks, tiling=around.tiling)
        gradient = torch.zeros_like(points)
        if len(points) > 1:
            self._add_gradient(gradient, points, nearest)
        return Evaluation(nearest, gradient[around.ranks.rows(len(points))])

    def _add_gradient(self, gradient: torch.Tensor, points: torch.Tensor, nearest: torch.Tensor) -> None:
        """Add what the nearest (n,) of the points (n, k) give to the gradient (n, k), in place."""
        cosines = dots(points, points, nearest)  # (n,)
        i = int(cosines.argmax())
        j = int(nearest[i])
        gradient[i] = points[j]  # d(1 − x_i·x_j)/dx_i = −x_j, and the distance is to grow
        gradient[j] = points[i]

    def start(self, points: torch.Tensor) -> Moments:
        return Moments(torch.zeros_like(points), torch.zeros_like(points))

    def _direction(
        self, points: torch.Tensor, gradient: torch.Tensor, moments: Moments, count: int
    ) -> tuple[torch.Tensor, Moments]:
        return adam(moments, gradient, gradient.square(), count, beta2=0.999, epsilon=1e-8)

    def _rate(self, dimension: int, progress: float) -> float:
        return self.learning_rate * (1 + math.cos(math.pi * progress)) / 2


class NearestMean(PaperMinimum):
    """The row-wise reading of the same minimum: −(1/n) Σ_i min_j d(x_i, x_j). Every point has a gradient: from its
    nearest one and from those that it is nearest to. Adam on ambient coordinates moves close pairs the same way, so
    that some can end closer than they began."""

    def _add_gradient(self, gradient: torch.Tensor, points: torch.Tensor, nearest: torch.Tensor) -> None:
        gradient += points.index_select(0, nearest) / len(points)
        gradient.index_add_(0, nearest, points, alpha=1 / len(points))


class StochasticMinimum(PaperMinimum):
    """Algorithm 2 of the paper: each step draws `batch` of the points and is Algorithm 1 on them."""

    def __init__(self, learning_rate: float | None = None, batch: int = 1000) -> None:
        super().__init__(learning_rate)
        self.batch = batch

    def _evaluate(self, points: torch.Tensor, around: Surroundings) -> Evaluation:
        moving = torch.randperm(len(points), generator=around.draw)[: self.batch].to(points.device)  # (m,)
        gradient = torch.zeros_like(points)
        # few points: every process does all of them
        inside = super()._evaluate(points[moving], replace(around, guess=None, ranks=ALONE))
        gradient[moving] = inside.gradient
        return Evaluation(None, gradient[around.ranks.rows(len(points))], moving)


class SoftMaximum(Objective):
    """(1/β) log Σ_{i≠j} exp(β x_i·x_j): tends to the largest cosine as β grows, with a gradient for every near pair.

    β rises geometrically over the steps. The gradient is projected onto the tangent space, Adam keeps one second
    moment per point, and the step shrinks as β sharpens the objective.
    """

    def __init__(
        self, learning_rate: float | None = None, beta_start: float | None = None, beta_end: float = 3000.0
    ) -> None:
        """learning_rate: length of the first steps in radians, about. beta_start: None for 2·√dimension, because the
        cosines of random points spread as 1/√dimension. (Both measured at n = 200 to 5000, d = 40 to 512.)"""
        self.learning_rate = 0.3 if learning_rate is None else learning_rate
        self.beta_start = beta_start
        self.beta_end = beta_end

    def sharpening(self, dimension: int, progress: float) -> float:
        """β at a share of the steps, as a multiple of the first β."""
        return math.pow(self.beta_end / self.first_beta(dimension), progress)

    def first_beta(self, dimension: int) -> float:
        """β at the first step."""
        return 2 * math.sqrt(dimension) if self.beta_start is None else self.beta_start

    def _evaluate(self, points: torch.Tensor, around: Surroundings) -> Evaluation:
        dimension = points.shape[1]
        beta = self.first_beta(dimension) * self.sharpening(dimension, around.progress)
        nearest, _, gradient = soft_maximum(points, beta, guess=around.guess, ranks=around.ranks, tiling=around.tiling)
        return Evaluation(nearest, gradient)

    def start(self, points: torch.Tensor) -> Moments:
        return Moments(torch.zeros_like(points), torch.zeros_like(points[:, :1]))

    def _direction(
        self, points: torch.Tensor, gradient: torch.Tensor, moments: Moments, count: int
    ) -> tuple[torch.Tensor, Moments]:
        tangent = gradient - (gradient * points).sum(dim=1, keepdim=True) * points  # (n, k)
        square = tangent.square().sum(dim=1, keepdim=True)  # (n, 1)
        # What rounding leaves of a radial gradient is no direction, and Adam would scale it to a whole step.
        real = square > ROUNDING**2 * gradient.square().sum(dim=1, keepdim=True)
        tangent, square = tangent * real, square * real
        return adam(moments, tangent, square, count, beta2=0.99, epsilon=1e-12)

    def _rate(self, dimension: int, progress: float) -> float:
        return self.learning_rate / self.sharpening(dimension, progress)


OBJECTIVES.register("soft")(SoftMaximum)
OBJECTIVES.register("paper")(PaperMinimum)
OBJECTIVES.register("stochastic")(StochasticMinimum)
OBJECTIVES.register("nearest")(NearestMean)
