"""What a generator really draws for packed identities: request an embedding, draw it, embed the picture again."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hyperface.errors import InputError
from hyperface.generators.base import Generator
from hyperface.packing.neighbors import nearest_points
from hyperface.recognizers.base import Recognizer
from hyperface.sphere import angles


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
