"""The published verification accuracies, with one's own models in their own rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hyperface.ui.pictures import escape


@dataclass(frozen=True)
class OwnRow:
    """A model evaluated here. accuracy: percent on each benchmark in the table's order, None where not evaluated."""

    name: str
    accuracy: Sequence[float | None]
    identities: int | None = None  # of its training set
    images: int | None = None


def published_table(published: Mapping, own: Sequence[OwnRow], rendered_titles: Sequence[str]) -> str:
    """HTML table.

    published: what `evaluation.published_results()` returns. rendered_titles: for each published benchmark, in its
    order, the rendered one that asks the same question; own accuracies are on those.
    """
    heads = "".join(
        f'<th scope="col">{escape(name)}<span>{escape(title)}</span></th>'
        for name, title in zip(published["benchmarks"], rendered_titles, strict=True)
    )
    columns = 3 + len(published["benchmarks"])
    groups = [
        ("Your models, on the rendered benchmarks", [_row(_own(row), mine=True) for row in own]),
        ("Synthetic training sets, on photographs", [_row(row) for row in published["training_sets"]]),
        ("Released HyperFace models, on photographs", [_row(row) for row in published["released_models"]]),
        ("Later work, on photographs", [_row(row) for row in published["later_work"]["rows"]]),
    ]
    bodies = "".join(
        f'<tbody><tr class="hf-group"><th colspan="{columns}" scope="rowgroup">{escape(title)}</th></tr>'
        f"{''.join(rows)}</tbody>"
        for title, rows in groups
        if rows
    )
    return (
        '<div class="hf-scroll" tabindex="0" role="region" aria-label="Published results"><table class="hf-published">'
        '<thead><tr><th scope="col">Training set or model</th><th scope="col">Identities</th>'
        f'<th scope="col">Images</th>{heads}</tr></thead>{bodies}</table></div>'
        f'<p class="hf-note">Verification accuracy in percent, 10-fold. {escape(published["source"])} Later work: '
        f"{escape(published['later_work']['source'])}</p>"
    )


def _own(row: OwnRow) -> dict:
    return {"name": row.name, "identities": row.identities, "images": row.images, "accuracy": row.accuracy}


def _row(row: Mapping, *, mine: bool = False) -> str:
    cells = "".join(f"<td>{'–' if value is None else f'{value:.2f}'}</td>" for value in row["accuracy"])
    counts = "".join(f"<td>{_count(row.get(key))}</td>" for key in ("identities", "images"))
    css_class = ' class="hf-mine"' if mine else ""
    return f'<tr{css_class}><th scope="row">{escape(row["name"])}</th>{counts}{cells}</tr>'


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}".replace(",", "\u202f")
