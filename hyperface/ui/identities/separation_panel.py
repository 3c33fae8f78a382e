"""The part of the Identities tab that asks: are they as far apart in the pictures as they were asked to be?"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr
import numpy as np

from hyperface.errors import HyperFaceError
from hyperface.ui.parts.app_page import AppPage
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import LATEST, Given, Updates
from hyperface.ui.parts.figures import figure_row
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.mistakes import Mistake, mistakes
from hyperface.ui.parts.packed import Packed, gallery_of, load_packed
from hyperface.ui.parts.plots import Figure, chart
from hyperface.ui.parts.telling import message_html
from hyperface.ui.parts.toasts import toasts

if TYPE_CHECKING:
    import torch

    from hyperface.realization import Separation

MOST_MEASURED = 400  # identities of a run that are drawn for it, fewer where that would take longer than
MOST_SECONDS = 10.0
SHOWN = 6  # pairs of each kind
FALSE_MATCHES = 0.001
COLLISION_LINE = 0.6  # where the gallery is too small to tell
KEPT = 8  # runs remembered, for all visitors


@dataclass(frozen=True, eq=False)
class Measured:
    """images: uint8 (n, h, w, 3), one of each identity in style 0. separation: of their embeddings. pairs, gallery:
    the most alike as (first, second or gallery face, cosine), falling. line: the cosine that FALSE_MATCHES of the
    strangers reach. second: mean angle between nearest pictures as the second recogniser sees it, degrees. cosines:
    (n,), to the nearest other picture."""

    images: np.ndarray
    separation: Separation
    pairs: list[tuple[int, int, float]]
    gallery: list[tuple[int, int, float]]
    thumbnails: np.ndarray
    line: float | None
    second: float
    cosines: torch.Tensor


def separation_panel(page: AppPage, generator: gr.Dropdown) -> gr.HTML:
    """Lay out the panel. generator: the tab's. Returns the chart, where a click picks an identity."""
    context, packing = page.context, page.packing
    with gr.Accordion("As far apart in the pictures as asked?", open=False, elem_id="separation") as panel:
        summary = gr.HTML(_WAITING, apply_default_css=False, elem_id="separation-summary", min_height=80)
        scatter = chart(label="Drift of each identity and the angle to its nearest other as seen", height=340)
        line = gr.Slider(
            0, 1, COLLISION_LINE, step=0.01, label="Collision line",
            info="Pictures of two people above this cosine collide.",
            elem_id="separation-line",
        )  # fmt: skip
        collisions = gr.HTML(apply_default_css=False, elem_id="separation-pairs")
    measured = functools.lru_cache(KEPT)(functools.partial(measure, context))

    def show(given: Given) -> Updates:
        try:
            packed = load_packed(context, given[packing])
        except HyperFaceError as error:
            empty = f'<p class="hf-empty">{message_html(error)}</p>'
            return {summary: empty, scatter: None, line: COLLISION_LINE, collisions: ""}
        found = measured(packed, given[generator])
        cosine = round(found.line or COLLISION_LINE, 2)
        return {
            summary: summary_text(packed, found),
            scatter: drift_chart(found),
            line: cosine,
            collisions: collisions_text(found, cosine),
        }

    def judge(name: str | None, drawn_by: str, cosine: float) -> str:
        return collisions_text(measured(load_packed(context, name), drawn_by), cosine)

    outputs = [summary, scatter, line, collisions]
    also = [*page.packing_shown, generator.change]
    when_open(panel, show, [packing, generator], outputs, also=also, show_progress="minimal")
    line.input(toasts(judge), [packing, generator, line], collisions, **LATEST)
    return scatter


_WAITING = '<p class="hf-note">Drawing and embedding the identities…</p>'


