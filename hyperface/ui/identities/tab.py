"""The Identities tab: the people that packed embeddings become, and datasets of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

from hyperface.defaults import BETA
from hyperface.errors import HyperFaceError, InputError
from hyperface.ui.identities.closed_loop_panel import closed_loop_panel
from hyperface.ui.identities.dataset_panel import dataset_panel
from hyperface.ui.identities.files import identity_files
from hyperface.ui.identities.geodesic_panel import geodesic_panel
from hyperface.ui.identities.grid import ClosestPair, IdentityRow, closest_pair, figure_row, identity_grid
from hyperface.ui.identities.separation_panel import separation_panel
from hyperface.ui.identities.sphere_panel import sphere_panel
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.packed import Packed, gallery_of, load_packed
from hyperface.ui.parts.pictures import escape
from hyperface.ui.parts.run_picker import lineage_line
from hyperface.ui.parts.toasts import toasts

if TYPE_CHECKING:
    import torch

MAX_IDENTITIES, MAX_STYLES = 24, 12  # on a page
MAX_SEED = 2**31 - 1
PAGES_KEPT = 32  # drawn pages remembered, for all visitors


@dataclass(frozen=True)
class Page:
    """What is asked of the grid. first: number of the first identity; first_style: seed of the first column."""

    first: int
    identities: int
    styles: int
    first_style: int
    beta: float

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


def build(context: AppContext, packing: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the tab. packing: the page's run picker; tab: opened fires its select event."""
    with gr.Row(elem_classes=["hf-columns", "hf-content-first"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            first = gr.Number(0, label="First identity", precision=0, minimum=0, elem_id="identities-first")
            identities = gr.Slider(1, MAX_IDENTITIES, 6, step=1, label="Identities on a page")
            styles = gr.Slider(1, MAX_STYLES, 6, step=1, label="Variations of each")
            beta = gr.Slider(
                0, 0.02, 0, step=0.001, label="β: spread within an identity",
                info=f"0 draws x itself, else normalise(x + v) with v ~ N(0, β I): {BETA:g} moves it by about 27°.",
            )  # fmt: skip
            first_style = gr.Number(
                0, label="First style", precision=0, minimum=0, maximum=MAX_SEED,
                info="The seed of pose, light and background. A column has one style.",
            )  # fmt: skip
        with gr.Column(scale=3, min_width=320):
            summary = gr.HTML(apply_default_css=False, elem_id="identities-summary")
            with gr.Row(elem_classes=["hf-buttons"]):
                previous = gr.Button("Previous page", size="md", min_width=90)
                following = gr.Button("Next page", size="md", min_width=90)
                other_styles = gr.Button("Other styles", size="md", min_width=90)
            grid = gr.HTML(_EMPTY, apply_default_css=False, elem_id="identities-grid", min_height=360)
            pair = gr.HTML(apply_default_css=False, elem_id="identities-pair")
    drawn = functools.lru_cache(PAGES_KEPT)(functools.partial(_draw, context))
    size = gr.State(0)  # identities in the run, for paging
    sphere_panel(context, packing, first, identities)
    separation_panel(context, packing, first)
    geodesic_panel(context, packing)
    closed_loop_panel(context, packing, tab)
    files = identity_files(context)
    dataset_panel(context, packing, tab)

    controls = [packing, first, identities, styles, first_style, beta]
    pictures = [summary, grid, pair, size]

    def draw(name: str | None, *values: float | None) -> tuple[str, str, str, int]:
        try:
            packed = load_packed(context, name)
        except HyperFaceError as error:  # nothing to draw is a state of the tab, not a mistake of the visitor
            return "", f'<p class="hf-empty">{escape(error)}</p>', "", 0
        page = _page(*values)
        _require(page.first < len(packed), f"The last identity of this packing is {len(packed) - 1}.")
        return *drawn(packed, page), len(packed)

    def turn(direction: int, first: float | None, identities: int, size: int) -> float | None:
        """Number of the first identity on the next or previous page, round at the ends."""
        if not size or first is None:
            return first
        pages = -(-size // identities)
        return (int(first) // identities + direction) % pages * identities

    previous.click(lambda *values: turn(-1, *values), [first, identities, size], first, **_QUICK)
    following.click(lambda *values: turn(1, *values), [first, identities, size], first, **_QUICK)
    other_styles.click(
        lambda seed, count: (int(seed or 0) + count) % MAX_SEED, [first_style, styles], first_style, **_QUICK
    )
    packing.change(lambda: 0, outputs=first, **_QUICK)
    gr.on([tab.select, packing.change], lambda name: name, packing, files, **_QUICK)
    gr.on(
        [
            tab.select,
            packing.change,
            first.change,
            first_style.change,
            identities.release,
            styles.release,
            beta.release,
        ],
        toasts(draw),
        controls,
        pictures,
        show_progress="minimal",
        trigger_mode="always_last",
        api_visibility="private",
    )


_QUICK = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
_EMPTY = '<p class="hf-empty">Drawing the first faces…</p>'


def _page(
    first: float | None, identities: float | None, styles: float | None, first_style: float | None, beta: float | None
) -> Page:
    if None in (first, identities, styles, first_style, beta):
        raise InputError("A number is missing: fill in every field on the left.")
    return Page(int(first), int(identities), int(styles), int(first_style), float(beta))


def _draw(context: AppContext, packed: Packed, page: Page) -> tuple[str, str, str]:
    """HTML of the summary, the grid and the closest pair."""
    from hyperface import sphere
    from hyperface.realization import realize, recognised

    generator, recognizer = context.generator(), context.recognizer(gallery_of(context, packed.run).recognizer)
    numbers = list(range(page.first, min(page.first + page.identities, len(packed))))
    identities = packed.embeddings[numbers]  # (n, d)
    requests = _perturbed(identities, numbers, page)  # (n, k, d)
    drawn = realize(identities, page.style_seeds, generator, recognizer, requests=requests)
    own = recognised(drawn.embeddings, numbers, packed.embeddings)  # (n, k)
    rows = [
        IdentityRow(
            number,
            drawn.images[i],
            drawn.cosine[i].tolist(),
            int(packed.nearest[number]),
            float(packed.nearest_angle[number]),
        )
        for i, number in enumerate(numbers)
    ]

    two = list(packed.closest)
    both = realize(packed.embeddings[two], [page.first_style], generator, recognizer)
    first, second = both.embeddings[:, 0]  # (d,) each
    pair = ClosestPair(
        (two[0], two[1]),
        (both.images[0, 0], both.images[1, 0]),
        float(packed.nearest_angle[two[0]]),
        float(sphere.angles(first, second).rad2deg()),
    )
    figures = [
        ("identities in the packing", f"{len(packed):,}"),
        ("smallest angle between two", f"{pair.requested_angle:.1f}°"),
        ("mean cosine of pictures to request", f"{drawn.cosine.mean():.2f}"),
        ("pictures nearest to their own identity", f"{int(own.sum())} of {own.numel()}"),
    ]
    summary = lineage_line(context, packed.run) + figure_row(figures)
    return summary, identity_grid(rows, page.style_seeds), closest_pair(pair)


def _perturbed(identities: torch.Tensor, numbers: list[int], page: Page) -> torch.Tensor | None:
    """What Algorithm 3 asks the generator for instead of the identities themselves: (n, k, d)."""
    if page.beta == 0:
        return None
    from hyperface.datasets.synthesis import perturb
    from hyperface.seeds import image_seeds

    copies = identities.repeat_interleave(page.styles, dim=0)  # (n·k, d)
    seeds = [image_seeds(0, number, style)[0] for number in numbers for style in page.style_seeds]
    return perturb(copies, page.beta, seeds).reshape(len(numbers), page.styles, -1)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)
