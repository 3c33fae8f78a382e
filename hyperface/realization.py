"""What a generator really draws for packed identities: request an embedding, draw it, embed the picture again.

And the way back: `corrected` moves requests by what is missing in their pictures, without a gradient.
"""

import collections.abc
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hyperface.errors import InputError
from hyperface.generators.base import Generator
from hyperface.packing.neighbors import nearest_points
from hyperface.recognizers.base import Recognizer
from hyperface.seeds import stream_seed
from hyperface.sphere import angles, geodesic, normalize


@dataclass(frozen=True)
class Realization:
    """n identities, each drawn in k variations.

    images: float32 (n, k, 3, h, w), RGB, [0, 1], aligned. embeddings: float32 (n, k, d), unit rows, of the images.
    cosine: float32 (n, k), of each image's embedding to the requested one.
    """

    images: torch.Tensor
    embeddings: torch.Tensor
    cosine: torch.Tensor


def realize(
    identities: torch.Tensor,
    style_seeds: Sequence[int],
    generator: Generator,
    recognizer: Recognizer,
    *,
    requests: torch.Tensor | None = None,
) -> Realization:
    """Draw every identity in every style, and measure the drift from the identity to its pictures.

    Args:
        identities: float32 (n, d), unit rows.
        style_seeds: k integers; column j of every identity has the style of style_seeds[j].
        generator: draws them.
        recognizer: the one whose embeddings they are.
        requests: float32 (n, k, d), unit rows, what is asked for in each picture, such as the perturbed copies of
            Algorithm 3 (arXiv 2411.08470); the identity itself if not given.

    Returns:
        The pictures and their embeddings, on the identities' device wherever the two models are; the cosines are to
            the identity, whatever was asked for.

    Raises:
        InputError: The recogniser is not the one whose embeddings the generator expects.
    """
    generator.space.check_same(recognizer.space)
    count, styles = len(identities), len(style_seeds)
    if requests is None:
        requests = identities[:, None].expand(-1, styles, -1)  # (n, k, d)
    with torch.inference_mode():
        images = generator.generate(requests.reshape(count * styles, -1), list(style_seeds) * count)  # (n·k, 3, h, w)
        embeddings = recognizer.embed(images).to(identities.device).reshape(count, styles, -1)  # (n, k, d)
        cosine = (embeddings * identities[:, None]).sum(dim=-1)  # (n, k)
    drawn = images.to(identities.device).reshape(count, styles, *images.shape[1:])
    return Realization(drawn, embeddings, cosine)


@dataclass(frozen=True)
class Walk:
    """images: float32 (k, 3, h, w), drawn at places on a great circle. likeness: float32 (k,), cosine of each one's
    embedding to where the way starts."""

    images: torch.Tensor
    likeness: torch.Tensor


def walk(
    start: torch.Tensor,
    end: torch.Tensor,
    shares: Sequence[float],
    generator: Generator,
    recognizer: Recognizer,
    *,
    styles: Sequence[int] = (0,),
) -> Walk:
    """Draw the way from one embedding (d,) to another, in the one of some styles in which its start is drawn best.

    Args:
        start: float32 (d,), unit, the embedding that is left.
        end: float32 (d,), unit, the one that is reached.
        shares: of the way, k numbers from 0 to 1.
        generator: draws.
        recognizer: sees; the one that the generator answers to.
        styles: seeds; all pictures are drawn with the one that draws the start best.

    Returns:
        The k pictures, and how alike each is to the start.

    Raises:
        InputError: The recogniser is not the generator's, or the embeddings are opposite.
    """
    best = int(realize(start[None], styles, generator, recognizer).cosine[0].argmax()) if len(styles) > 1 else 0
    way = geodesic(start[None], end[None], torch.tensor(shares))  # (k, d)
    drawn = realize(way, [styles[best]], generator, recognizer)
    return Walk(drawn.images[:, 0], drawn.embeddings[:, 0] @ start)


