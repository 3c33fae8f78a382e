"""Identification to keep: a CSV table, and one HTML file with table and curves."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from hyperface.drawing import STYLE, Axis, Curve, line_chart, shares
from hyperface.evaluation.identification import Identification
from hyperface.evaluation.open_set import FALSE_POSITIVE_RATES, OpenSet

RANKS = (1, 5, 20)
EXPLANATION = (
    "Closed set: one image of everybody is enrolled, and all others are searched among them; the rate at rank k counts "
    "searches whose person is among the k most alike. Open set: half of the people are enrolled, the other half are "
    "strangers, and then the other way round; a face is named where the nearest person is nearer than a line that at "
    "most the share FPIR of the strangers' searches come above. TPIR is the share of the searches of enrolled people "
    "that name the right one. In grey: exact 95 % intervals, which count searches as independent. Rates that the "
    "strangers cannot tell (under ten expected above the line) are left out."
)


@dataclass(frozen=True)
class Identified:
    """What a model identifies. open_set: None where there are too few people for it."""

    model: str
    closed: Identification
    open_set: OpenSet | None

    def as_row(self) -> dict[str, float | int | str]:
        """A flat row: shares in [0, 1]; what cannot be told is not there."""
        low, high = self.closed.interval()
        row: dict[str, float | int | str] = {
            "model": self.model,
            "searches": len(self.closed.ranks),
            "enrolled": self.closed.enrolled,
            **{f"rank_{rank}": self.closed.rate(rank) for rank in RANKS if rank <= self.closed.enrolled},
            "rank_1_low": low,
            "rank_1_high": high,
        }
        for rate in () if self.open_set is None else map(self.open_set.tpir_at, FALSE_POSITIVE_RATES):
            if rate.tpir is not None and rate.interval is not None:
                name = f"tpir_at_fpir_{rate.fpir:g}"
                row |= {name: rate.tpir, f"{name}_low": rate.interval[0], f"{name}_high": rate.interval[1]}
        return row


def csv_table(identified: Sequence[Identified]) -> str:
    """A row for each model, shares in [0, 1]; cells that the dataset cannot tell are empty."""
    rows = [item.as_row() for item in identified]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def html_report(identified: Sequence[Identified], *, title: str) -> str:
    """One page, without any file beside it."""
    curves = f"<figure><figcaption>Closed set</figcaption>{_cumulative_match(identified)}</figure>"
    if any(item.open_set is not None and len(item.open_set.curve()[0]) for item in identified):
        curves += f"<figure><figcaption>Open set</figcaption>{_open_set(identified)}</figure>"
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{STYLE}</style>
<h1>{escape(title)}</h1>
<p>{len(identified[0].closed.ranks):,} searches among {identified[0].closed.enrolled:,} people.</p>
<div class="wide">{_table(identified)}</div><div class="charts">{curves}</div>
<p class="note">{EXPLANATION}</p>
</html>
"""


def _table(identified: Sequence[Identified]) -> str:
    rows = [item.as_row() for item in identified]
    names = {f"rank_{rank}": f"rank {rank}" for rank in RANKS}
    names |= {f"tpir_at_fpir_{rate:g}": f"TPIR at FPIR {100 * rate:g} %" for rate in FALSE_POSITIVE_RATES}
    shown = [name for name in names if any(name in row for row in rows)]
    body = "".join(
        f'<tr><th scope="row">{escape(str(row["model"]))}</th>'
        f"{''.join(f'<td>{_cell(row, name)}</td>' for name in shown)}</tr>"
        for row in rows
    )
    heads = "".join(f'<th scope="col">{names[name]}</th>' for name in shown)
    return f'<table><thead><tr><th scope="col"></th>{heads}</tr></thead><tbody>{body}</tbody></table>'


def _cell(row: dict[str, float | int | str], name: str) -> str:
    if name not in row:
        return "–"
    value = f"{100 * float(row[name]):.2f}&nbsp;%"
    if f"{name}_low" in row:
        value += f"<small>{100 * float(row[f'{name}_low']):.2f} to {100 * float(row[f'{name}_high']):.2f}</small>"
    return value


def _cumulative_match(identified: Sequence[Identified]) -> str:
    curves = []
    last = 1
    for item in identified:
        rates = item.closed.cumulative_match
        last = max(last, len(rates))
        curves.append(Curve(item.model, np.arange(1, len(rates) + 1, dtype=np.float64), rates))
    ticks = [(float(rank), str(rank)) for rank in RANKS if rank <= last]
    across = Axis("rank", 1, max(last, 2), ticks)
    return line_chart(curves, across, Axis("rate", 0, 1, shares(0, 0.25, 0.5, 0.75, 1)), label="Rate at each rank")


def _open_set(identified: Sequence[Identified]) -> str:
    drawn = [(item.model, *item.open_set.curve()) for item in identified if item.open_set is not None]
    curves = [Curve(model, rates, shown) for model, rates, shown in drawn if len(rates)]
    low = min(float(curve.x[0]) for curve in curves)
    ticks = [tick for tick in shares(1e-4, 1e-3, 1e-2, 1e-1, 0.5) if tick[0] >= low * 0.999]
    across = Axis("false positive identification rate", low, 0.5, ticks, logarithmic=True)
    up = Axis("true positive identification rate", 0, 1, shares(0, 0.25, 0.5, 0.75, 1))
    return line_chart(curves, across, up, label="True against false positive identification rate")
