"""A study as one HTML file: what was done, the tables, the figure, and where the noise comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from hyperface.drawing import STYLE
from hyperface.studies.figure import Row, difference_figure
from hyperface.studies.noise import Noise, noise_of_difference
from hyperface.studies.plan import Plan, Trial
from hyperface.studies.summary import MEAN, Comparison, Estimate, compare, paired
from hyperface.training.optimizers import usual_optimizer

CAVEAT = (
    "The benchmarks are renders of 3-D heads, not photographs. They rank training sets and show what a recogniser "
    "confuses; their accuracies are not comparable with figures on photographs."
)
_LARGE = re.compile(r"^(.+)-(\d+)-\d+-[0-9a-f]{10}$")  # <name>-<pairs>-<seed>-<version>


def html_report(plan: Plan, trials: Sequence[Trial], *, generator: str, gallery: str) -> str:
    """The report, without any file beside it. The first arm of the trials is what the others are compared with.

    InputError if no draw is finished in two arms.
    """
    arms = list(dict.fromkeys(trial.arm for trial in trials))
    parts = []
    for identities in plan.identities:
        for arm in arms[1:]:
            if paired(trials, arms[0], arm, identities=identities):
                parts.append(_section(plan, trials, arms[0], arm, identities))
    network = escape(plan.backbone) + (f" at {plan.input_size} pixels" if plan.input_size else "")
    several = len(plan.identities) > 1
    people = ", ".join(f"{count:,} × {plan.images_of_each(count)}" for count in plan.identities)
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Packed against random identities</title><style>{STYLE}</style>
<h1>Packed against random identities</h1>
<p>The same generator ({escape(generator)}), the same gallery ({escape(gallery)}) and the same budget in every trial:
{people} {"identities × images of each" if several else "images of each identity"} with β = {plan.beta or 0:g}, seen
{plan.epochs} times in batches of {plan.batch_size}{_moved(plan)}, backbone {network}, head {escape(plan.head)}.
“packed” starts at the random identities of its draw and takes {plan.packing_steps} steps inside the gallery's
{plan.span} principal directions with α = {plan.alpha:g}. {_corrected(plan)}{_asked(plan)}</p>
{by_number_of_people(plan, trials) if several else ""}
{"".join(parts)}
<p class="note">Accuracy by InsightFace's ten-fold protocol, in percent; ± is Student's 95 % interval over the draws of
people. The difference is taken between trials of the same draw and training seed; bold where its interval excludes
zero. In figures a small dot is one draw.</p>
<p class="note">{CAVEAT}</p>
</html>
"""


def figure_of(plan: Plan, trials: Sequence[Trial], first: str, second: str, identities: int) -> str:
    """SVG: the difference on every benchmark, and on the mean."""
    rows = [
        Row(title_of(item.benchmark, plan), item.difference, item.draws, strong=item.benchmark == MEAN)
        for item in compare(trials, first, second, identities=identities, headline=plan.large)
    ]
    return difference_figure(rows, label=f"{second} minus {first}, accuracy, on every benchmark")


def by_number_of_people(plan: Plan, trials: Sequence[Trial]) -> str:
    """SVG: how the mean difference changes with the number of people, for each arm; "" where there is none yet."""
    arms = list(dict.fromkeys(trial.arm for trial in trials))
    rows = []
    for arm in arms[1:]:
        for identities in plan.identities:
            if paired(trials, arms[0], arm, identities=identities):
                mean = compare(trials, arms[0], arm, identities=identities, headline=plan.large)[-1]
                rows.append(Row(f"{arm}, {identities:,} people", mean.difference, mean.draws))
    return difference_figure(rows, label=f"Difference to {arms[0]} by number of people") if rows else ""


