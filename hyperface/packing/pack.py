"""The packing itself: an iterator over the steps of the optimiser.

Source: H. Otroshi Shahreza and S. Marcel, HyperFace: Generating Synthetic Face Recognition Datasets by Exploring Face
Embedding Hypersphere (arXiv 2411.08470), Algorithm 1: minimise −min_{i≠j} d(x_i, x_j) + α · (1/n) Σ_i min_g d(x_i, g),
d the cosine distance, x_i the identities and g the embeddings of a gallery.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from hyperface.errors import CheckpointError, InputError
from hyperface.hardware import usable_device
from hyperface.packing.gallery_search import GallerySearch
from hyperface.packing.neighbors import dots, nearest_points, pair_cosines
from hyperface.packing.objectives import OBJECTIVES, Moments, Objective
from hyperface.packing.span import Span, principal_span
from hyperface.packing.tiles import Tiling
from hyperface.ranks import ALONE, Ranks
from hyperface.seeds import stream
from hyperface.sphere import as_embeddings, normalize

CLOSEST_START = 1e-3  # chord: start points closer than this are taken for copies
COPY_SPREAD = 0.1  # radians by which copies are moved apart at the start
EXACT_EVERY = 25  # steps between exact figures, of an objective that does not look at every point itself


@dataclass(frozen=True)
class PackingStep:
    """The packing after `step` of `total` steps. Figures are exact, whatever is optimised: neighbours are found in
    float32 (ties within about 1e-7 fall either way), cosines computed from them in float64.

    exact: False between the exact steps of the stochastic objective. There nearest is each point's nearest other one
    some steps ago, so that the cosines are at most the true ones; gallery_distance is always exact.

    embeddings: float32 (n, d), unit rows. coordinates: float32 (n, k), the same inside the span, with the same angles;
    the embeddings where there is no span. max_cosine: between the closest two, −1.0 for a lone point.
    mean_nearest_cosine: over points, of the cosine to the nearest other one. gallery_distance: over points, mean cosine
    distance to the nearest gallery embedding, 0.0 without a gallery. objective: the paper's,
    −(1 − max_cosine) + α · gallery_distance. nearest: int64 (n,), index of each point's nearest other one, −1 for a
    lone point. nearest_cosine: float64 (n,). state: tensors to continue from with `pack(…, resume=state)`.
    """

    step: int
    total: int
    coordinates: torch.Tensor
    max_cosine: float
    mean_nearest_cosine: float
    gallery_distance: float
    objective: float
    nearest: torch.Tensor
    nearest_cosine: torch.Tensor
    state: dict[str, torch.Tensor]
    exact: bool = True
    span: Span | None = None

    @cached_property
    def embeddings(self) -> torch.Tensor:
        """float32 (n, d), unit rows."""
        return self.coordinates if self.span is None else self.span.embed(self.coordinates)


def pack(
    embeddings: torch.Tensor | np.ndarray,
    *,
    gallery: torch.Tensor | np.ndarray | None = None,
    alpha: float = 0.5,
    span: int | float | None = None,
    steps: int = 300,
    objective: str = "soft",
    learning_rate: float | None = None,
    seed: int = 0,
    device: str | torch.device = "cpu",
    resume: dict[str, torch.Tensor] | None = None,
) -> Generator[PackingStep, None, torch.Tensor]:
    """Spread identities over the sphere, yielding the start (step 0) and every step up to `steps`.

    Stop by closing the iterator. Where torch.distributed has a process group (`torchrun`), its processes share the
    work: each calls this with the same arguments and gets the same steps, equal to a lone process's but for rounding.

    Args:
        embeddings: (n, d), n ≥ 1, d ≥ 2, where the identities start; scaled to unit rows. Copies of a point are first
            moved apart by some degrees in random directions, because two equal points never separate.
        gallery: (m, d) embeddings of random faces, or None. An empty one counts as none.
        alpha: weight of staying near the gallery, ≥ 0.
        span: keep every identity inside the gallery's top principal directions: how many (int ≥ 2), or the share of the
            gallery's sum of squares that they hold (float, above 0 to 1). The start is projected onto them.
        steps: how many, ≥ 0.
        objective: what is optimised beside the gallery term. "soft": the soft maximum of the cosines with rising β.
            "paper": Algorithm 1, the closest pair only. "stochastic": Algorithm 2, the same on 1,000 points drawn anew
            for each step. "nearest": the mean over points of the distance to the nearest.
        learning_rate: None for the one tuned to the objective.
        seed: of the random directions of copies, and of the stochastic objective's draws.
        device: "cpu", "cuda", "cuda:1" …; the steps' tensors are there.
        resume: the `state` of an earlier step, from the same arguments: the iterator then begins with the step after
            it, and on the same machine goes on bit by bit as if never stopped.

    Returns:
        The identities of the last step, float32 (n, d), unit rows; resumed from there, they are a step further.

    Raises:
        InputError: Arguments that cannot work, when called, before the first step.
        CheckpointError: `resume` is the state of another packing, when called.
        DeviceError: The device is not there, when called; or memory runs out, on the way.
    """
    target = usable_device(device)
    start = as_embeddings(embeddings).to(target)  # (n, d)
    if len(start) == 0:
        raise InputError("There are no embeddings to pack: at least one identity is needed.")
    _check_number("alpha", alpha, "0 or more", alpha >= 0)
    if not isinstance(steps, int) or steps < 0:
        raise InputError(f"The number of steps must be a whole number, 0 or more; it was {steps!r}.")
    if learning_rate is not None:
        _check_number("learning rate", learning_rate, "above 0", learning_rate > 0)
    options = {} if learning_rate is None else {"learning_rate": learning_rate}
    optimized = OBJECTIVES.load(objective, **options)

    reference = None if gallery is None or len(gallery) == 0 else as_embeddings(gallery, what="gallery").to(target)
    if reference is not None and reference.shape[1] != start.shape[1]:
        raise InputError(
            f"The gallery has {reference.shape[1]} dimensions and the embeddings have {start.shape[1]}. "
            "Both must come from the same recogniser."
        )
    subspace = None
    if span is not None:
        if reference is None:
            raise InputError("A span is the gallery's: give a gallery, or leave the span out.")
        subspace = principal_span(reference, span)
        start = subspace.start(start)  # (n, k)
        reference = subspace.coordinates(reference)  # (m, k)
    tiling = Tiling(target)  # this packing's: what it learns about the memory ends with it
    search = None if reference is None else GallerySearch(reference, tiling=tiling)
    if resume is None:
        state = _first_state(start, optimized, seed, tiling)
    else:
        state = _checked(resume, start, optimized, search)
    return _steps(state, search, subspace, float(alpha), steps, optimized, seed, tiling)


def _steps(
    state: dict[str, torch.Tensor],
    search: GallerySearch | None,
    subspace: Span | None,
    alpha: float,
    total: int,
    optimized: Objective,
    seed: int,
    tiling: Tiling,
) -> Generator[PackingStep, None, torch.Tensor]:
    ranks = Ranks.current()
    points, nearest = state["points"], state["nearest"]  # (n, k), (n,)
    n, own = len(points), ranks.rows(len(points))
    moments = Moments(state["first_moment"][own], state["second_moment"][own])
    first = int(state["step"])
    here = points
    del state  # its tensors are as large as the points, and soon outdated
    for step in range(first, total + 1):
        progress = step / total if total else 1.0
        draw = stream(seed, "packing", step)  # of both alone: a resumed run repeats it
        evaluation = optimized.evaluate(points, progress, guess=nearest, draw=draw, ranks=ranks, tiling=tiling)
        exact = evaluation.nearest is not None
        if evaluation.nearest is not None:
            nearest = evaluation.nearest
        elif step % EXACT_EVERY == 0 or step == total:
            nearest, exact = nearest_points(points, guess=nearest, ranks=ranks, tiling=tiling), True
        gradient = evaluation.gradient  # (b, k)
        gallery_distance = 0.0
        if search is not None:
            closest = search.nearest(points[own])  # (b,)
            distances = 1 - dots(points[own], search.gallery, closest, tiling=tiling)  # (b,)
            gallery_distance = max(0.0, float(ranks.total(distances.sum()) / n))
            weights = _weights(evaluation.moving, points)[own]  # (b, 1)
            for rows in tiling.rows(len(gradient), 4 * points.shape[1]):
                towards = search.gallery.index_select(0, closest[rows])
                gradient[rows].addcmul_(towards, weights[rows], value=-alpha)
        here = points
        # The next step is taken before this one is shown, so that the state has all there is to go on with.
        moved, moments = _advanced(optimized, points[own], gradient, moments, step + 1, progress, tiling)
        points = ranks.gather(moved, n)
        cosines = _nearest_cosines(here, nearest, tiling)  # (n,)
        max_cosine = float(cosines.max())
        yield PackingStep(
            step=step,
            total=total,
            coordinates=here,
            max_cosine=max_cosine,
            mean_nearest_cosine=float(cosines.mean()),
            gallery_distance=gallery_distance,
            objective=max_cosine - 1 + alpha * gallery_distance,
            nearest=nearest,
            nearest_cosine=cosines,
            state=_state(step + 1, points, nearest, moments, search, ranks),
            exact=exact,
            span=subspace,
        )
    return here if subspace is None else subspace.embed(here)


def _advanced(
    optimized: Objective,
    points: torch.Tensor,
    gradient: torch.Tensor,
    moments: Moments,
    count: int,
    progress: float,
    tiling: Tiling,
) -> tuple[torch.Tensor, Moments]:
    """`Objective.step`, some rows at a time: its intermediate results stay in the caches."""
    moved, after = torch.empty_like(points), Moments(*map(torch.empty_like, (moments.first, moments.second)))
    for rows in tiling.rows(len(points), 8 * points.shape[1]):
        here = Moments(moments.first[rows], moments.second[rows])
        moved[rows], there = optimized.step(points[rows], gradient[rows], here, count, progress)
        after.first[rows], after.second[rows] = there.first, there.second
    return moved, after


def _weights(moving: torch.Tensor | None, points: torch.Tensor) -> torch.Tensor:
    """How much each point (n, 1) counts in the mean over those that move."""
    if moving is None:
        return points.new_full((len(points), 1), 1 / len(points))
    return points.new_zeros(len(points), 1).index_fill_(0, moving, 1 / len(moving))


def _nearest_cosines(points: torch.Tensor, nearest: torch.Tensor, tiling: Tiling) -> torch.Tensor:
    if len(points) == 1:
        return torch.full((1,), -1.0, dtype=torch.float64, device=points.device)
    return pair_cosines(points, points, nearest, tiling=tiling)


def _state(
    step: int, points: torch.Tensor, nearest: torch.Tensor, moments: Moments, search: GallerySearch | None, ranks: Ranks
) -> dict[str, torch.Tensor]:
    """The same in every process, and whole: it can be gone on with by any number of them."""
    n = len(points)
    state = {
        "step": torch.tensor(step),
        "points": points,
        "nearest": nearest,
        "first_moment": ranks.gather(moments.first, n),
        "second_moment": ranks.gather(moments.second, n),
    }
    if search is not None:
        state |= {f"gallery_{name}": ranks.gather(tensor, n) for name, tensor in search.state().items()}
    return state


def _first_state(points: torch.Tensor, optimized: Objective, seed: int, tiling: Tiling) -> dict[str, torch.Tensor]:
    nearest = nearest_points(points, ranks=Ranks.current(), tiling=tiling)  # (n,)
    points = _part_copies(points, nearest, seed)
    return _state(0, points, nearest, optimized.start(points), None, ALONE)


def _part_copies(points: torch.Tensor, nearest: torch.Tensor, seed: int) -> torch.Tensor:
    """Move points (n, k) that have a copy by COPY_SPREAD in random directions: the force between two points falls to
    zero as they meet, so equal ones would stay together for ever."""
    if len(points) == 1:
        return points
    copied = (pair_cosines(points, points, nearest) > 1 - CLOSEST_START**2 / 2)[:, None]  # (n, 1)
    if not copied.any():
        return points
    generator = torch.Generator().manual_seed(seed)
    noise = normalize(torch.randn(points.shape, generator=generator)).to(points)  # (n, k)
    return torch.where(copied, normalize(points + COPY_SPREAD * noise), points)


def _checked(
    state: dict[str, torch.Tensor], start: torch.Tensor, optimized: Objective, search: GallerySearch | None
) -> dict[str, torch.Tensor]:
    """The state on the right device, and the gallery's lists taken up; CheckpointError if it belongs elsewhere."""
    fresh = _state(0, start, torch.empty(len(start)), optimized.start(start), None, ALONE)
    shapes = {name: tuple(tensor.shape) for name, tensor in fresh.items()}
    if search is not None:
        n = len(start)
        lists = {"lists": (n, search.list_size), "origin": tuple(start.shape), "limit": (n,)}
        shapes |= {f"gallery_{name}": shape for name, shape in lists.items()}
    found = {name: tuple(tensor.shape) for name, tensor in state.items()}
    if found != shapes:
        wrong = sorted(name for name in shapes.keys() | found.keys() if shapes.get(name) != found.get(name))
        raise CheckpointError(
            f"The saved state belongs to another packing ({', '.join(wrong)} differ). Resume with the same number of "
            "identities, gallery, span and objective, or start again without it."
        )
    state = {name: tensor.to(start.device) for name, tensor in state.items()}
    if search is not None:
        own = Ranks.current().rows(len(start))
        search.restore({name: state[f"gallery_{name}"][own] for name in ("lists", "origin", "limit")})
    return state


def _check_number(name: str, value: float, allowed: str, holds: bool) -> None:
    if not (holds and math.isfinite(value)):
        raise InputError(f"The {name} must be {allowed}; it was {value}.")