def recognized(embeddings: torch.Tensor, numbers: Sequence[int], packing: torch.Tensor) -> torch.Tensor:
    """Whether each picture is nearest to its own identity among all packed ones: bool (n, k).

    embeddings: (n, k, d), of the pictures. numbers: n, which row of `packing` (N, d) each identity is.
    """
    nearest = torch.stack([(pictures @ packing.T).argmax(dim=1) for pictures in embeddings])  # (n, k)
    return nearest == torch.as_tensor(list(numbers))[:, None]


@dataclass(frozen=True)
class Separation:
    """How far identities are apart as asked for and as seen in one picture of each.

    drift: (n,), degrees from the request to the picture's embedding. requested, seen: (n,), degrees to the nearest
    other request, and from the picture to the nearest other identity's. neighbour: int64 (n,), whose picture that is.
    """

    drift: torch.Tensor
    requested: torch.Tensor
    seen: torch.Tensor
    neighbor: torch.Tensor


def separation(identities: torch.Tensor, pictures: torch.Tensor) -> Separation:
    """identities, pictures: float32 (n, d), unit rows, what was asked for and what the recogniser sees in each picture.

    InputError for fewer than two identities, of which none has a neighbour, and for other shapes.
    """
    if identities.shape != pictures.shape or len(identities) < 2:
        raise InputError(
            f"Separation is that of two identities or more with a picture each; got {tuple(identities.shape)} and "
            f"{tuple(pictures.shape)}."
        )
    neighbor = nearest_points(pictures)  # (n,)
    return Separation(
        torch.rad2deg(angles(identities, pictures)),
        torch.rad2deg(angles(identities, identities[nearest_points(identities)])),
        torch.rad2deg(angles(pictures, pictures[neighbor])),
        neighbor,
    )


def mean_nearest_angle(pictures: torch.Tensor, seer: Recognizer) -> float:
    """Mean angle in degrees from an identity's picture to the nearest other one's, as any recogniser sees it.

    pictures: float32 (n, 3, h, w), n ≥ 2, RGB, [0, 1], one of each identity. seer: need not be the generator's
    recogniser, so that one may judge that had no part in choosing the identities.
    """
    with torch.inference_mode():
        seen = seer.embed(pictures)  # (n, d)
    return float(torch.rad2deg(angles(seen, seen[nearest_points(seen)])).mean())


