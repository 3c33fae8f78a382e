"""What a packing minimises, apart from the gallery term, and how a step is taken.

An objective evaluates the points: the nearest other point of each, which the exact figures are made from, and the
gradient of what it minimises. The gradients are analytic and need no matrix of all cosines.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch

from hyperface.packing.neighbors import exclude_self, nearest_points, tiles
from hyperface.registry import Registry

# e^−50 beside 1 is nothing in float32, and the denormal numbers below e^−87 are many times slower.
SMALLEST_EXPONENT = -50.0
ROUNDING = 1e-6  # of a gradient's length: float32 leaves about this much when the radial part is taken away


@dataclass(frozen=True)
class Evaluation:
    """nearest: (n,) index of each point's nearest other one, −1 for a lone point. gradient: (n, k), ambient."""

    nearest: torch.Tensor
    gradient: torch.Tensor


@dataclass(frozen=True)
class Moments:
    """Adam's running averages of the gradient (n, k) and of its square, (n, k) or one number per point (n, 1)."""

    first: torch.Tensor
    second: torch.Tensor


class Objective(ABC):
    """One way of spreading points; `progress` is the share of the steps that are done, 0 to 1."""

    @abstractmethod
    def evaluate(self, points: torch.Tensor, progress: float) -> Evaluation:
        """Nearest points and gradient of the pair term at unit rows (n, k)."""

    @abstractmethod
    def start(self, points: torch.Tensor) -> Moments:
        """Moments before the first step."""

    @abstractmethod
    def step(
        self, points: torch.Tensor, gradient: torch.Tensor, moments: Moments, count: int, progress: float
    ) -> tuple[torch.Tensor, Moments]:
        """Unit rows and moments after step number `count` (from 1) along the whole gradient (n, k)."""


OBJECTIVES: Registry[Objective] = Registry("packing objective")


def adam(
    moments: Moments, gradient: torch.Tensor, square: torch.Tensor, count: int, *, beta2: float, epsilon: float
) -> tuple[torch.Tensor, Moments]:
    """Adam (Kingma & Ba 2015): the step for a learning rate of 1, and the moments after it."""
    first = torch.lerp(moments.first, gradient, 0.1)  # beta1 = 0.9
    second = torch.lerp(moments.second, square, 1 - beta2)
    size = (second / (1 - beta2**count)).sqrt() + epsilon
    return first / (1 - 0.9**count) / size, Moments(first, second)


class PaperMinimum(Objective):
    """Algorithm 1 of the paper: −min d(x_i, x_j), so that the closest pair alone has a gradient.

    Adam on the ambient coordinates, then back to the sphere; the learning rate decays to 0 as half a cosine.
    """

    def __init__(self, learning_rate: float | None = None) -> None:
        self.learning_rate = 0.01 if learning_rate is None else learning_rate

    def evaluate(self, points: torch.Tensor, progress: float) -> Evaluation:
        nearest = nearest_points(points)
        gradient = torch.zeros_like(points)
        if len(points) > 1:
            self._add_gradient(gradient, points, nearest)
        return Evaluation(nearest, gradient)

    def _add_gradient(self, gradient: torch.Tensor, points: torch.Tensor, nearest: torch.Tensor) -> None:
        cosines = (points * points[nearest]).sum(dim=1)  # (n,)
        i = int(cosines.argmax())
        j = int(nearest[i])
        gradient[i] = points[j]  # d(1 − x_i·x_j)/dx_i = −x_j, and the distance is to grow
        gradient[j] = points[i]

    def start(self, points: torch.Tensor) -> Moments:
        return Moments(torch.zeros_like(points), torch.zeros_like(points))

    def step(
        self, points: torch.Tensor, gradient: torch.Tensor, moments: Moments, count: int, progress: float
    ) -> tuple[torch.Tensor, Moments]:
        step, moments = adam(moments, gradient, gradient.square(), count, beta2=0.999, epsilon=1e-8)
        rate = self.learning_rate * (1 + math.cos(math.pi * progress)) / 2
        return torch.nn.functional.normalize(points - rate * step, dim=1), moments