def measure(context: AppContext, packed: Packed, generator: str | None = None) -> Measured:
    """Draw the first identities of a packing and embed their pictures. generator: its name, None for the usual one."""
    from hyperface.images import to_uint8
    from hyperface.realization import mean_nearest_angle, most_alike_pairs, realize, separation
    from hyperface.recognizers import SECOND

    gallery = gallery_of(context, packed.run)
    artist = context.artist(packed.space, generator)
    identities = packed.embeddings[: min(MOST_MEASURED, int(MOST_SECONDS / artist.seconds_per_person))]
    drawn = realize(identities, [0], artist, context.recognizer(gallery.recognizer))
    seen = drawn.embeddings[:, 0]  # (n, d)
    found = separation(identities, seen)
    cosines, rows = most_alike_pairs(seen, SHOWN * 50)
    nearest, faces = gallery.nearest(seen)
    order = nearest[:, 0].argsort(descending=True)[: SHOWN * 10]
    return Measured(
        to_uint8(drawn.images[:, 0]),
        found,
        [(*pair, cosine) for pair, cosine in zip(rows.tolist(), cosines.tolist(), strict=True)],
        [(int(i), int(faces[i, 0]), float(nearest[i, 0])) for i in order],
        gallery.thumbnails,
        gallery.stranger_threshold(FALSE_MATCHES),
        mean_nearest_angle(drawn.images[:, 0], context.recognizer(SECOND)),
        (seen * seen[found.neighbor]).sum(dim=1),
    )


def summary_text(packed: Packed, found: Measured) -> str:
    """HTML: the mean angles as asked for and as seen."""
    separation, count = found.separation, len(found.images)
    figures = [
        ("mean angle to the nearest other, asked for", f"{float(separation.requested.mean()):.1f}°"),
        ("the same in the pictures", f"{float(separation.seen.mean()):.1f}°"),
        ("as a second recogniser sees them", f"{found.second:.1f}°"),
        ("mean drift from request to picture", f"{float(separation.drift.mean()):.1f}°"),
    ]
    of = "" if count == len(packed) else f" Measured on the first {count} of {len(packed):,}."
    return figure_row(figures) + (
        '<p class="hf-note">Each point is an identity, drawn once. Right: its picture has drifted far from the '
        f"request. Low: another identity’s picture is near. A click shows it in the grid above.{of}</p>"
    )


def drift_chart(found: Measured) -> Figure:
    """Each identity's drift, and its angle to the nearest other, as seen."""
    separation = found.separation
    asked = float(separation.requested.mean())
    neighbors = separation.neighbor.tolist()
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "x": separation.drift.numpy().round(2).tolist(),
            "y": separation.seen.numpy().round(2).tolist(),
            "customdata": list(range(len(neighbors))),
            "text": [f"Identity {i}, nearest {j}" for i, j in enumerate(neighbors)],
            "hovertemplate": "%{text}<br>drift %{x:.1f}°, nearest at %{y:.1f}°<extra></extra>",
            "marker": {"size": 7, "color": "series-1", "opacity": 0.6},
        }
    ]
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": asked, "y1": asked,
         "line": {"dash": "dash", "width": 1.5, "color": "series-2"}}
    ]  # fmt: skip
    text = {"xref": "paper", "x": 1, "xanchor": "right", "y": asked, "yanchor": "bottom", "showarrow": False}
    layout = {
        "xaxis": {"title": {"text": "Drift from request to picture"}, "ticksuffix": "°"},
        "yaxis": {"title": {"text": "Nearest other picture"}, "ticksuffix": "°"},
        "shapes": shapes,
        "annotations": [{**text, "text": f"asked for: {asked:.1f}°"}],
        "hovermode": "closest",
        "showlegend": False,
    }
    return {"data": data, "layout": layout}


def collisions_text(found: Measured, cosine: float) -> str:
    """HTML: how many identities collide, and the most alike pairs, among themselves and with gallery faces."""
    colliding = int((found.cosines >= cosine).sum())
    count = len(found.images)
    from_strangers = (
        f" {100 * FALSE_MATCHES:g} % of the pairs of random faces are above {found.line:.2f}." if found.line else ""
    )

    def shown(pairs: list[tuple[int, int, float]], others: np.ndarray) -> list[Mistake]:
        return [Mistake((found.images[one], others[other]), similar) for one, other, similar in pairs[:SHOWN]]

    return (
        f'<p><b class="hf-number">{colliding} of {count}</b> identities have another one’s picture above the line.'
        f'{from_strangers}</p><div class="hf-mistake-columns">'
        f"{mistakes('Most alike in their pictures', shown(found.pairs, found.images))}"
        f"{mistakes('Nearest to a face of the gallery', shown(found.gallery, found.thumbnails))}</div>"
    )