def most_alike_pairs(embeddings: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The `count` pairs of rows with the largest cosines, falling: cosines (k,), and rows int64 (k, 2), i < j.

    embeddings: (n, d), unit rows; all n² cosines are held in memory.
    """
    first, second = torch.triu_indices(len(embeddings), len(embeddings), 1)  # (pairs,)
    cosines = (embeddings @ embeddings.T)[first, second]
    best = cosines.topk(min(count, len(cosines)))
    return best.values, torch.stack([first[best.indices], second[best.indices]], dim=1)


@dataclass(frozen=True)
class Correction:
    """Requests (n, d), unit rows, whose pictures are closer to the n embeddings that are wanted.

    before, after: float32 (n,), cosine of what is wanted to the centre of the pictures, of what is wanted itself and of
    `requests`, in the same pictures, which nothing was corrected with. They chose the better of the two, so that
    `after` is a little higher than in others.
    """

    requests: torch.Tensor
    before: torch.Tensor
    after: torch.Tensor


@dataclass(frozen=True)
class CorrectionStep:
    """`step` of `total` pictures are drawn. cosines: mean cosine to what is wanted at the start of each round that is
    over. state: what `resume` goes on from; the round that is under way begins again."""

    step: int
    total: int
    cosines: tuple[float, ...]
    state: dict[str, torch.Tensor]


def corrected(
    wanted: torch.Tensor,
    generator: Generator,
    recognizer: Recognizer,
    *,
    rounds: int = 3,
    pictures: int = 3,
    step: float = 0.35,
    seed: int = 0,
    batch_size: int = 16,
    resume: dict[str, torch.Tensor] | None = None,
) -> collections.abc.Generator[CorrectionStep, None, Correction]:
    """Ask for something else, so that what is wanted is drawn: needs no gradient, and works for any generator.

    Each round draws some pictures of every request x, looks at their centre y, and moves the request by what is
    missing, x ← normalise(x + s (wanted − y)). Every round has pictures of its own and, in round r, a step s of
    `step` / √r, so that their noise averages out. In the end both what was wanted and what it has become are drawn once
    more, in further pictures, and the better one is kept. (Moving coordinates through a linear inverse comes to the
    same: such an inverse of a sum of moves is the sum of their inverses.)

    Args:
        wanted: float32 (n, d), unit rows.
        generator: draws them.
        recognizer: the one whose embeddings they are.
        rounds: how often each request is moved, 1 or more.
        pictures: of each request in each round, 1 or more; its mirror images are looked at as well.
        step: of the first round, above 0; 1 makes up for all that is missing, and for the noise of the pictures, too.
        seed: same seed, same result.
        batch_size: requests drawn at once.
        resume: the state of a step of the same call.

    Returns:
        The requests, on the CPU, and their gain. `rounds` + 2 times `pictures` pictures are drawn of each.

    Raises:
        InputError: An impossible value, or the recogniser is not the one whose embeddings the generator expects.
    """
    generator.space.check_same(recognizer.space)
    if rounds < 1 or pictures < 1 or batch_size < 1:
        raise InputError(
            f"A correction has at least one round, one picture and one request in a batch; {rounds}, {pictures} and "
            f"{batch_size} were asked for."
        )
    if not 0 < step < float("inf"):
        raise InputError(f"The step of a correction must be above 0; it was {step}.")
    look = _Look(generator, recognizer, pictures, seed, batch_size)
    return _correcting(wanted.detach().float().cpu(), look, rounds, step, resume or {})


def _correcting(
    wanted: torch.Tensor, look: "_Look", rounds: int, step: float, state: dict[str, torch.Tensor]
) -> collections.abc.Generator[CorrectionStep, None, Correction]:
    count = len(wanted)
    requests = state.get("requests", wanted)  # (n, d)
    cosines: list[float] = state.get("cosines", torch.zeros(0)).tolist()
    done, total = len(cosines) * count * look.pictures, (rounds + 2) * count * look.pictures

    def looked(shown: torch.Tensor) -> collections.abc.Generator[CorrectionStep, None, torch.Tensor]:
        nonlocal done
        state = {"requests": requests, "cosines": torch.tensor(cosines, dtype=torch.float64)}
        seen = []
        for centers in look(shown, len(cosines)):
            seen.append(centers)
            done += len(centers) * look.pictures
            yield CorrectionStep(done, total, tuple(cosines), state)
        return torch.cat(seen)

    while len(cosines) < rounds:
        realized = yield from looked(requests)  # (n, d)
        cosines.append(float((realized * wanted).sum(dim=1).mean()))
        requests = normalize(requests + step / len(cosines) ** 0.5 * (wanted - realized))
    plain, moved = (yield from looked(torch.cat([wanted, requests]))).split(count)  # (n, d) each
    before, after = (plain * wanted).sum(dim=1), (moved * wanted).sum(dim=1)  # (n,)
    kept = torch.where((after > before)[:, None], requests, wanted)
    return Correction(kept, before, torch.maximum(before, after))


@dataclass(frozen=True)
class _Look:
    """Draws requests and looks at them."""

    generator: Generator
    recognizer: Recognizer
    pictures: int
    seed: int
    batch_size: int

    def __call__(self, requests: torch.Tensor, number: int) -> collections.abc.Iterator[torch.Tensor]:
        """Batch by batch the centres (b, d), unit rows, of requests (n, d) in the pictures of look `number`."""
        seeds = [stream_seed(self.seed, "pictures of a correction", number, k) for k in range(self.pictures)]
        for batch in requests.split(self.batch_size):
            with torch.inference_mode():
                images = self.generator.generate(batch.repeat_interleave(self.pictures, dim=0), seeds * len(batch))
                seen = self.recognizer.embed(torch.cat([images, images.flip(3)])).cpu()  # (2 b k, d)
                centers = seen.reshape(2, len(batch), self.pictures, -1).sum(dim=(0, 2))  # (b, d)
            yield normalize(centers)
