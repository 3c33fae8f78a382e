"""The closed loop of a differentiable generator: down the gradient through generator and recogniser.

Each step draws a batch of identities, two pictures each in random styles, embeds them again, and moves the requests
down the gradient of the loss that `hyperface.closed_loop` writes out; what is expected to be seen is the request.
Separation that only this recogniser would see is discouraged by mirroring, shifting and blurring the pictures before
they are embedded.
"""

from collections import abc

import torch
from torch.nn import functional as F

from hyperface import seeds
from hyperface.closed_loop.step import ClosedLoopStep, Weights, check_state, moved_in, repelled
from hyperface.generators.base import DifferentiableGenerator
from hyperface.hardware import has_fast_bfloat16
from hyperface.packing.neighbors import nearest_points, pair_cosines
from hyperface.packing.objectives import Moments, adam
from hyperface.recognizers.base import Recognizer
from hyperface.sphere import normalize

LEARNING_RATE = 0.08  # radians
CONSISTENCY = 0.3
LARGEST_SHIFT = 2  # pixels
PICTURES = 2  # of an identity in each step


def steps(
    start: torch.Tensor,
    generator: DifferentiableGenerator,
    recognizer: Recognizer,
    rounds: int,
    batch_size: int,
    learning_rate: float,
    weights: Weights,
    seed: int,
    resume: dict[str, torch.Tensor] | None,
) -> abc.Generator[ClosedLoopStep, None, torch.Tensor]:
    """The steps of `close_loop`, which has checked everything but the state to resume from."""
    if resume is None:
        state = _first_state(start, generator, recognizer, seed, batch_size)
    else:
        state = _checked(resume, len(start), generator, recognizer)
    resumed = resume is not None
    return _steps(state, generator, recognizer, rounds, batch_size, learning_rate, weights, seed, resumed)


