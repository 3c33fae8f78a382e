"""The Identities tab: the people that packed embeddings become, and datasets of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.blocks import Block

from hyperface import offers
from hyperface.defaults import BETA, EMBEDDED_GENERATORS
from hyperface.errors import HyperFaceError
from hyperface.offers import capital
from hyperface.ui.identities.closed_loop_panel import closed_loop_panel
from hyperface.ui.identities.dataset_panel import dataset_panel
from hyperface.ui.identities.files import identity_files
from hyperface.ui.identities.geodesic_panel import geodesic_panel
from hyperface.ui.identities.page import (
    MAX_IDENTITIES,
    MAX_STYLES,
    DrawnPage,
    Page,
    asked_page,
    draw_page,
    turned,
)
from hyperface.ui.identities.portrait_view import portrait_view
from hyperface.ui.identities.portrayed import MAX_SEED
from hyperface.ui.identities.separation_panel import separation_panel
from hyperface.ui.identities.sphere_panel import sphere_panel
from hyperface.ui.parts import questions
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.choices import offer
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE, COPIED, EACH_AT_ONCE, LATEST, Given, Updates, components_of, values_of
from hyperface.ui.parts.packed import Packed, load_packed
from hyperface.ui.parts.plots import picked_point
from hyperface.ui.parts.telling import message_html
from hyperface.ui.parts.toasts import toasts

PAGES_KEPT = 32  # drawn pages remembered, for all visitors
EMPTY = '<p class="hf-empty">Drawing the first faces…</p>'


@dataclass(frozen=True)
class PageControls:
    """What is asked of the grid."""

    first: gr.Number
    identities: gr.Slider
    styles: gr.Slider
    first_style: gr.Number
    beta: gr.Slider
    generator: gr.Dropdown


@dataclass(frozen=True)
class Pictures:
    """What the grid shows. size: identities of the run, for paging."""

    summary: gr.HTML
    grid: gr.HTML
    pair: gr.HTML
    size: gr.State


@dataclass(frozen=True)
class Paging:
    """The buttons above the grid."""

    previous: gr.Button
    following: gr.Button
    other_styles: gr.Button


def build(page: AppPage, tab: gr.Tab) -> None:
    """Lay out the tab, which shows the packing of the page's picker. tab: opened fires its select event."""
    context, packing = page.context, page.packing
    with gr.Row(elem_classes=["hf-columns", "hf-content-first"]):
        with gr.Column(scale=1, min_width=280, elem_classes=["hf-controls"]):
            controls = _controls(page)
        with gr.Column(scale=3, min_width=320):
            pictures, paging = _pictures()
    sphere_panel(page, controls.first, controls.identities)
    scatter = separation_panel(page, controls.generator)
    walk = geodesic_panel(page, controls.generator)
    closed_loop_panel(context, packing, controls.generator, tab)
    files = identity_files(context)
    dataset_panel(page, controls.generator, tab)
    portrait_view(context)
    gr.on([tab.select, packing.change], inputs=packing, outputs=files, **COPIED)
    _turn_pages(page, controls, pictures, paging)
    _share_identity(page, controls.first, walk.start, scatter)
    _draw_pages(page, tab, controls, pictures)


def _controls(page: AppPage) -> PageControls:
    generator = gr.Dropdown(
        [(capital(title), name) for name, title in EMBEDDED_GENERATORS.items()],
        value=page.context.generator_name, label="Drawn by", elem_id="identities-generator",
    )  # fmt: skip
    offer(page.blocks, offers.generators, generator, "What can draw these people", elem_id="identities-offers")
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
    return PageControls(first, identities, styles, first_style, beta, generator)


def _pictures() -> tuple[Pictures, Paging]:
    summary = gr.HTML(apply_default_css=False, elem_id="identities-summary")
    with gr.Row(elem_classes=["hf-buttons"]):
        previous = gr.Button("Previous page", size="md", min_width=90)
        following = gr.Button("Next page", size="md", min_width=90)
        other_styles = gr.Button("Other styles", size="md", min_width=90)
    grid = gr.HTML(EMPTY, apply_default_css=False, elem_id="identities-grid", min_height=360)
    pair = gr.HTML(apply_default_css=False, elem_id="identities-pair")
    return Pictures(summary, grid, pair, gr.State(0)), Paging(previous, following, other_styles)


def _turn_pages(page: AppPage, controls: PageControls, pictures: Pictures, paging: Paging) -> None:
    def turn(direction: int, given: Given) -> Updates:
        first = turned(direction, given[controls.first], given[controls.identities], given[pictures.size])
        return {controls.first: first, page.strip: chosen_by_hand(given[page.packing], first)}

    def other_styles(seed: float | None, count: int) -> int:
        return (int(seed or 0) + count) % MAX_SEED

    asked: set[Block] = {page.packing, controls.first, controls.identities, pictures.size}
    outputs = [controls.first, page.strip]
    paging.previous.click(lambda given: turn(-1, given), asked, outputs, **AT_ONCE)
    paging.following.click(lambda given: turn(1, given), asked, outputs, **AT_ONCE)
    style = controls.first_style
    paging.other_styles.click(other_styles, [style, controls.styles], style, **AT_ONCE)


