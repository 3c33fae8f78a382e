"""A study's figure: differences with their intervals around zero, as SVG that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from hyperface.drawing import COLORS
from hyperface.studies.summary import Estimate

LEFT, RIGHT, ROW, TOP, WIDTH = 210, 560, 30, 14, 700  # of the drawing, in its units

# In the drawing itself, so that a file of its own looks the same: on white paper, and on a dark page.
STYLE = (
    ".hf-difference text{font:12px system-ui,sans-serif;fill:#3a4658}.hf-difference .strong{font-weight:600}"
    ".hf-difference .grid{stroke:#dde3ec}.hf-difference .zero{stroke:#5a6678}"
    "@media screen and (prefers-color-scheme:dark){.hf-difference text{fill:#b8c3d3}"
    ".hf-difference .grid{stroke:#2b3648}.hf-difference .zero{stroke:#9aa7ba}}"
)


@dataclass(frozen=True)
class Row:
    """One line of the figure. points: of single draws, in the unit of the estimate (shares)."""

    title: str
    estimate: Estimate
    points: Sequence[float] = ()
    strong: bool = False


def difference_figure(rows: Sequence[Row], *, label: str) -> str:
    """SVG of estimates of differences, in percentage points. label: what it shows, for those who do not see it."""
    ends = [0.0, *(point for row in rows for point in row.points)]
    for row in rows:
        spread = row.estimate.half_width or 0.0
        ends += [row.estimate.mean - spread, row.estimate.mean + spread]
    step = _step(100 * (max(ends) - min(ends)))
    low, high = int(100 * min(ends) // step) * step, -int(-100 * max(ends) // step) * step
    high = max(high, low + step)

    def x(points: float) -> float:
        return LEFT + (RIGHT - LEFT) * (points - low) / (high - low)

    bottom = TOP + ROW * len(rows)
    parts = [f"<style>{STYLE}</style>"]
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        kind = "zero" if abs(value) < 1e-9 else "grid"
        parts.append(f'<path d="M{x(value):.1f} {TOP}V{bottom}" class="{kind}"/>')
        parts.append(f'<text x="{x(value):.1f}" y="{bottom + 16}" text-anchor="middle">{_signed(value, 6)}</text>')
    for number, row in enumerate(rows):
        parts += _line(row, TOP + ROW * (number + 0.5), x)
    parts.append(
        f'<text x="{(LEFT + RIGHT) / 2}" y="{bottom + 34}" text-anchor="middle">difference, percentage points</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="hf-difference" viewBox="0 0 {WIDTH} {bottom + 42}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _line(row: Row, y: float, x: Callable[[float], float]) -> list[str]:
    estimate, strong = row.estimate, ' class="strong"' if row.strong else ""
    color = COLORS[0] if estimate.decided else COLORS[5]
    mean = 100 * estimate.mean
    told = _signed(mean, 2)
    parts = [f'<text x="0" y="{y + 4:.1f}"{strong}>{escape(row.title)}</text>']
    if estimate.half_width is not None:
        spread = 100 * estimate.half_width
        told += f" ± {spread:.2f}"
        parts.append(
            f'<path d="M{x(mean - spread):.1f} {y:.1f}H{x(mean + spread):.1f}" stroke="{color}" '
            f'stroke-width="{4 if row.strong else 2.5}" stroke-linecap="round"/>'
        )
    for point in row.points:
        parts.append(f'<circle cx="{x(100 * point):.1f}" cy="{y + 8:.1f}" r="2" fill="{COLORS[5]}" fill-opacity=".8"/>')
    parts.append(f'<circle cx="{x(mean):.1f}" cy="{y:.1f}" r="{5.5 if row.strong else 4}" fill="{color}"/>')
    parts.append(f'<text x="{RIGHT + 16}" y="{y + 4:.1f}"{strong}>{told}</text>')
    return parts


def _step(span: float) -> float:
    """A round distance between ticks, for four to nine of them."""
    for step in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        if span <= 8 * step:
            return step
    return 20.0


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):.{digits}f}"
    if digits > 2:
        text = text.rstrip("0").rstrip(".")
    return f"−{text}" if value < 0 and float(text) else f"+{text}" if float(text) else text