def _steps(
    state: dict[str, torch.Tensor],
    generator: DifferentiableGenerator,
    recognizer: Recognizer,
    rounds: int,
    batch_size: int,
    learning_rate: float,
    weights: Weights,
    seed: int,
    resumed: bool,
) -> abc.Generator[ClosedLoopStep, None, torch.Tensor]:
    points, seen = state["points"].clone(), state["seen"].clone()  # (n, k), (n, d)
    moments = Moments(state["first_moment"].clone(), state["second_moment"].clone())
    n, first = len(points), int(state["step"])
    batches = -(-n // batch_size)  # a round
    total = rounds * batches
    agreement: float | None = None
    for step in range(first, total + 1):
        if step > first or not resumed:
            yield _shown(step, total, points, seen, moments, agreement, generator)
        if step == total:
            break
        moved = moved_in(step, n, batch_size, seed)  # (b,)
        draw = seeds.stream(seed, "pictures", step)
        here = points[moved].requires_grad_()  # (b, k)
        loss, centers, agreement = _loss(here, moved, seen, generator, recognizer, weights, draw)
        (gradient,) = torch.autograd.grad(loss, here)
        here = here.detach()
        tangent = gradient - (gradient * here).sum(dim=1, keepdim=True) * here
        square = tangent.square().sum(dim=1, keepdim=True)
        own = Moments(moments.first[moved], moments.second[moved])
        direction, own = adam(own, tangent, square, step // batches + 1, beta2=0.99, epsilon=1e-12)
        moments.first[moved], moments.second[moved] = own.first, own.second
        points[moved] = normalize(here - learning_rate * (1 - step / total) * direction)
        seen[moved] = centers
    return normalize(_requests(points, generator))


def _loss(
    points: torch.Tensor,
    moved: torch.Tensor,
    seen: torch.Tensor,
    generator: DifferentiableGenerator,
    recognizer: Recognizer,
    weights: Weights,
    draw: torch.Generator,
) -> tuple[torch.Tensor, torch.Tensor, float]:
    """The loss of the identities `moved` (b,) at points (b, k); what is seen of them (b, d); their consistency."""
    requests = _requests(F.normalize(points, dim=1), generator)  # (b, d)
    pictures = _seen(requests, generator, recognizer, draw)  # (b, 2, d)
    centers = F.normalize(pictures.sum(dim=1), dim=1)  # (b, d)
    apart = repelled(centers, moved, seen.index_copy(0, moved, centers.detach()))  # (b,)
    agreement = (pictures[:, 0] * pictures[:, 1]).sum(dim=1)  # (b,)
    near = (pictures * requests[:, None]).sum(dim=2).mean(dim=1)
    loss = weights.repulsion * apart + weights.consistency * (1 - agreement) + weights.fidelity * (1 - near)
    return loss.sum(), centers.detach(), float(agreement.detach().mean())


def _requests(points: torch.Tensor, generator: DifferentiableGenerator) -> torch.Tensor:
    """Requests (b, d) for coordinates (b, k) in the directions that the generator can draw."""
    return points if generator.reach is None else points @ generator.reach.T


def _seen(
    requests: torch.Tensor, generator: DifferentiableGenerator, recognizer: Recognizer, draw: torch.Generator
) -> torch.Tensor:
    """Embeddings (b, 2, d) of two pictures of each request (b, d), in random styles, mirrored, shifted and blurred."""
    styles = torch.randn(PICTURES * len(requests), generator.style_size, generator=draw)
    device = requests.device.type
    with torch.autocast(device, torch.bfloat16, enabled=has_fast_bfloat16(requests.device)):
        images = generator.draw(requests.repeat_interleave(PICTURES, dim=0), styles.to(requests))
        embeddings = recognizer.embed(_disturbed(images.float(), draw), batch_size=len(images))
    return embeddings.reshape(len(requests), PICTURES, -1)


def _disturbed(images: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
    """Images (n, 3, h, w) mirrored, shifted or blurred, all in the same way."""
    chances = torch.rand(2, generator=draw)
    if chances[0] < 0.5:
        images = images.flip(3)
    if chances[1] < 0.3:
        images = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    down, right = torch.randint(0, 2 * LARGEST_SHIFT + 1, (2,), generator=draw).tolist()
    height, width = images.shape[2:]
    padded = F.pad(images, (LARGEST_SHIFT,) * 4, mode="replicate")
    return padded[:, :, down : down + height, right : right + width]


def _first_state(
    start: torch.Tensor, generator: DifferentiableGenerator, recognizer: Recognizer, seed: int, batch_size: int
) -> dict[str, torch.Tensor]:
    points = start if generator.reach is None else normalize(start @ generator.reach)  # (n, k)
    draw = seeds.stream(seed, "first pictures")
    with torch.no_grad():
        requests = _requests(points, generator)
        pictures = torch.cat([_seen(batch, generator, recognizer, draw) for batch in requests.split(batch_size)])
    return {
        "step": torch.tensor(0),
        "points": points,
        "seen": F.normalize(pictures.sum(dim=1), dim=1),
        "first_moment": torch.zeros_like(points),
        "second_moment": torch.zeros_like(points[:, :1]),
    }


def _shown(
    step: int,
    total: int,
    points: torch.Tensor,
    seen: torch.Tensor,
    moments: Moments,
    agreement: float | None,
    generator: DifferentiableGenerator,
) -> ClosedLoopStep:
    points, seen = points.clone(), seen.clone()
    return ClosedLoopStep(
        step=step,
        total=total,
        requests=normalize(_requests(points, generator)),
        seen=seen,
        nearest_cosine=pair_cosines(seen, seen, nearest_points(seen)),
        consistency=agreement,
        state={
            "step": torch.tensor(step),
            "points": points,
            "seen": seen,
            "first_moment": moments.first.clone(),
            "second_moment": moments.second.clone(),
        },
    )


def _checked(
    state: dict[str, torch.Tensor], n: int, generator: DifferentiableGenerator, recognizer: Recognizer
) -> dict[str, torch.Tensor]:
    k = recognizer.dimension if generator.reach is None else generator.reach.shape[1]
    shapes = {
        "step": (),
        "points": (n, k),
        "seen": (n, recognizer.dimension),
        "first_moment": (n, k),
        "second_moment": (n, 1),
    }
    check_state(state, shapes)
    return state
