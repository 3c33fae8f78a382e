"""A leakage audit as one HTML file: what was found, how near searches come, and the nearest pairs as pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from hyperface.drawing import STYLE, Axis, data_url, histogram
from hyperface.evaluation.leakage import LeakageAudit

EXPLANATION = (
    "Every image is searched among the reference faces, and strangers, too, come near somebody: grey are searches of "
    "reference faces among those of other people. A set that leaks nothing is distributed like them and crosses the "
    "line as seldom. Pictures above the line are to be looked at; the recogniser's word is not proof."
)
PICTURES_STYLE = """
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 1rem; padding: 0; }
.pairs li { list-style: none; font-size: .8rem; overflow-wrap: anywhere; } .pairs img { width: 50%; }
.pairs .above { font-weight: 600; }
"""


@dataclass(frozen=True)
class PicturedPair:
    """An image of the dataset and the reference face nearest to it. Both uint8 (112, 112, 3), RGB."""

    name: str
    reference_name: str
    cosine: float
    image: np.ndarray
    reference_image: np.ndarray


def html_report(found: LeakageAudit, pairs: Sequence[PicturedPair], *, title: str, text: str) -> str:
    """The page, without any file beside it. text: what was found, in words."""
    low = float(np.floor(10 * min(found.cosine.min(), found.strangers.min())) / 10)
    ticks = [(float(value), f"{value:.1f}") for value in np.arange(low, 1.01, 0.1)]
    chart = histogram(
        [
            (f"this dataset ({len(found.cosine):,} searches)", found.cosine),
            (f"other people ({len(found.strangers):,} searches)", found.strangers),
        ],
        Axis("cosine to the nearest reference face", low, 1, ticks),
        line=found.line,
        bins=50,
        counted="searches",
        compared=True,
        label="How near searches come; the dashed line is the audit's",
    )
    items = "".join(
        f'<li><img alt="image of the dataset" src="{data_url(pair.image)}">'
        f'<img alt="nearest reference face" src="{data_url(pair.reference_image)}"><br>'
        f"<span{' class=above' if pair.cosine >= found.line else ''}>cosine {pair.cosine:.3f}</span><br>"
        f"{escape(pair.name)} · {escape(pair.reference_name)}</li>"
        for pair in pairs
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title><style>{STYLE}{PICTURES_STYLE}</style>
<h1>Leakage audit: {escape(title)}</h1>
<p>{escape(text)}</p>
<div class="charts"><figure>{chart}</figure></div>
<p class="note">{EXPLANATION}</p>
<h2>The nearest pairs, one for each identity</h2>
<ul class="pairs">{items}</ul>
</html>
"""