def text_table(
    comparisons: Sequence[Comparison], first: str, second: str, *, plan: Plan | None = None, noise: Noise | None = None
) -> str:
    """The same table for a terminal."""
    titles = [title_of(item.benchmark, plan) for item in comparisons]
    width = max(map(len, titles))
    lines = [f"{'':{width}}  {first:>16}  {second:>16}  {'difference':>16}"]
    for title, item in zip(titles, comparisons, strict=True):
        cells = "  ".join(f"{_percent(value):>16}" for value in (item.first, item.second, item.difference))
        lines.append(f"{title:{width}}  {cells}{'  *' if item.decided else ''}")
    lines.append("percent; ± 95 % interval over the draws; * the difference's interval excludes zero")
    if noise is not None:
        lines.append(told_noise(noise))
    return "\n".join(lines)


def told_noise(noise: Noise) -> str:
    """Where the noise comes from, in a sentence or two."""

    def points(value: float) -> str:
        return f"{100 * value:.2f}"

    parts = []
    if noise.people is not None:
        both = "which people, and the training's seed" if noise.training is None else "which people"
        parts.append(f"{both}: {points(noise.people)}")
    if noise.training is not None:
        parts.append(f"the training's seed: {points(noise.training)}")
    parts.append(f"finitely many pairs, anew in each trial: {points(noise.pairs)}")
    told = f"One trial's standard deviation, in points, {'; '.join(parts)}."
    if noise.shared_pairs is not None:
        told += (
            f" Other pairs would move all trials alike by {points(noise.shared_pairs)}, which no interval over draws "
            "shows."
        )
    return told


def title_of(benchmark: str, plan: Plan | None = None) -> str:
    """How a benchmark is called in tables."""
    if benchmark == MEAN:
        return "mean of the large ones" if plan is not None and plan.large else "mean of all"
    found = _LARGE.match(benchmark)
    name = found[1] if found else benchmark
    plain = name.removeprefix("rendered_").replace("_", " ")
    return f"{plain}, {int(found[2]):,} pairs" if found else plain


def _section(plan: Plan, trials: Sequence[Trial], first: str, second: str, identities: int) -> str:
    comparisons = compare(trials, first, second, identities=identities, headline=plan.large)
    couples = paired(trials, first, second, identities=identities)
    noise = noise_of_difference(trials, first, second, identities=identities, headline=plan.large)
    cosines = ", ".join(
        f"{arm} {sum(couple[side].nearest_cosine for couple in couples) / len(couples):.3f}"
        for side, arm in enumerate((first, second))
    )
    draws = len({one.draw for one, _ in couples})
    return (
        f"<h2>{escape(second)} against {escape(first)}, {identities:,} people</h2>"
        f"<p>Pairs of trials: {len(couples)}, over draws of people: {draws}. Mean cosine of an identity to its "
        f"nearest other one, as requested: {cosines}.</p>"
        f"{figure_of(plan, trials, first, second, identities)}"
        f"{_table(comparisons, first, second, plan)}"
        f"<p>{escape(told_noise(noise)) if noise else ''}</p>"
    )


def _corrected(plan: Plan) -> str:
    return f"The requests of every arm were corrected in {plan.correct} round(s) of pictures. " if plan.correct else ""


def _moved(plan: Plan) -> str:
    rate = "" if plan.learning_rate is None else f" at a learning rate of {plan.learning_rate:g}"
    return f" by {escape(plan.optimizer or usual_optimizer(plan.backbone))}{rate}"


def _asked(plan: Plan) -> str:
    if not plan.large:
        return ""
    return (
        f"Beside the benchmarks that ship, five of {plan.pairs:,} pairs were rendered, of people who appear nowhere "
        "else; the mean is theirs."
    )


def _table(comparisons: Sequence[Comparison], first: str, second: str, plan: Plan) -> str:
    rows = "".join(
        f'<tr{" class=decided" if item.decided else ""}><th scope="row">{escape(title_of(item.benchmark, plan))}</th>'
        f"<td>{_percent(item.first)}</td><td>{_percent(item.second)}</td><td>{_percent(item.difference)}</td></tr>"
        for item in comparisons
    )
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("", first, second, "difference"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _percent(value: Estimate) -> str:
    spread = "" if value.half_width is None else f" ± {100 * value.half_width:.2f}"
    return f"{100 * value.mean:.2f}{spread}"
