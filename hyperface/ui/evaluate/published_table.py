"""The published verification accuracies, with one's own models in their own rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hyperface.ui.parts.pictures import escape

if TYPE_CHECKING:
    from hyperface.evaluation import PublishedResults, PublishedRow

# The shipped benchmark that asks with renders what the published one asks with photographs.
RENDERED = {
    "LFW": "rendered_everyday",
    "CPLFW": "rendered_cross_pose",
    "CALFW": "rendered_cross_age",
    "CFP-FP": "rendered_frontal_profile",
    "AgeDB-30": "rendered_large_age_gap",
}


@dataclass(frozen=True)
class OwnRow:
    """A model evaluated here. accuracy: benchmark name → percent, of whatever it was evaluated on."""

    name: str
    accuracy: dict[str, float]


def published_table(published: PublishedResults, own: Sequence[OwnRow]) -> str:
    """HTML table. Own rows on photographs stand among the columns of photographs, those on renders in a group apart."""
    names = published.benchmarks
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rendered = "".join(
        f'<td><span class="hf-muted">{escape(RENDERED.get(name, "–").removeprefix("rendered_").replace("_", " "))}'
        "</span></td>"
        for name in names
    )
    on_renders = [
        _row(row.name, [row.accuracy.get(RENDERED.get(name, "")) for name in names], mine=True) for row in own
    ]
    on_photographs = [
        _row(row.name, [row.accuracy.get(_file_name(name)) for name in names], mine=True)
        for row in own
        if any(_file_name(name) in row.accuracy for name in names)
    ]
    asked = f'<tr><th scope="row">the question asked</th><td></td><td></td>{rendered}<td></td></tr>'
    training_sets = [_published(row) for row in published.training_sets]
    groups = [
        ("Your models, on renders asking the same question", asked, on_renders),
        ("Synthetic training sets, on photographs", "", on_photographs + training_sets),
        ("Released HyperFace models, on photographs", "", [_published(row) for row in published.released_models]),
        (
            "Later work, on photographs: each with its own recipe, so read down one source only",
            "",
            [_published(row) for row in published.later_work],
        ),
    ]
    bodies = "".join(
        f'<tbody><tr class="hf-group"><th colspan="{4 + len(names)}" scope="rowgroup">{escape(title)}</th></tr>'
        f"{subhead}{''.join(rows)}</tbody>"
        for title, subhead, rows in groups
        if rows
    )
    return (
        '<div class="hf-scroll" tabindex="0" role="region" aria-label="Published results"><table class="hf-published">'
        '<thead><tr><th scope="col">Training set or model</th><th scope="col">Identities</th>'
        f'<th scope="col">Images</th>{heads}<th scope="col">Average</th></tr></thead>{bodies}</table></div>'
        f'<p class="hf-note">{escape(published.source)}</p>{_sources(published)}'
    )


def _file_name(title: str) -> str:
    return title.lower().replace("-", "_")


def _published(row: PublishedRow) -> str:
    blank: list[float | None] = [None] * len(RENDERED)
    return _row(
        row.name, row.accuracy or blank, row.identities, row.images, average=row.mean, sources=", ".join(row.sources)
    )


def _sources(published: PublishedResults) -> str:
    """HTML: where the later rows were read, and with what they were trained."""
    items = "".join(
        f"<li><b>{escape(key)}</b> {escape(source.title)} <i>Recipe:</i> {escape(source.recipe)}</li>"
        for key, source in published.sources.items()
    )
    return f'<ul class="hf-note hf-sources">{items}</ul>'


def _row(
    name: str,
    accuracy: Sequence[float | None],
    identities: int | None = None,
    images: int | None = None,
    *,
    average: float | None = None,
    sources: str = "",
    mine: bool = False,
) -> str:
    cells = "".join(f"<td>{'–' if value is None else f'{value:.2f}'}</td>" for value in (*accuracy, average))
    counts = "".join(f"<td>{'–' if number is None else f'{number:,}'}</td>" for number in (identities, images))
    css_class = ' class="hf-mine"' if mine else ""
    where = f" <small>{escape(sources)}</small>" if sources else ""
    return f'<tr{css_class}><th scope="row">{escape(name)}{where}</th>{counts}{cells}</tr>'
