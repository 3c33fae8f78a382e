"""The part of the Identities tab that closes the loop: people moved apart in their pictures, beside the packing's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from hyperface.errors import HyperFaceError, InputError
from hyperface.runs import Run, names
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.events import AT_ONCE, LATEST, NEWEST, QUIET, Given, Updates, components_of, values_of
from hyperface.ui.parts.figures import figure_row
from hyperface.ui.parts.folded import when_open
from hyperface.ui.parts.packed import gallery_of, load_packed
from hyperface.ui.parts.pictures import picture
from hyperface.ui.parts.plots import Figure, chart, line, line_chart
from hyperface.ui.parts.run_progress import run_progress
from hyperface.ui.parts.telling import message_html
from hyperface.ui.parts.toasts import toasts
from hyperface.words import duration

if TYPE_CHECKING:
    import torch

SHOWN = 8  # identities of each row
BATCH = 64
MOVE_SECONDS = 0.02  # of a person, on two cores, besides what the generator takes for a first picture


@dataclass(frozen=True)
class LoopControls:
    """What the loop is asked to do."""

    identities: gr.Slider
    rounds: gr.Slider
    generator: gr.Dropdown


def closed_loop_panel(context: AppContext, packing: gr.Dropdown, generator: gr.Dropdown, tab: gr.Tab) -> None:
    """Lay out the panel. packing: the page's run picker; generator: the tab's; tab: opened fires its select event."""
    with gr.Accordion("Close the loop: move them apart in their pictures", open=False, elem_id="closed-loop") as panel:
        gr.HTML(_EXPLANATION, apply_default_css=False)
        with gr.Row():
            count = gr.Slider(2, 1000, 100, step=1, label="Identities", info="The packing's first so many.")
            rounds = gr.Slider(1, 60, 20, step=1, label="Rounds", info="How often each one is moved.")
        controls = LoopControls(count, rounds, generator)
        expected = gr.HTML(apply_default_css=False)
        with gr.Row(elem_classes=["hf-buttons"]):
            begin = gr.Button("Separate", variant="primary", min_width=180, elem_id="closed-loop-begin")
            draw = gr.Button("Generate a dataset of them", size="md", min_width=180, elem_id="closed-loop-dataset")
        progress = run_progress(context, elem_id="closed-loop-progress")
        gain = chart(label="Mean angle to the nearest other picture, step by step", height=200, visible=False)
        outcome = gr.HTML(apply_default_css=False, elem_id="closed-loop-outcome")

    def start(given: Given) -> str:
        return start_separating(context, given[packing], **values_of(controls, given))

    def show(given: Given) -> Updates:
        return {outcome: outcome_of(context, given[packing])}

    moments = [panel.expand, count.change, rounds.change, generator.change]
    gr.on(moments, lambda *told: estimate(context, *told), [count, rounds, generator], expected, **NEWEST)
    begin.click(toasts(start), {packing, *components_of(controls)}, progress, **QUIET)
    draw.click(toasts(lambda name: start_drawing(context, name)), packing, progress, **QUIET)
    tab.select(lambda name, current: at_work(context, name, current), [packing, progress], progress, **AT_ONCE)
    when_open(panel, show, [packing], [outcome], also=[packing.change, progress.finished])
    for event in (progress.change, progress.advanced, progress.finished):
        event(toasts(lambda name: gained(context, name)), progress, gain, **LATEST)


def start_separating(context: AppContext, name: str | None, *, identities: float, rounds: float, generator: str) -> str:
    """Close the loop over the first so many identities of the packing with this name. Returns the run's name."""
    from hyperface.jobs import separate

    packed = load_packed(context, name)
    options = separate.SeparateOptions(
        str(packed.run.path),
        identities=min(int(identities), len(packed)),
        rounds=int(rounds),
        generator=context.artist_name(packed.space, generator),
    )
    return worker.begin(context, lambda folder: separate.create(options, folder=folder)).name


def start_drawing(context: AppContext, name: str | None) -> str:
    """Draw a dataset of the packing's newest closed loop. Returns the run's name."""
    from hyperface.jobs import generate

    newest = _newest(context, name)
    if newest is None:
        raise InputError("Nothing has been separated yet. Press Separate first.")
    options = generate.GenerateOptions(source=str(newest.path), generator=_generator_of(newest))
    return worker.begin(context, lambda folder: generate.create(options, folder=folder)).name


