"""What recognisers do on IJB-B or IJB-C, as plain data, a CSV table and one HTML file."""

import csv
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from hyperface.drawing import STYLE, Axis, Curve, line_chart, shares
from hyperface.evaluation.ijb.scoring import (
    FALSE_ACCEPT_RATES,
    FALSE_POSITIVE_RATES,
    FEWEST_FALSE_ACCEPTS,
    RANKS,
    TemplatePairs,
    TemplateSearch,
)
from hyperface.evaluation.intervals import exact_interval

CURVE_POINTS = 60
EXPLANATION = (
    "1:1: the share of the comparisons of one person that are accepted where at most FAR of those of two people are "
    "(TAR); rates under which fewer than ten false accepts are expected are left out. In grey: exact 95 % intervals, "
    "which count comparisons as independent. 1:N: each gallery is searched by all probes, and the people of the other "
    "one are strangers; TPIR is the share of the searches of enrolled people that name the right one where at most the "
    "share FPIR of the strangers' name anybody, the mean of both galleries. InsightFace's code searches both galleries "
    "as one, without strangers, and draws the line by comparisons; papers quote that figure. As there, a photo counts "
    "by the length of its feature and the detector's confidence, photos of a medium are averaged, and media are added."
)
Entry = dict[str, Any]


def entry_of(pairs: TemplatePairs, search: TemplateSearch | None) -> Entry:
    """Shares in [0, 1], None where they cannot be told. curve: FAR and TAR, evenly in the logarithm of FAR."""
    same = len(pairs.same)
    accepted = {far: pairs.tar_at(far) for far in FALSE_ACCEPT_RATES}
    entry: Entry = {
        "same": same,
        "different": len(pairs.different),
        "tar_at_far": [
            {
                "far": far,
                "tar": tar,
                "reached": pairs.reached(far) if tar is not None else None,
                "interval": exact_interval(round(tar * same), same) if tar is not None else None,
            }
            for far, tar in accepted.items()
        ],
        "curve": _curve(pairs),
    }
    if search is not None:
        entry["search"] = {
            "probes": len(search.own),
            "ranks": {str(rank): search.rate(rank) for rank in RANKS},
            "tpir_at_fpir": [_tpir(search, fpir) for fpir in FALSE_POSITIVE_RATES],
            "insightface": {
                "ranks": {str(rank): search.together.rate(rank) for rank in RANKS},
                "tpir_at_fpir": [
                    {"fpir": fpir, "tpir": search.insightface_tpir(fpir)} for fpir in FALSE_POSITIVE_RATES
                ],
            },
        }
    return entry


def _tpir(search: TemplateSearch, fpir: float) -> Entry:
    told = search.open_set.tpir_at(fpir)
    return {"fpir": fpir, "tpir": told.tpir, "interval": told.interval}


def _curve(pairs: TemplatePairs) -> list[list[float]]:
    low = FEWEST_FALSE_ACCEPTS / len(pairs.different)
    if low >= 1:
        return [[], []]
    rates = np.geomspace(low, 1, CURVE_POINTS)
    return [rates.tolist(), [float((pairs.same > pairs.line(far)).mean()) for far in rates.tolist()]]


def cells(entry: Entry) -> dict[str, float]:
    """The figures that can be told, by the name of their column."""
    row = {f"tar_at_far_{rate['far']:g}": rate["tar"] for rate in entry["tar_at_far"]}
    search = entry.get("search")
    if search is not None:
        row |= {f"rank_{rank}": rate for rank, rate in search["ranks"].items()}
        row |= {f"tpir_at_fpir_{rate['fpir']:g}": rate["tpir"] for rate in search["tpir_at_fpir"]}
        theirs = search["insightface"]
        row |= {f"insightface_rank_{rank}": rate for rank, rate in theirs["ranks"].items()}
        row |= {f"insightface_tpir_at_fpir_{rate['fpir']:g}": rate["tpir"] for rate in theirs["tpir_at_fpir"]}
    return {name: value for name, value in row.items() if value is not None}


def csv_table(entries: Sequence[Entry]) -> str:
    """A row for each model. Entries have a "label" here and below."""
    rows = [{"model": entry["label"], **cells(entry)} for entry in entries]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def html_report(entries: Sequence[Entry], *, title: str) -> str:
    """One page, without any file beside it."""
    first = entries[0]
    accepted = [
        {"": entry["label"], **{f"TAR at FAR {rate['far']:g}": _cell(rate, "tar") for rate in entry["tar_at_far"]}}
        for entry in entries
    ]
    counted = f"{first['same']:,} comparisons of one person, {first['different']:,} of two."
    sections = [f"<h2>1:1</h2><p>{counted}</p>{_table(accepted)}"]
    if any(entry["curve"][0] for entry in entries):
        sections.append(f'<div class="charts"><figure><figcaption>ROC</figcaption>{_roc(entries)}</figure></div>')
    if first.get("search") is not None:
        table = _table([_searched(entry) for entry in entries])
        sections.append(f"<h2>1:N</h2><p>{first['search']['probes']:,} searches.</p>{table}")
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{STYLE}</style>
<h1>{escape(title)}</h1>
{"".join(sections)}
<p class="note">{EXPLANATION}</p>
</html>
"""


def _searched(entry: Entry) -> dict[str, str]:
    search = entry["search"]
    row = {"": entry["label"], **{f"rank {rank}": _percent(rate) for rank, rate in search["ranks"].items()}}
    row |= {f"TPIR at FPIR {100 * rate['fpir']:g} %": _cell(rate, "tpir") for rate in search["tpir_at_fpir"]}
    theirs = search["insightface"]["tpir_at_fpir"]
    return row | {f"TPIR at {100 * rate['fpir']:g} % as InsightFace has it": _percent(rate["tpir"]) for rate in theirs}


def _table(rows: Sequence[dict[str, str]]) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in rows[0])
    body = "".join(
        f'<tr><th scope="row">{escape(row[""])}</th>{"".join(f"<td>{row[name]}</td>" for name in row if name)}</tr>'
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f}&nbsp;%"


def _cell(rate: Entry, name: str) -> str:
    if rate[name] is None:
        return "–"
    low, high = rate["interval"]
    return f"{_percent(rate[name])}<small>{100 * low:.2f} to {100 * high:.2f}</small>"


def _roc(entries: Sequence[Entry]) -> str:
    drawn = [(entry["label"], *entry["curve"]) for entry in entries if entry["curve"][0]]
    curves = [Curve(label, np.array(rates), np.array(accepted)) for label, rates, accepted in drawn]
    low = min(float(curve.x[0]) for curve in curves)
    ticks = [(10.0**power, f"1e{power}" if power else "1") for power in range(-6, 1) if 10.0**power >= low * 0.999]
    across = Axis("false accept rate", low, 1, ticks, logarithmic=True)
    up = Axis("true accept rate", 0, 1, shares(0, 0.25, 0.5, 0.75, 1))
    return line_chart(curves, across, up, label="True accepts against false accepts")
