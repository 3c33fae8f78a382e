"""What every face generator offers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from hyperface.defaults import BETA
from hyperface.errors import DeviceError, InputError
from hyperface.model import Card, Model
from hyperface.recognizers.embeddings import EmbeddingSpace
from hyperface.seeds import seeded_normal


@dataclass(frozen=True)
class GeneratorCard(Card):
    """What an identity-conditional generator is."""

    kind: ClassVar[str] = "generator"

    name: str
    recognizer: str  # name of the recogniser whose embeddings it expects
    dimension: int  # of those embeddings
    image_size: int  # pixels, square
    training_data: str
    licence: str
    source: str
    title: str = ""  # what its pictures are called, for people; "" where nobody said
    settings: str = ""  # how it draws, where that can be chosen


@dataclass(frozen=True)
class GalleryGeneratorCard(Card):
    """What an unconditional generator is."""

    kind: ClassVar[str] = "gallery generator"

    name: str
    image_size: int  # pixels, square
    training_data: str
    licence: str
    source: str
    settings: str = ""  # how it draws, where that can be chosen


class Generator(Model):
    """Identity-conditional generator G: a packed embedding and a seed in, an aligned face of that person out.

    A subclass sets `card` and `style_size`, and writes `draw`. Everything else (checks, seeds, batches, device,
    precision) is here.
    """

    card: GeneratorCard
    beta: ClassVar[float] = BETA  # of a dataset where nobody says which; 0 where seeds alone make pictures vary enough
    seconds_per_person: ClassVar[float] = 0.003  # about, of the first picture of a person on one core
    style_size: int  # how many normal numbers say everything that is not identity: pose, light, background
    batch_size: int | None = None  # pictures drawn at once if the caller does not say; None for all

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def version(self) -> str:
        """Which one draws here, where its pictures change with more than the product's version; "" for most."""
        return ""

    @property
    def title(self) -> str:
        """What its pictures are called, for people."""
        return self.card.title or f"pictures of {self.name}"

    @property
    def recognizer(self) -> str:
        """Name of the recogniser whose embeddings it expects."""
        return self.card.recognizer

    @property
    def space(self) -> EmbeddingSpace:
        """What those embeddings live in."""
        return EmbeddingSpace(self.recognizer, f"the generator {self.name!r}")

    @property
    def dimension(self) -> int:
        """Of those embeddings."""
        return self.card.dimension

    @property
    def image_size(self) -> int:
        """Pixels, square."""
        return self.card.image_size

    @property
    def licence(self) -> str:
        return self.card.licence

    def for_space(self, space: EmbeddingSpace) -> "Generator":
        """The generator as it draws requests that live there: of most, itself. One that takes more than a direction
        finds the rest in what is known of the space.

        InputError, naming both recognisers, if it draws another's embeddings.
        """
        space.check_same(self.space)
        return self

    def calm(self) -> "Generator":
        """A generator of the same people whose pictures vary less, where there is one: to measure who they are by."""
        return self

    @abstractmethod
    def draw(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        """Embeddings (n, dimension), unit rows, and styles (n, style_size), standard normal, both on its device →
        images as `generate` gives them."""

    @torch.inference_mode()
    def generate(
        self, embeddings: torch.Tensor, seeds: Sequence[int], *, batch_size: int | None = None
    ) -> torch.Tensor:
        """One image for each row.

        Args:
            embeddings: (n, dimension), unit rows, on any device.
            seeds: n integers; the seed fixes everything that is not identity (pose, light, background), so that one
                seed is comparable across identities.
            batch_size: how many are drawn at once. A picture's last bits may depend on it, nothing else does.

        Returns:
            float32 (n, 3, image_size, image_size), RGB, [0, 1], aligned to the five-point template, on the
            generator's device.

        Raises:
            InputError: The embeddings are of another shape, or there are not as many seeds.
        """
        self.check(embeddings, seeds)
        styles = seeded_normal(seeds, self.style_size)  # (n, style_size)
        at_once = self.batch_size if batch_size is None else batch_size
        return drawn(self, self.draw, (embeddings.float(), styles), self.image_size, at_once)

    def check(self, embeddings: torch.Tensor, seeds: Sequence[int]) -> None:
        """InputError if the embeddings are of another shape than (n, dimension), or there are not as many seeds."""
        if embeddings.ndim != 2 or embeddings.shape[1] != self.dimension:
            raise InputError(
                f"The generator {self.name!r} draws embeddings of the recogniser {self.recognizer!r}, shape "
                f"(n, {self.dimension}); got {tuple(embeddings.shape)}."
            )
        check_one_seed_each(embeddings, seeds)

    def meet(self, identities: torch.Tensor) -> None:
        """Be told, before their pictures are drawn, which identities (m, dimension) there are in all."""

    def notes(self) -> dict[str, Any]:
        """What is worth writing down beside the pictures drawn so far; of most, nothing."""
        return {}


def check_one_seed_each(embeddings: torch.Tensor, seeds: Sequence[int]) -> None:
    """InputError unless there are as many seeds as embeddings."""
    if len(embeddings) != len(seeds):
        raise InputError(f"One seed for each embedding is needed: {len(embeddings)} rows, {len(seeds)} seeds.")


class DifferentiableGenerator(Generator):
    """A generator whose pictures, as `draw` gives them, have a gradient with respect to the requested embeddings."""

    reach: torch.Tensor | None

    def __init__(self, reach: torch.Tensor | None = None) -> None:
        """reach: (dimension, k), orthonormal columns, the directions it can draw; None for all."""
        super().__init__()
        self.register_buffer("reach", reach, persistent=False)


@dataclass(frozen=True)
class Sitting:
    """How a portrait is taken.

    yaw: degrees, above 0 to the person's left; −90 to 90. pitch: degrees, above 0 looks up; −45 to 45. light: degrees
    from the camera at which the key light stands, above 0 to the right of the picture; −180 to 180. age: 0 a very young
    adult … 1 old.
    """

    yaw: float
    pitch: float
    light: float
    age: float


class Portraits(ABC):
    """What a generator can do besides whose people are known from every side: large pictures that turn, and words.

    A second base class of such a generator: `isinstance(generator, Portraits)` asks for it.
    """

    expressions: ClassVar[tuple[str, ...]]  # that a portrait may have, by name

    @abstractmethod
    def portrait(
        self,
        embeddings: torch.Tensor,
        seeds: Sequence[int],
        *,
        size: int = 448,
        yaw: float | None = None,
        pitch: float | None = None,
        expression: str | None = None,
        light: float | None = None,
        age: float | None = None,
    ) -> torch.Tensor:
        """One large picture for each row: float32 (n, 3, size, size), RGB, [0, 1].

        What is None follows from the seed and the person; `Sitting` says what the others are, and expression is one of
        `expressions`. InputError for what cannot be.
        """

    @abstractmethod
    def sittings(self, embeddings: torch.Tensor, seeds: Sequence[int]) -> list[Sitting]:
        """How `portrait` takes the picture of each row where nothing else is asked of it."""

    @abstractmethod
    def differences(self, embeddings: torch.Tensor, others: torch.Tensor, *, count: int = 4) -> list[list[str]]:
        """What each person has more or less of than another, in words, the most noticeable first.

        Args:
            embeddings: (n, dimension), as for `generate`.
            others: (n, dimension), whom they are compared with.
            count: of words at most.

        Returns:
            n lists of words with their size in standard deviations, such as "wider nose 1.9 σ".
        """


@dataclass(frozen=True)
class LinearResponse:
    """What people's numbers z do: the pictures of a person are seen near mean + z @ weights, as embeddings.

    mean: float32 (dimension,). weights: float32 (size, dimension). bound: no number is larger; on the way there they
    are limited softly, z = bound · tanh(free / bound). length: root mean square of the numbers that answer a request.
    rest: what goes with such numbers (n, size), as requests say nothing about it: free = answer + rest(answer). It is
    hardly seen, and follows from what is seen of them. None for nothing.
    """

    mean: torch.Tensor
    weights: torch.Tensor
    bound: float
    length: float = 1.0
    rest: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None


class LinearPeople(ABC):
    """What a generator can do besides whose people are numbers, which embeddings are nearly a linear function of.

    A second base class of such a generator: `isinstance(generator, LinearPeople)` asks for it. Numbers z are float32
    arrays (n, size), standard normal and independent over people.
    """

    @property
    @abstractmethod
    def response(self) -> LinearResponse:
        """The linear function."""

    @abstractmethod
    def coordinates(self, embeddings: torch.Tensor) -> NDArray[np.float32]:
        """The people (n, size) that `generate` draws for requests (n, dimension): of the response's length,
        then limited."""

    @abstractmethod
    def requests(self, z: NDArray[np.float32]) -> torch.Tensor:
        """Requests (n, dimension), unit rows, that are answered with these very people (n, size).

        That holds for people whose numbers, free of their limit and of what goes with them, have the response's length
        and lie in the span of the columns of the response's weights; of others, this is the nearest.
        """

    @abstractmethod
    def people(self, z: NDArray[np.float32], seeds: Sequence[int]) -> torch.Tensor:
        """One image for each person (n, size) and seed, as `generate` gives them."""


class GalleryGenerator(Model):
    """Unconditional generator: random faces for a gallery.

    A subclass sets `card` and `latent_size`, and writes `draw`.
    """

    card: GalleryGeneratorCard
    latent_size: int
    batch_size: int | None = None  # pictures drawn at once if the caller does not say; None for all

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def image_size(self) -> int:
        """Pixels, square."""
        return self.card.image_size

    @property
    def licence(self) -> str:
        return self.card.licence

    @abstractmethod
    def draw(self, latents: torch.Tensor) -> torch.Tensor:
        """Latent codes (n, latent_size), standard normal, on its device → images as `sample` gives them."""

    @torch.inference_mode()
    def sample(self, seeds: Sequence[int], *, batch_size: int | None = None) -> torch.Tensor:
        """One random face for each seed: float32 (n, 3, image_size, image_size), RGB, [0, 1], aligned, on its device.

        batch_size: how many are drawn at once. A picture's last bits may depend on it, nothing else does.
        """
        latents = seeded_normal(seeds, self.latent_size)  # (n, latent_size)
        at_once = self.batch_size if batch_size is None else batch_size
        return drawn(self, self.draw, (latents,), self.image_size, at_once)


def drawn(
    model: Model,
    draw: Callable[..., torch.Tensor],
    inputs: tuple[torch.Tensor, ...],
    size: int,
    batch_size: int | None,
) -> torch.Tensor:
    """Images float32 (n, 3, size, size) of inputs (n, …) each, drawn in batches, or all at once.

    Where a GPU's memory is too small for a batch, it is halved, and stays so. DeviceError if it is for one image.
    """
    count, device = len(inputs[0]), model.device
    if batch_size is not None and batch_size < 1:
        raise InputError(f"A batch holds at least one image; {batch_size} were asked for.")
    images, first, most = [torch.zeros(0, 3, size, size, device=device)], 0, batch_size or count
    with model.arithmetic():
        while first < count:
            at_once = min(most, model.fits_at_once or most)
            batch = tuple(values[first : first + at_once].to(device) for values in inputs)
            part = _if_it_fits(draw, batch)
            if part is not None:
                images.append(part.float())
                first += at_once
            elif at_once == 1:
                raise DeviceError(_too_small(model))
            else:
                model.fits_at_once = at_once // 2
    return torch.cat(images)


def _if_it_fits(draw: Callable[..., torch.Tensor], batch: tuple[torch.Tensor, ...]) -> torch.Tensor | None:
    """The images, None where memory ran out. Alone, since what failed holds its memory while the error is handled."""
    try:
        return draw(*batch)
    except torch.OutOfMemoryError:
        pass
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def _too_small(model: Model) -> str:
    device = model.device
    weights = sum(value.numel() * value.element_size() for value in model.state_dict().values())
    there = ""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        there = f", of which {free / 1e9:.1f} of {total / 1e9:.1f} GB are free,"
    return (
        f"The memory of {str(device)!r}{there} is too small to draw one picture: the network's weights alone take "
        f"{weights / 1e9:.1f} GB. Free some, compute in half precision (--precision bfloat16), or use another device."
    )