def at_work(context: AppContext, name: str | None, current: str | None) -> str | None:
    """What to follow when the tab is opened: work on this packing that goes on, whoever started it."""
    going_on = [run.name for run in context.runs("separate") if run.status().active and name in run.parents]
    return current if current or not going_on else going_on[0]


def gained(context: AppContext, run: str | None) -> dict[str, Any]:
    """An update of the chart of the gain: hidden while there is none."""
    figure = _gain(context.run(run)) if run else None
    return gr.update(visible=False) if figure is None else gr.update(visible=True, value=figure)


_EXPLANATION = """
<p class="hf-note">A packing spreads what is asked for; the pictures follow in part. So the requests are moved until the
<em>pictures</em> are far apart: down the gradient of generator and recogniser, or, for heads, of the linear function
that they nearly follow. The recogniser that leads overstates the gain; a second one, which had no part in it, looks at
the end. The work goes on when you close the page.</p>
"""


def estimate(context: AppContext, identities: float, rounds: float, generator: str | None) -> str:
    """One line of HTML: steps, expected time."""
    steps = int(rounds) * math.ceil(identities / BATCH)
    seconds = rounds * identities * (MOVE_SECONDS + context.generator(generator).seconds_per_person)
    return f'<p class="hf-note" role="status">{steps:,} steps: about {duration(seconds)} on two cores.</p>'


def _gain(run: Run) -> Figure | None:
    """The angle between nearest pictures over a closed loop's steps; None before there are two."""
    rows = run.metrics() if run.verb == "separate" else []  # a dataset of what it found is followed there, too
    if len(rows) < 2:
        return None
    steps, angles = zip(*((row["step"], row["mean_seen_angle"]) for row in rows), strict=True)
    start = line([0, steps[-1]], [angles[0]] * 2, "open loop", "series-2", line={"dash": "dash", "color": "series-2"})
    return line_chart(
        [line(steps, angles, "closed loop"), start],
        x_title="Step",
        y_title="Nearest other picture, °",
        showlegend=False,
    )


def _newest(context: AppContext, name: str | None) -> Run | None:
    """The newest closed loop of this packing that has come to something."""
    runs = (run for run in context.runs("separate") if name in run.parents and run.results())
    return next(runs, None)


def _generator_of(run: Run) -> str:
    return str(run.options.get("generator") or "gan")  # those that do not say are older than any other choice


def outcome_of(context: AppContext, name: str | None) -> str:
    """HTML: what the packing's newest closed loop came to; nothing before there is one."""
    newest = _newest(context, name)
    try:
        return "" if newest is None else _outcome(context, name, newest)
    except HyperFaceError as error:
        return f'<p class="hf-empty">{message_html(error)}</p>'


def _outcome(context: AppContext, name: str | None, run: Run) -> str:
    """HTML: the gain, and the first identities as the packing and as the closed loop have them drawn."""
    from hyperface import sphere
    from hyperface.array_files import read_array
    from hyperface.realization import realize

    packed, results = load_packed(context, name), run.results()
    judged = "second_recognizer" in results  # not where the loop was stopped
    moved = sphere.as_embeddings(read_array(run.file(names.EMBEDDINGS)))  # (n, d)
    recognizer = context.recognizer(gallery_of(context, packed.run).recognizer)

    def row(title: str, requests: torch.Tensor) -> str:
        drawn = realize(requests[:SHOWN], [0], context.artist(packed.space, _generator_of(run)), recognizer)
        faces = "".join(
            f"<li>{picture(image, f'{title}, identity {number}')}<span>{number}</span></li>"
            for number, image in enumerate(drawn.images[:, 0])
        )
        return f'<h3 class="hf-heading">{title}</h3><ul class="hf-strip">{faces}</ul>'

    figures = [
        ("mean angle to the nearest other picture, open and closed loop", _change(results)),
        *([("the same as a second recogniser sees it", _change(results, "second_"))] if judged else []),
        ("two pictures of one person, mean cosine", f"{results['consistency']:.2f}"),
    ]
    return figure_row(figures) + row("Open loop", packed.embeddings) + row("Closed loop", moved)


def _change(results: dict[str, Any], whose: str = "") -> str:
    return f"{results[f'{whose}start_mean_seen_angle']:.1f}° → {results[f'{whose}mean_seen_angle']:.1f}°"