class NearestMean(PaperMinimum):
    """The row-wise reading of the same minimum: −(1/n) Σ_i min_j d(x_i, x_j). Every point has a gradient: from its
    nearest one and from those that it is nearest to. Adam on ambient coordinates moves close pairs the same way, so
    that some can end closer than they began."""

    def _add_gradient(self, gradient: torch.Tensor, points: torch.Tensor, nearest: torch.Tensor) -> None:
        gradient += points[nearest] / len(points)
        gradient.index_add_(0, nearest, points, alpha=1 / len(points))


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
        return (self.beta_end / self.first_beta(dimension)) ** progress

    def first_beta(self, dimension: int) -> float:
        """β at the first step."""
        return 2 * math.sqrt(dimension) if self.beta_start is None else self.beta_start

    def evaluate(self, points: torch.Tensor, progress: float) -> Evaluation:
        dimension = points.shape[1]
        beta = self.first_beta(dimension) * self.sharpening(dimension, progress)
        nearest, _, gradient = soft_maximum(points, beta)
        return Evaluation(nearest, gradient)

    def start(self, points: torch.Tensor) -> Moments:
        return Moments(torch.zeros_like(points), torch.zeros_like(points[:, :1]))

    def step(
        self, points: torch.Tensor, gradient: torch.Tensor, moments: Moments, count: int, progress: float
    ) -> tuple[torch.Tensor, Moments]:
        tangent = gradient - (gradient * points).sum(dim=1, keepdim=True) * points  # (n, k)
        square = tangent.square().sum(dim=1, keepdim=True)  # (n, 1)
        # What rounding leaves of a radial gradient is no direction, and Adam would scale it to a whole step.
        real = square > ROUNDING**2 * gradient.square().sum(dim=1, keepdim=True)
        tangent, square = tangent * real, square * real
        step, moments = adam(moments, tangent, square, count, beta2=0.99, epsilon=1e-12)
        rate = self.learning_rate / self.sharpening(points.shape[1], progress)
        return torch.nn.functional.normalize(points - rate * step, dim=1), moments


def soft_maximum(points: torch.Tensor, beta: float) -> tuple[torch.Tensor, float, torch.Tensor]:
    """One tiled pass over all pairs of unit rows (n, k): nearest (n,), value, ambient gradient (n, k).

    Each row's exponentials are shifted by the row's own largest cosine, and the rows joined afterwards, so nothing
    under- or overflows at any β.
    """
    n = len(points)
    if n < 2:
        return torch.full((n,), -1, device=points.device), -1.0, torch.zeros_like(points)
    nearest = torch.empty(n, dtype=torch.long, device=points.device)
    largest = torch.empty(n, 1, dtype=points.dtype, device=points.device)
    sums = torch.empty_like(largest)
    pulls = torch.empty_like(points)  # of row i: Σ_j exp(β (c_ij − largest_i)) x_j
    for rows in tiles(n, n):
        cosines = points[rows] @ points.T  # (b, n)
        exclude_self(cosines, rows)
        largest[rows], nearest[rows, None] = cosines.max(dim=1, keepdim=True)
        exponents = cosines.sub_(largest[rows]).mul_(beta).clamp_(min=SMALLEST_EXPONENT)
        weights = exponents.exp_()  # (b, n), at most 1
        sums[rows] = weights.sum(dim=1, keepdim=True)
        pulls[rows] = weights @ points
    overall = largest.max()
    shares = ((largest - overall) * beta).exp()  # (n, 1)
    total = (shares * sums).sum()
    value = float(overall.double() + total.double().log() / beta)
    return nearest, value, pulls * (shares * (2 / total))


OBJECTIVES.register("soft")(SoftMaximum)
OBJECTIVES.register("paper")(PaperMinimum)
OBJECTIVES.register("nearest")(NearestMean)
