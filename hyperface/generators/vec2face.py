"""Vec2Face as a generator: `generators.load("vec2face")`. One pass, aligned pictures, a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional as F

from hyperface.errors import InputError
from hyperface.generators.base import DifferentiableGenerator, GeneratorCard
from hyperface.generators.vec2face_network import DROPPED, TOKENS, UNUSED, Shape, Vec2Face
from hyperface.generators.weights import place
from hyperface.hub import on_hub
from hyperface.images import ALIGNED_SIZE
from hyperface.model import channels_last, frozen
from hyperface.recognizers.embeddings import EmbeddingSpace
from hyperface.tensor_files import check_fits, float32, read_tensors

REPOSITORY = "hf:BooBooWu/Vec2Face"
DEFAULT = f"{REPOSITORY}/weights/vec2face_generator.pth"
PLUS = "hf:BooBooWu/Vec2Face_plus/vec2face_plus/main_model.pth"
RECOGNIZER_FILE = "weights/arcface-r100-glint360k.pth"
RECOGNIZER_NETWORK = "iresnet100"
LENGTH = 22.0  # of a feature before it is made a unit vector, about, where no gallery says what its own are

# A dataset of the original: each number of a feature moved by one of these deviations, for these shares of the images.
DEVIATIONS, SHARES = (0.3, 0.5, 0.7), (0.4, 0.4, 0.2)
# How many tokens are masked: a share from a normal distribution, cut off at the ends.
MASKED_MEAN, MASKED_DEVIATION, MASKED_RANGE = 0.15, 0.25, (0.1, 1.0)


class Vec2FaceGenerator(DifferentiableGenerator):
    """Identity-conditional generator. Wants unit embeddings of ArcFace's R100 trained on Glint360K."""

    beta = 0.0  # what varies a feature is in the seed, as long as the original's
    seconds_per_person = 0.5
    batch_size = 32

    def __init__(
        self, network: Vec2Face, card: GeneratorCard, *, length: float | None = None, variation: float = 1.0
    ) -> None:
        """length: of a request's feature; the network was trained on features that are no unit vectors, and draws
        another picture for another length. None for what is known where the requests come from (`for_space`), or else
        `LENGTH`.

        variation: how far a seed moves the feature: 0 not at all … 1 as in the original's datasets.
        """
        super().__init__()
        if length is not None and not 0 < length < float("inf"):
            raise InputError(f"A feature has a length above 0, about {LENGTH:g}; {length:g} was asked for.")
        if not 0 <= variation < float("inf"):
            raise InputError(f"Pictures vary from 0 to 1, or a little more; {variation:g} was asked for.")
        self.told_length, self.length, self.variation = length, LENGTH if length is None else length, variation
        self.network, self.card = network, replace(card, settings=f"length {self.length:.3g}, variation {variation:g}")
        self.style_size = TOKENS + 2 + card.dimension  # order of tokens, share that is masked, which deviation, noise

    def for_space(self, space: EmbeddingSpace) -> Vec2FaceGenerator:
        """As `Generator.for_space`: its requests are as long as the space's features were, unless somebody said how
        long they are to be."""
        super().for_space(space)
        if self.told_length is not None or space.length is None:
            return self
        return self._with(length=space.length, variation=self.variation)

    def calm(self) -> Vec2FaceGenerator:
        return self._with(length=self.length, variation=0.0)

    def _with(self, *, length: float, variation: float) -> Vec2FaceGenerator:
        """The same network with other settings."""
        other = Vec2FaceGenerator(self.network, self.card, length=length, variation=variation)
        other.uses_bfloat16, other.fits_at_once = self.uses_bfloat16, self.fits_at_once
        return other

    def generate(
        self,
        embeddings: torch.Tensor,
        seeds: Sequence[int],
        *,
        batch_size: int | None = None,
        lengths: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """As `Generator.generate`. lengths: (n,), of each request's feature; None for the generator's own."""
        if lengths is not None:
            if lengths.shape != embeddings.shape[:1]:
                raise InputError(f"One length for each request is needed: {len(embeddings)}, {tuple(lengths.shape)}.")
            embeddings = embeddings * (lengths.to(embeddings) / self.length)[:, None]
        return super().generate(embeddings, seeds, batch_size=batch_size)

    def draw(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        order, share, which, noise = styles.split((TOKENS, 1, 1, self.dimension), dim=1)
        features = self._varied(embeddings.float() * self.length, which, noise)  # (n, dimension)
        pictures: torch.Tensor = self.network(features, order, masked_tokens(share[:, 0]))
        return ((pictures + 1) / 2).clamp(0, 1)

    def _varied(self, features: torch.Tensor, which: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Features of the same length, moved as the original does. which: (n, 1); noise: (n, dimension)."""
        if not self.variation:
            return features
        bounds = torch.tensor(SHARES).cumsum(0)[:-1].to(which)
        deviation = torch.tensor(DEVIATIONS).to(which)[torch.bucketize(torch.special.ndtr(which), bounds)]  # (n, 1)
        moved = features + self.variation * deviation * noise
        out: torch.Tensor = F.normalize(moved, dim=1) * features.norm(dim=1, keepdim=True)
        return out


def masked_tokens(normal: torch.Tensor) -> torch.Tensor:
    """How many of the 49 tokens are masked (n,): a share from the original's truncated normal distribution.

    normal: (n,), standard normal numbers, of which it is a growing function.
    """
    low, high = (
        torch.special.ndtr((torch.tensor(end, dtype=torch.float64) - MASKED_MEAN) / MASKED_DEVIATION)
        for end in MASKED_RANGE
    )
    uniform = torch.special.ndtr(normal.double().cpu())
    share = MASKED_MEAN + MASKED_DEVIATION * torch.special.ndtri(low + uniform * (high - low))
    count: torch.Tensor = (TOKENS * share).ceil().long().clamp(DROPPED, TOKENS)
    return count.to(normal.device)


def load_vec2face(
    weights: str | Path = DEFAULT,
    *,
    recognizer: str | None = None,
    length: float | None = None,
    variation: float = 1.0,
) -> Vec2FaceGenerator:
    """Load Vec2Face's generator, or Vec2Face+'s main model. Frozen, in evaluation mode.

    Args:
        weights: the file, a folder with `weights/vec2face_generator.pth` below it, or a name on the hub.
        recognizer: name of the recogniser whose embeddings it is to take; None for the one that it was trained with,
            by the name that it has where it lies beside the weights.
        length: of a request's feature; None for what is known where the requests come from, or else `LENGTH`.
        variation: how far a seed moves the feature.

    Returns:
        The generator.

    Raises:
        CheckpointError: The weights cannot be had, or are of another network.
        UnknownNameError: The hub does not have them.
        InputError: A length or variation that cannot be.
    """
    there = place(weights)
    path = there.file("weights/vec2face_generator.pth", "vec2face_plus/main_model.pth")
    state = {
        name: value for name, value in read_tensors(path, ("model_vec2face",)).items() if not UNUSED.fullmatch(name)
    }
    shape = Shape.of(state)
    with torch.device("meta"):
        network = Vec2Face(shape)
    check_fits(path, "Vec2Face's generator", state, network.state_dict())
    network.load_state_dict(float32(state), assign=True)
    found = recognizer or there.recognizer(RECOGNIZER_FILE, RECOGNIZER_NETWORK)
    if found is None and on_hub(str(weights)):  # Vec2Face+ has its own repository, but no recogniser of its own in it
        found = place(REPOSITORY).recognizer(RECOGNIZER_FILE, RECOGNIZER_NETWORK)
    card = GeneratorCard(
        name=f"vec2face:{there.name}",
        recognizer=found or Path(RECOGNIZER_FILE).stem,
        dimension=shape.feature,
        image_size=ALIGNED_SIZE,
        training_data="1 M images of 50,000 people of WebFace4M (Vec2Face); its recogniser: Glint360K",
        licence="MIT, as the authors give it; the images that it was trained on are for research",
        source=there.source,
    )
    return Vec2FaceGenerator(channels_last(frozen(network)), card, length=length, variation=variation)
