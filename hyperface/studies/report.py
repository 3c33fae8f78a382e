"""A study as one HTML file: what was done, the table, and every trial as a dot."""

from collections.abc import Sequence
from html import escape

from hyperface.drawing import COLORS, STYLE
from hyperface.studies.packed_vs_random import Plan, Trial
from hyperface.studies.summary import MEAN, Comparison, Estimate, accuracy_of, compare

LEFT, RIGHT, ROW = 170, 640, 46  # of the drawing, in its units

CAVEAT = (
    "The benchmarks are renders of 3-D heads, not photographs. They rank training sets and show what a recogniser "
    "confuses; their accuracies are not comparable with figures on photographs."
)


def html_report(plan: Plan, trials: Sequence[Trial], *, generator: str, gallery: str) -> str:
    """The report, without any file beside it. The first arm of the trials is what the others are compared with.

    InputError if no seed is finished in two arms.
    """
    arms = list(dict.fromkeys(trial.arm for trial in trials))
    tables = "".join(_table(compare(trials, arms[0], arm), arms[0], arm) for arm in arms[1:])
    seeds = len({trial.seed for trial in trials})
    noise = "the generator's own β" if plan.beta is None else f"β = {plan.beta:g}"
    network = escape(plan.backbone) + (f" at {plan.input_size} pixels" if plan.input_size else "")
    cosines = ", ".join(
        f"{arm} {sum(t.nearest_cosine for t in trials if t.arm == arm) / sum(t.arm == arm for t in trials):.3f}"
        for arm in arms
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Packed against random identities</title><style>{STYLE}</style>
<h1>Packed against random identities</h1>
<p>The same generator ({escape(generator)}), the same gallery ({escape(gallery)}) and the same budget in every trial:
{plan.identities:,} identities × {plan.images_per_identity} images with {noise}, seen {plan.epochs} times in
batches of {plan.batch_size}, backbone {network}, head {escape(plan.head)}. {seeds} seed(s), each for everything that
is left to chance. “packed” starts at the random identities of its seed and takes {plan.packing_steps} steps inside
the gallery's {plan.span} principal directions. Mean cosine of an identity to its nearest other one, as requested:
{cosines}.</p>
{tables}
<p class="note">Accuracy by InsightFace's ten-fold protocol, in percent; ± is Student's 95 % interval over the seeds.
The difference is taken between trials of the same seed; bold where its interval excludes zero.</p>
<h2>Every trial</h2>
{_dots(trials, arms)}
<p class="note">{CAVEAT}</p>
</html>
"""


def text_table(comparisons: Sequence[Comparison], first: str, second: str) -> str:
    """The same table for a terminal."""
    width = max(len(comparison.benchmark) for comparison in comparisons)
    lines = [f"{'':{width}}  {first:>16}  {second:>16}  {'difference':>16}"]
    for item in comparisons:
        cells = "  ".join(f"{_percent(value):>16}" for value in (item.first, item.second, item.difference))
        lines.append(f"{item.benchmark:{width}}  {cells}{'  *' if item.decided else ''}")
    return "\n".join([*lines, "percent; ± 95 % interval over the seeds; * the difference's interval excludes zero"])


def _table(comparisons: Sequence[Comparison], first: str, second: str) -> str:
    rows = "".join(
        f'<tr{" class=decided" if item.decided else ""}><th scope="row">{_title(item.benchmark)}</th>'
        f"<td>{_percent(item.first)}</td><td>{_percent(item.second)}</td><td>{_percent(item.difference)}</td></tr>"
        for item in comparisons
    )
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("", first, second, "difference"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _percent(value: Estimate) -> str:
    spread = "" if value.half_width is None else f" ± {100 * value.half_width:.2f}"
    return f"{100 * value.mean:.2f}{spread}"


def _title(benchmark: str) -> str:
    return escape("mean of all" if benchmark == MEAN else benchmark.removeprefix("rendered_").replace("_", " "))


def _dots(trials: Sequence[Trial], arms: Sequence[str]) -> str:
    """SVG: a row for each benchmark, a dot for each trial."""
    names = [*trials[0].accuracy, MEAN]
    values = [accuracy_of(trial, name) for trial in trials for name in names]
    low, high = min(values), max(values)
    scale = (RIGHT - LEFT) / max(high - low, 1e-6)
    parts = []
    for row, name in enumerate(names):
        y = 30 + ROW * row
        parts.append(f'<text x="0" y="{y + 5}">{_title(name)}</text>')
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" stroke="#c6cedb"/>')
        for trial in trials:
            place = arms.index(trial.arm)
            x = LEFT + (accuracy_of(trial, name) - low) * scale
            label = f"{escape(trial.arm)}, seed {trial.seed}: {100 * accuracy_of(trial, name):.2f} %"
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y + 7 * (place - (len(arms) - 1) / 2):.1f}" r="5" fill="{COLORS[place]}">'
                f"<title>{label}</title></circle>"
            )
    height = 30 + ROW * len(names)
    for place, arm in enumerate(arms):
        x = LEFT + 150 * place
        parts.append(f'<circle cx="{x}" cy="{height + 8}" r="5" fill="{COLORS[place]}"/>')
        parts.append(f'<text x="{x + 12}" y="{height + 13}">{escape(arm)}</text>')
    for x, value in ((LEFT, low), (RIGHT, high)):
        parts.append(f'<text x="{x}" y="12" text-anchor="middle">{100 * value:.1f} %</text>')
    label = "Accuracy of every trial on every benchmark; the figures are in results.json"
    return f'<svg viewBox="0 0 {RIGHT + 40} {height + 24}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
