"""The closed loop of a generator whose people are numbers: down the gradient of a linear function, checked in pictures.

Such a generator (`LinearPeople`) has no gradient, but how its people z are seen is nearly mean + z W. With an offset of
each person's own, that is what their pictures are expected to be seen as, on average:

    c_i(z) = gain · (mean + z W) + offset_i

Each step moves a batch of people down the gradient of the loss that `hyperface.closed_loop` writes out, with these c_i:
their direction is what the others are repelled from, their squared length is the mean cosine of two pictures, and what
is expected without the offset is what they are to be faithful to. Then real pictures are drawn of those people, the
offset is corrected by what is really seen, and whoever is worse off than before stays where they were and is moved less
far the next time.

People keep the length that the generator's answers have, before their numbers are softly limited. They are moved in the
directions in which the linear function is not much weaker than in its strongest: what is spent on the others is hardly
seen, and is missing where it would be.
"""

import math
from collections import abc

import numpy as np
import torch
from torch.nn import functional as F

from hyperface import seeds
from hyperface.closed_loop.step import ClosedLoopStep, Weights, check_state, moved_in, repelled
from hyperface.generators.base import LinearPeople
from hyperface.packing.neighbors import nearest_points, pair_cosines
from hyperface.recognizers.base import Recognizer
from hyperface.sphere import normalize

LEARNING_RATE = 0.3  # radians
CONSISTENCY = 0.1
WEAKEST = 0.1  # directions with less than this share of the strongest one's gain are left alone
PICTURES = 4  # of a person in each step
MOVES = 16  # down the gradient of the linear function, in each step
TRUST = 0.5  # how far a person's offset goes to what was seen last: four pictures are few
SHORTER, LONGER = 0.5, 1.2  # how the next moves change after a step that was worse or better than staying


class Surrogate:
    """What is expected to be seen of people, given as directions: unit rows (n, k) in `basis`."""

    def __init__(self, generator: LinearPeople) -> None:
        response = generator.response
        strong, gains, _ = torch.linalg.svd(response.weights.double().cpu(), full_matrices=False)
        self.basis = strong[:, gains >= WEAKEST * gains[0]].float()  # (size, k), orthonormal columns
        self.mean, self.weights = response.mean.float().cpu(), response.weights.float().cpu()
        self.bound, self.length, self.gain = response.bound, response.length, torch.tensor(1.0)
        self.rest = response.rest

    def people(self, points: torch.Tensor) -> torch.Tensor:
        """The numbers (n, size) of people."""
        free = self.length * math.sqrt(len(self.basis)) * points @ self.basis.T
        if self.rest is not None:  # what is hardly seen has no part in the gradient
            free = free + torch.from_numpy(self.rest(free.detach().numpy()))
        return self.bound * torch.tanh(free / self.bound)

    def points(self, people: np.ndarray) -> torch.Tensor:
        """The people (n, k) that come nearest to numbers (n, size)."""
        share = torch.from_numpy(people).double() / self.bound
        free = torch.atanh(share.clamp(-1 + 1e-6, 1 - 1e-6)).float()
        return normalize(free @ self.basis)

    def expected(self, points: torch.Tensor) -> torch.Tensor:
        """How people (n, k) are expected to be seen on average (n, d), without an offset of their own."""
        return self.gain * (self.mean + self.people(points) @ self.weights)


def steps(
    start: torch.Tensor,
    generator: LinearPeople,
    recognizer: Recognizer,
    rounds: int,
    batch_size: int,
    learning_rate: float,
    weights: Weights,
    seed: int,
    resume: dict[str, torch.Tensor] | None,
) -> abc.Generator[ClosedLoopStep, None, torch.Tensor]:
    """The steps of `close_loop`, which has checked everything but the state to resume from."""
    model = Surrogate(generator)
    if resume is None:
        state = _first_state(model, start, generator, recognizer, learning_rate, seed)
    else:
        state = _checked(resume, len(start), model)
    model.gain = state["gain"]
    resumed = resume is not None
    return _steps(model, state, generator, recognizer, rounds, batch_size, learning_rate, weights, seed, resumed)


