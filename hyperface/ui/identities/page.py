"""A page of the grid of identities: what is asked of it, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hyperface.defaults import BETA
from hyperface.errors import InputError
from hyperface.ui.identities.grid import ClosestPair, IdentityRow, closest_pair, identity_grid
from hyperface.ui.identities.portrayed import MAX_SEED, Portrayed, difference_text, perturbed, portraits_of
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.figures import figure_row
from hyperface.ui.parts.packed import Packed, gallery_of
from hyperface.ui.parts.run_picker import lineage_line

if TYPE_CHECKING:
    import torch

    from hyperface.generators import Generator
    from hyperface.recognizers import Recognizer

MAX_IDENTITIES, MAX_STYLES = 24, 12  # on a page


@dataclass(frozen=True)
class Page:
    """What is asked of the grid. first: number of the first identity; first_style: seed of the first column; generator:
    the name of what draws."""

    first: int
    identities: int
    styles: int
    first_style: int
    beta: float
    generator: str

    def __post_init__(self) -> None:
        _require(1 <= self.identities <= MAX_IDENTITIES, f"Choose 1 to {MAX_IDENTITIES} identities on a page.")
        _require(1 <= self.styles <= MAX_STYLES, f"Choose 1 to {MAX_STYLES} variations.")
        _require(self.first >= 0, "Identities are numbered from 0: choose 0 or a larger number.")
        _require(0 <= self.first_style <= MAX_SEED, f"Choose a style from 0 to {MAX_SEED}.")
        _require(0 <= self.beta <= 1, f"Choose a β from 0 to 1; {BETA:g} is the usual value.")

    @property
    def style_seeds(self) -> range:
        """The seeds of the columns."""
        return range(self.first_style, self.first_style + self.styles)


@dataclass(frozen=True)
class DrawnPage:
    """HTML of the line about the run with its figures, of the grid, and of the closest pair."""

    summary: str
    grid: str
    pair: str


def asked_page(
    *,
    first: float | None,
    identities: float | None,
    styles: float | None,
    first_style: float | None,
    beta: float | None,
    generator: str,
) -> Page:
    """The controls' values as a page. InputError for an empty field, or a value that cannot be."""
    if first is None or identities is None or styles is None or first_style is None or beta is None:
        raise InputError("A number is missing: fill in every field on the left.")
    return Page(int(first), int(identities), int(styles), int(first_style), float(beta), generator)


def turned(direction: int, first: float | None, identities: int, size: int) -> float | None:
    """Number of the first identity on the next (1) or previous (-1) page, round at the ends of `size` identities."""
    if not size or first is None:
        return first
    pages = -(-size // identities)
    return (int(first) // identities + direction) % pages * identities


def draw_page(context: AppContext, packed: Packed, page: Page) -> DrawnPage:
    """What the page shows of a packing. InputError for a page that the packing does not have."""
    from hyperface.realization import realize, recognized

    _require(page.first < len(packed), f"The last identity of this packing is {len(packed) - 1}.")
    generator = context.artist(packed.space, page.generator)
    recognizer = context.recognizer(gallery_of(context, packed.run).recognizer)
    numbers = list(range(page.first, min(page.first + page.identities, len(packed))))
    identities = packed.embeddings[numbers]  # (n, d)
    requests = _perturbed(identities, numbers, page)  # (n, k, d)
    drawn = realize(identities, page.style_seeds, generator, recognizer, requests=requests)
    own = recognized(drawn.embeddings, numbers, packed.embeddings)  # (n, k)
    rows = [
        IdentityRow(
            number,
            drawn.images[i],
            drawn.cosine[i].tolist(),
            int(packed.nearest[number]),
            float(packed.nearest_angle[number]),
            _portrayed(packed, generator, number, page),
        )
        for i, number in enumerate(numbers)
    ]
    pair = _closest(packed, page, generator, recognizer)
    figures = [
        ("identities in the packing", f"{len(packed):,}"),
        ("smallest angle between two", f"{pair.requested_angle:.1f}°"),
        ("mean cosine of pictures to request", f"{drawn.cosine.mean():.2f}"),
        ("pictures nearest to their own identity", f"{int(own.sum())} of {own.numel()}"),
    ]
    summary = lineage_line(context, packed.run) + figure_row(figures)
    return DrawnPage(summary, identity_grid(rows, page.style_seeds), closest_pair(pair))


def _portrayed(packed: Packed, generator: Generator, number: int, page: Page) -> list[Portrayed | None]:
    """Whom each picture of a row enlarges; None where the generator cannot."""
    if portraits_of(generator) is None:
        return [None] * page.styles
    return [Portrayed(packed.run.name, page.generator, number, style, page.beta) for style in page.style_seeds]


def _closest(packed: Packed, page: Page, generator: Generator, recognizer: Recognizer) -> ClosestPair:
    from hyperface import sphere
    from hyperface.realization import realize

    first, second = packed.closest
    asked = packed.embeddings[[first, second]]
    drawn = realize(asked, [page.first_style], generator, recognizer)
    seen = drawn.embeddings[:, 0]  # (2, d)
    return ClosestPair(
        (first, second),
        (drawn.images[0, 0], drawn.images[1, 0]),
        float(packed.nearest_angle[first]),
        float(sphere.angles(seen[0], seen[1]).rad2deg()),
        tuple(_portrayed(packed, generator, number, replace(page, beta=0.0))[0] for number in (first, second)),
        difference_text(generator, asked[0], asked[1], (f"Identity {first}", f"identity {second}")),
    )


def _perturbed(identities: torch.Tensor, numbers: list[int], page: Page) -> torch.Tensor | None:
    """What Algorithm 3 asks the generator for instead of the identities themselves: (n, k, d)."""
    if page.beta == 0:
        return None
    import torch

    rows = [
        perturbed(identity[None], number, style, page.beta)
        for identity, number in zip(identities, numbers, strict=True)
        for style in page.style_seeds
    ]
    return torch.cat(rows).reshape(len(numbers), page.styles, -1)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)
