"""Charts as SVG and pictures as text, for reports that are one file and open anywhere: no script, font or network."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image

# Of curves and groups, in order, on light and on dark ground; the last is the quiet one of what they are compared with.
COLORS = ("#137d82", "#d9622b", "#5b5bd6", "#a8641b", "#b3326b", "#8f9bb0")
COLORS_ON_DARK = ("#38b9ba", "#ff9a62", "#a3a0ff", "#e0b060", "#f07fb0", "#7d8aa1")
WIDTH, HEIGHT = 432, 300
LEFT, RIGHT, TOP, BOTTOM = 58, 408, 12, 254  # of the plot, in the drawing's units
MOST_POINTS = 400  # of a curve: more cannot be told apart


@dataclass(frozen=True)
class Axis:
    """title: with its unit. low, high: its ends. ticks: (value, text). logarithmic: powers of ten evenly spaced."""

    title: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    logarithmic: bool = False

    def place(self, values: np.ndarray | float) -> np.ndarray:
        """Share of the axis, 0 at its low end; what lies beyond is at the end."""
        low, high, clipped = self.low, self.high, np.clip(values, self.low, self.high)
        if self.logarithmic:
            low, high, clipped = np.log10(low), np.log10(high), np.log10(clipped)
        return (clipped - low) / (high - low)


@dataclass(frozen=True)
class Curve:
    """x, y: (k,). steps: the value holds until the next x, as of an empirical distribution."""

    name: str
    x: np.ndarray
    y: np.ndarray
    steps: bool = True


def line_chart(curves: Sequence[Curve], across: Axis, up: Axis, *, label: str) -> str:
    """SVG of curves in one frame. label: what it shows, for those who do not see it."""
    drawn = []
    for number, curve in enumerate(curves):
        x = LEFT + (RIGHT - LEFT) * across.place(curve.x)
        y = BOTTOM - (BOTTOM - TOP) * up.place(curve.y)
        if len(x) > MOST_POINTS:  # evenly along the drawn length, so that steep parts keep theirs
            length = np.append(0, np.cumsum(np.hypot(np.diff(x), np.diff(y))))
            places = np.linspace(0, length[-1], MOST_POINTS)
            kept = np.unique(np.searchsorted(length, places).clip(max=len(x) - 1))
            x, y = x[kept], y[kept]
        points = [f"M{x[0]:.1f} {y[0]:.1f}"]
        for a, b in zip(x[1:], y[1:], strict=True):
            points.append(f"H{a:.1f}V{b:.1f}" if curve.steps else f"L{a:.1f} {b:.1f}")
        color = COLORS[number % len(COLORS)]
        drawn.append(
            f'<path d="{"".join(points)}" fill="none" stroke="{color}" stroke-width="2">'
            f"<title>{escape(curve.name)}</title></path>"
        )
    return _framed("".join(drawn), across, up, label) + _legend([curve.name for curve in curves])


def histogram(
    groups: Sequence[tuple[str, np.ndarray]],
    across: Axis,
    *,
    line: float,
    bins: int,
    label: str,
    counted: str = "pairs",
    compared: bool = False,
) -> str:
    """SVG of the counts of values (k,) in several groups, over each other, and of a dashed line at a value.

    compared: the last group is what the others are compared with, in grey, and each group is told in shares of itself.
    """
    edges = np.linspace(across.low, across.high, bins + 1)
    counts = [np.histogram(np.clip(values, across.low, across.high), edges)[0] for _, values in groups]
    if compared:
        rates = [count / max(1, count.sum()) for count in counts]
        top = max(0.01, *(float(rate.max()) for rate in rates))
        up = Axis(f"share of {counted}", 0, top, [(0, "0"), (top, f"{100 * top:.0f} %")])
        heights = rates
    else:
        highest = max(1, *(int(count.max()) for count in counts))
        up = Axis(counted, 0, highest, [(0, "0"), (highest, f"{highest:,}")])
        heights = [count.astype(float) for count in counts]
    colors = [COLORS[number % len(COLORS)] for number in range(len(groups))]
    if compared:
        colors[-1] = COLORS[-1]
    x = LEFT + (RIGHT - LEFT) * across.place(edges)
    drawn = []
    for number, height in enumerate(heights):
        tops = BOTTOM - (BOTTOM - TOP) * up.place(height)
        steps = "".join(f"V{top:.1f}H{right:.1f}" for top, right in zip(tops, x[1:], strict=True))
        drawn.append(
            f'<path d="M{x[0]:.1f} {BOTTOM}{steps}V{BOTTOM}Z" fill="{colors[number]}" '
            f'fill-opacity=".55"><title>{escape(groups[number][0])}</title></path>'
        )
    at = LEFT + (RIGHT - LEFT) * float(across.place(line))
    drawn.append(f'<path d="M{at:.1f} {TOP}V{BOTTOM}" stroke="currentColor" stroke-dasharray="4 4"/>')
    return _framed("".join(drawn), across, up, label) + _legend([name for name, _ in groups], colors)


def _framed(inside: str, across: Axis, up: Axis, label: str) -> str:
    parts = []
    for value, text in across.ticks:
        x = LEFT + (RIGHT - LEFT) * float(across.place(value))
        parts.append(f'<path d="M{x:.1f} {TOP}V{BOTTOM}" class="grid"/>')
        parts.append(f'<text x="{x:.1f}" y="{BOTTOM + 16}" text-anchor="middle">{escape(text)}</text>')
    for value, text in up.ticks:
        y = BOTTOM - (BOTTOM - TOP) * float(up.place(value))
        parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(text)}</text>')
    middle = (TOP + BOTTOM) / 2
    titles = (
        f'<text x="{(LEFT + RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(across.title)}</text>'
        f'<text x="13" y="{middle}" text-anchor="middle" transform="rotate(-90 13 {middle})">{escape(up.title)}</text>'
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(parts)}{titles}'
        f"{inside}</svg>"
    )


def _legend(names: Sequence[str], colors: Sequence[str] = COLORS) -> str:
    items = "".join(
        f'<span><i style="background:{colors[number % len(colors)]}"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="legend">{items}</p>'


def data_url(pixels: np.ndarray, *, quality: int = 88) -> str:
    """uint8 RGB pixels (h, w, 3) → a `data:` address that holds them as a JPEG."""
    return _address(pixels, "jpeg", quality=quality)


def png_url(pixels: np.ndarray) -> str:
    """The same as a PNG, whose pixels are exactly these."""
    return _address(pixels, "png")


def _address(pixels: np.ndarray, form: str, **options: int) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return f"data:image/{form};base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def shares(*values: float) -> list[tuple[float, str]]:
    """Ticks for shares, in percent."""
    return [(value, f"{100 * value:g} %") for value in values]


# For the <style> of a page with charts in it: light and dark, and fit for paper.
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 58rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid #dde3ec; vertical-align: top; }
th:first-child { text-align: left; } .note, small { color: #5a6678; } small { display: block; white-space: nowrap; }
.decided { font-weight: 600; } .wide { overflow-x: auto; }
.charts { display: grid; margin-top: 1rem; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1rem; }
figure { margin: 0; max-width: 30rem; break-inside: avoid; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #3a4658; }
svg .grid { stroke: #dde3ec; } .legend { margin: 0; font-size: .85rem; } .legend span { margin-right: 1rem; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .35em; }
@media screen and (prefers-color-scheme: dark) {
  body { background: #10151d; color: #e6ebf2; } th, td { border-color: #2b3648; } .note, small { color: #9aa7ba; }
  svg text { fill: #b8c3d3; } svg .grid { stroke: #2b3648; }
}
"""