def _steps(
    model: Surrogate,
    state: dict[str, torch.Tensor],
    generator: LinearPeople,
    recognizer: Recognizer,
    rounds: int,
    batch_size: int,
    learning_rate: float,
    weights: Weights,
    seed: int,
    resumed: bool,
) -> abc.Generator[ClosedLoopStep, None, torch.Tensor]:
    state = {name: tensor.clone() for name, tensor in state.items()}
    points, offsets, reach = state["points"], state["offsets"], state["reach"]  # (n, k), (n, d), (n,)
    n, first = len(points), int(state["step"])
    total = rounds * -(-n // batch_size)
    agreement: float | None = None
    for step in range(first, total + 1):
        if step > first or not resumed:
            state["step"] = torch.tensor(step)
            yield _shown(model, state, total, agreement, generator)
        if step == total:
            break
        moved = moved_in(step, n, batch_size, seed)  # (b,)
        centers = model.expected(points) + offsets  # (n, d)
        seen = normalize(centers)
        lengths = reach[moved] * (1 - step / total)
        there = descended(model, points[moved], moved, offsets[moved], seen, lengths, weights)
        pictures = _pictures(model.people(there), generator, recognizer, seeds.stream(seed, "pictures", step))
        agreement = _agreement(pictures)
        expected = model.expected(there)
        offset = torch.lerp(offsets[moved], pictures.mean(dim=1) - expected, TRUST)
        after = expected + offset
        around = seen.index_copy(0, moved, normalize(after))
        better = losses(after, expected, moved, around, weights) <= losses(
            centers[moved], model.expected(points[moved]), moved, around, weights
        )  # (b,)
        points[moved] = torch.where(better[:, None], there, points[moved])
        offsets[moved] = offset  # what was seen there says something of here, too
        reach[moved] = (reach[moved] * torch.where(better, LONGER, SHORTER)).clamp(max=2 * learning_rate)
    return _requests(model, points, generator)


def losses(
    centers: torch.Tensor, expected: torch.Tensor, moved: torch.Tensor, seen: torch.Tensor, weights: Weights
) -> torch.Tensor:
    """The loss (b,) of each of the people `moved` (b,), seen as `centers` (b, d), where `expected` (b, d) were expected
    and `seen` (n, d) is how everybody is seen."""
    apart = repelled(normalize(centers), moved, seen)
    unlike = (1 - centers.square().sum(dim=1)).clamp(min=0)  # the linear function knows no bound, cosines do
    strange = 1 - F.cosine_similarity(centers, expected, dim=1)
    return weights.repulsion * apart + weights.consistency * unlike + weights.fidelity * strange


def descended(
    model: Surrogate,
    points: torch.Tensor,
    moved: torch.Tensor,
    offsets: torch.Tensor,
    seen: torch.Tensor,
    lengths: torch.Tensor,
    weights: Weights,
    moves: int = MOVES,
) -> torch.Tensor:
    """People (b, k), moved down the gradient of the linear function by `lengths` (b,), radians, at most.

    moved: (b,), which of the `seen` (n, d) they are. offsets: (b, d).
    """
    shares = torch.arange(moves, 0, -1) / (moves * (moves + 1) / 2)  # of the length; they add up to 1
    for share in shares.tolist():
        here = points.requires_grad_()
        expected = model.expected(here)
        centers = expected + offsets
        around = seen.index_copy(0, moved, normalize(centers.detach()))  # they stand still within a move
        loss = losses(centers, expected, moved, around, weights).sum()
        (gradient,) = torch.autograd.grad(loss, here)
        points = here.detach()
        tangent = gradient - (gradient * points).sum(dim=1, keepdim=True) * points
        points = normalize(points - share * lengths[:, None] * normalize(tangent))
    return points


def _pictures(
    people: torch.Tensor, generator: LinearPeople, recognizer: Recognizer, draw: torch.Generator
) -> torch.Tensor:
    """Embeddings (b, PICTURES, d) of pictures of people (b, size), each with a seed of its own."""
    each = torch.randint(2**31, (PICTURES * len(people),), generator=draw).tolist()
    rows = people.repeat_interleave(PICTURES, dim=0).numpy()
    with torch.inference_mode():
        embeddings = recognizer.embed(generator.people(rows, each)).cpu()
    return embeddings.clone().reshape(len(people), PICTURES, -1)  # clone: a tensor of no inference mode


def _agreement(pictures: torch.Tensor) -> float:
    """Mean cosine between two pictures (b, k, d) of a person."""
    k = pictures.shape[1]
    square = pictures.sum(dim=1).square().sum(dim=1)  # (b,)
    return float(((square - k) / (k * (k - 1))).mean())


def _first_state(
    model: Surrogate,
    start: torch.Tensor,
    generator: LinearPeople,
    recognizer: Recognizer,
    learning_rate: float,
    seed: int,
) -> dict[str, torch.Tensor]:
    points = model.points(generator.coordinates(start))
    pictures = _pictures(model.people(points), generator, recognizer, seeds.stream(seed, "first pictures"))
    realized, expected = pictures.mean(dim=1), model.expected(points)
    varied, response = realized - realized.mean(dim=0), expected - expected.mean(dim=0)
    gain = ((varied * response).sum() / response.square().sum().clamp(min=1e-12)).clamp(min=0.1)
    return {
        "step": torch.tensor(0),
        "points": points,
        "offsets": realized - gain * expected,
        "reach": torch.full((len(points),), learning_rate),
        "gain": gain,
    }


def _requests(model: Surrogate, points: torch.Tensor, generator: LinearPeople) -> torch.Tensor:
    return generator.requests(model.people(points).numpy())


def _shown(
    model: Surrogate,
    state: dict[str, torch.Tensor],
    total: int,
    agreement: float | None,
    generator: LinearPeople,
) -> ClosedLoopStep:
    points = state["points"]
    seen = normalize(model.expected(points) + state["offsets"])
    return ClosedLoopStep(
        step=int(state["step"]),
        total=total,
        requests=_requests(model, points, generator),
        seen=seen,
        nearest_cosine=pair_cosines(seen, seen, nearest_points(seen)),
        consistency=agreement,
        state={name: tensor.clone() for name, tensor in state.items()},
    )


def _checked(state: dict[str, torch.Tensor], n: int, model: Surrogate) -> dict[str, torch.Tensor]:
    shapes = {
        "step": (),
        "points": (n, model.basis.shape[1]),
        "offsets": (n, len(model.mean)),
        "reach": (n,),
        "gain": (),
    }
    check_state(state, shapes)
    return state