def _share_identity(page: AppPage, first: gr.Number, start: gr.Number, scatter: gr.HTML) -> None:
    """Who is chosen elsewhere on the page leads the grid and the walk, and who is chosen here is chosen everywhere.

    The page hears of what visitors do, and not of what follows from it: else two would send each other to and fro.
    """

    def chosen(event: gr.EventData) -> list[int]:
        return [max(0, questions.whole(getattr(event, "identity", None), "identity", 0))] * 2

    def tell(name: str | None, number: float | None) -> dict[str, Any]:
        there = _nearest_person(page.context, name, number)
        if there is not None and number is not None and there < number:
            gr.Warning(f"The last identity of this packing is {there:.0f}.", title="There is no such identity")
        return chosen_by_hand(name, there)

    def picked(name: str | None, event: gr.EventData) -> dict[str, Any]:
        point = picked_point(event)
        return chosen_by_hand(name, None if point is None else questions.number(point, "person"))

    page.strip.chosen(chosen, outputs=[first, start], **EACH_AT_ONCE)
    for number in (first, start):
        number.input(tell, [page.packing, number], page.strip, **LATEST)
    scatter.picked(picked, page.packing, page.strip, **EACH_AT_ONCE)


def _nearest_person(context: AppContext, name: str | None, number: float | None) -> float | None:
    """The number itself, or the first or last that there is in the packing with this name."""
    if number is None:
        return None
    try:
        last = len(load_packed(context, name)) - 1
    except HyperFaceError:  # nothing to choose among: the tab says why
        return number
    return min(max(number, 0), last)


def chosen_by_hand(name: str | None, number: float | None) -> dict[str, Any]:
    """The strip's value when somebody of the packing with this name was chosen."""
    return {"run": name, "identity": None if number is None else int(number)}


def _draw_pages(page: AppPage, tab: gr.Tab, controls: PageControls, pictures: Pictures) -> None:
    drawn = functools.lru_cache(PAGES_KEPT)(functools.partial(draw_page, page.context))

    def draw(given: Given) -> Updates:
        if page.context.preparing:
            gr.Info(page.context.preparing)
        values = values_of(controls, given)
        first = _nearest_person(
            page.context, given[page.packing], values["first"]
        )  # the packing before had more people
        told, generator = shown(page.context, pictures, drawn, given[page.packing], values | {"first": first})
        corrected = {controls.first: first, controls.generator: generator}
        return told | {control: value for control, value in corrected.items() if value != given[control]}

    def draw_chosen(given: Given) -> Updates:
        updates = draw(given)
        if controls.generator in updates:
            title = page.context.generator(given[controls.generator]).title
            gr.Info(
                f"{capital(title)} are drawn from another recogniser's embeddings than "
                "this packing's. Pack a gallery that they are drawn for to see its people so."
            )
        return updates

    moments = [
        tab.select,
        page.packing.change,
        controls.first.change,
        controls.first_style.change,
        controls.identities.release,
        controls.styles.release,
        controls.beta.release,
    ]
    outputs = [pictures.summary, pictures.grid, pictures.pair, pictures.size, controls.first, controls.generator]
    asked = {page.packing, *components_of(controls)}
    how = LATEST | {"show_progress": "minimal"}
    gr.on(moments, toasts(draw), asked, outputs, **how)
    page.strip.ended(toasts(draw), asked, outputs, **how)
    controls.generator.change(toasts(draw_chosen), asked, outputs, **how)


def shown(
    context: AppContext,
    pictures: Pictures,
    draw: Callable[[Packed, Page], DrawnPage],
    name: str | None,
    values: dict[str, Any],
) -> tuple[Updates, str]:
    """What the grid shows of the packing with this name, at these values of the controls, by their names; and the name
    of the generator that drew it: the one chosen if it can, else one that can."""
    try:
        packed = load_packed(context, name)
    except HyperFaceError as error:  # nothing to draw is a state of the tab, not a mistake of the visitor
        empty = f'<p class="hf-empty">{message_html(error)}</p>'
        return {pictures.summary: "", pictures.grid: empty, pictures.pair: "", pictures.size: 0}, values["generator"]
    generator = context.artist_name(packed.space, values["generator"])
    drawn = draw(packed, asked_page(**values | {"generator": generator}))
    updates: Updates = {
        pictures.summary: drawn.summary,
        pictures.grid: drawn.grid,
        pictures.pair: drawn.pair,
        pictures.size: len(packed),
    }
    return updates, generator
